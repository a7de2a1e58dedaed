"""Every refusal this system can give: one catalogue, one exception.

`CODES` maps each stable code to its HTTP status and to one line on when it is given; the texts for people stand by
code in `domain/texts/`. `docs/errors.md` is checked against this table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

CODES: Final[dict[str, tuple[int, str]]] = {
    "malformed_json": (400, "the body is no JSON, not UTF-8, or nested too deeply"),
    "bad_request": (400, "the request could not be understood"),
    "invalid_cursor": (400, "the cursor is not one that this list gave out"),
    "not_signed_in": (401, "no token, or one that is unknown, expired or revoked"),
    "wrong_credentials": (401, "user name or password is wrong"),
    "otp_required": (401, "the password was right, and a code of the second factor is asked for"),
    "wrong_otp": (401, "the password was right, and the code is wrong or was used already"),
    "second_factor_required": (403, "a role of this account demands a second factor: enrol one first"),
    "password_expired": (403, "the password was right, and its time is over: choose another"),
    "forged_form": (403, "a form of the desk that another site sent"),
    "not_allowed": (403, "no role of this account may do that"),
    "not_found": (404, "no such thing, or not in this account's scope"),
    "no_preview": (404, "the file is stored, but no picture can be made of it"),
    "no_receipt": (404, "photos are still missing, so there is no receipt yet"),
    "method_not_allowed": (405, "the address exists, but not for this method"),
    "conflict": (409, "this id is taken by other bytes or by somebody else"),
    "wrong_state": (409, "the problem's state does not allow this; somebody may have acted meanwhile"),
    "stale_form": (409, "a form of the desk that belongs to an earlier session"),
    "lost_race": (409, "somebody else changed it in the same moment"),
    "petition_pending": (409, "an extension or objection of the unit waits for its decision first"),
    "already_decided": (409, "this was decided already, or another turn has made it pointless"),
    "already_withdrawn": (409, "the inspection was withdrawn"),
    "withdrawal_pending": (409, "a withdrawal of this inspection waits for its decision"),
    "reset_pending": (409, "a reset of this account waits for its decision"),
    "second_person": (409, "this takes a second person: not the one who asked for it"),
    "already_supervised": (409, "the problem is listed for supervision already"),
    "too_late_to_reopen": (409, "the problem was closed more than a year ago"),
    "already_enrolled": (409, "there is a second factor already: remove it first"),
    "not_begun": (409, "there is no second factor, and none was begun"),
    "already_issued": (409, "a notice for this inspection was issued already"),
    "document_number_taken": (409, "this document number was used for another notice"),
    "proof_incomplete": (409, "photos of this proof are still missing"),
    "four_eyes": (409, "the person who inspected neither issues nor closes"),
    "erased": (410, "the original was erased when its time was over; a copy without metadata is left"),
    "too_large": (413, "the body is larger than this address takes"),
    "unsupported_media": (415, "this address takes another content type"),
    "unsupported_image": (415, "the file is none of the types taken here"),
    "invalid": (422, "the content has faults; each is listed with its pointer"),
    "hash_mismatch": (422, "the bytes do not have the hash in the address"),
    "too_many_pixels": (422, "the picture's header claims more pixels than are taken"),
    "too_many_attempts": (429, "too many failed sign-ins"),
    "internal_error": (500, "a fault of ours, logged under the request id"),
    "unavailable": (503, "the database is not usable for the moment"),
    "sealed": (503, "the key of this region's leads is missing or is another; see `inspection doctor`"),
    "storage_full": (507, "no space is left for evidence"),
}

RETRY_AFTER_S: Final = {503: 5, 507: 600}
"""When to ask again, by status, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a body: where (RFC 6901), what (a stable code), and what its text needs."""

    pointer: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """The request is refused; nothing was stored.

    `code` is a key of `CODES`; `params` fill its text; `faults` are all faults of the body at once;
    `extra` are members added to the answer (what has happened meanwhile, for instance); `retry_after`: after so many
    seconds it is worth asking again.
    """

    def __init__(
        self,
        code: str,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = CODES[code][0]
        self.params = params
        self.faults = tuple(faults)
        self.extra = dict(extra or {})
        self.retry_after = retry_after or RETRY_AFTER_S.get(self.status)


def invalid(*faults: Fault) -> Refused:
    """A 422 that carries these faults."""
    return Refused("invalid", faults)


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) to these parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
