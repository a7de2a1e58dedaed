"""What a password must be.

Two rules that contradict each other, of which an installation follows one: `mlps3`, the third level of the classified
protection of information systems (GB/T 22239-2019, 8.1.4.1: complexity, and a change now and then), and `nist` (SP
800-63B-4, 3.1.1.2: length and a list of what is common, no classes of characters, no change without cause).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from inspection.domain.errors import Fault

FEWEST_CHARACTERS: Final = 5
"""Different ones: fewer is a pattern, however long."""

OF_THIS_PLACE: Final = frozenset(
    {
        "inspection",
        "jiancha",
        "anquan",
        "xuexiao",
        "school",
        "jiaoyu",
        "jiaoyuju",
        "jianchayuan",
        "neimenggu",
        "huhehaote",
        "mongolia",
        "zhongguo",
        "china",
        "woaini",
        "woaizhongguo",
        "huawei",
        "administrator",
        "operator",
    }
)
"""What is common here and on no list of passwords from elsewhere."""

_LEET: Final = str.maketrans("@4301!|$57", "aaeoiiisst")


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """`shortest` without a second factor and `shortest_beside_factor` with one, in characters; `classes` of lower and
    upper case, letters without case (Chinese ones), digits and marks, of which a password has so many; `lasts` until
    it is to be changed."""

    name: str
    shortest: int
    shortest_beside_factor: int
    classes: int
    lasts: timedelta | None

    def has_expired(self, set_at: datetime | None, now: datetime) -> bool:
        """`set_at`: when it was chosen; None for one of which that is not known, or a demo account's: it stays."""
        return self.lasts is not None and set_at is not None and now - set_at >= self.lasts


RULES: Final = {
    "mlps3": PasswordRules("mlps3", 10, 10, 3, timedelta(days=90)),
    "nist": PasswordRules("nist", 15, 8, 0, None),
}


def password_faults(
    rules: PasswordRules, username: str, password: str, at: str, *, second_factor: bool = False
) -> list[Fault]:
    """All that is wrong with a password of somebody's choice; `at`: where it stands in what was sent."""
    shortest = rules.shortest_beside_factor if second_factor else rules.shortest
    faults = []
    if len(password) < shortest:
        faults.append(Fault(at, "password_too_short", {"min": shortest}))
    if len({_class_of(character) for character in password}) < rules.classes:
        faults.append(Fault(at, "password_too_plain", {"min": rules.classes}))
    if not faults and _is_easy(password, username):
        faults.append(Fault(at, "password_too_easy"))
    return faults


def _class_of(character: str) -> str:
    if character.isalpha():
        return "lower" if character.islower() else "upper" if character.isupper() else "letter"
    return "digit" if character.isdigit() else "mark"


@cache
def _common() -> frozenset[str]:
    """The thirty thousand that are chosen most often, as they were found in leaks; and what is common here."""
    return frozenset(FREQUENCY_LISTS["passwords"]) | OF_THIS_PLACE


def _is_easy(password: str, username: str) -> bool:
    """Whether it is the user name or a common password, dressed up or over and over, or a run along the alphabet."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    name = username.casefold()
    if len(set(folded)) < FEWEST_CHARACTERS or _is_run(folded):
        return True
    if not any(character.isalpha() for character in folded.replace(name, "")) and name in folded:
        return True
    return any(one in _common() for one in _bared(_unit_of(folded)))


def _bared(folded: str) -> Iterator[str]:
    """A password without its marks before and after, and without its digits there, each also read as letters."""
    for bare in (folded, _stripped(folded, digits=False), _stripped(folded, digits=True)):
        yield bare
        yield _stripped(bare.translate(_LEET), digits=True)


def _stripped(text: str, *, digits: bool) -> str:
    def is_core(character: str) -> bool:
        return character.isalpha() or (character.isdigit() and not digits)

    places = [place for place, character in enumerate(text) if is_core(character)]
    return text[places[0] : places[-1] + 1] if places else ""


def _unit_of(text: str) -> str:
    """What a text says over and over; itself, if it does not."""
    return text[: (text + text).find(text, 1)]


def _is_run(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1}
