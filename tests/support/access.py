"""Who may what of which place: written down by hand, for the answers to be held against. Of the API's routes the house
tests keep their own table; here are the pages, the places, and what the two come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inspection.demo.cast import PEOPLE
from tests.support.addresses import PART, WORDS

PREFIX: Final = "/api/v1"
SHOWN: Final = tuple(person.username for person in PEOPLE if person.shown)
NOBODY: Final = (None, "disabled", "revoked")
"""Whoever is not signed in, or is no more."""
LIKE: Final = {
    "moved": "neighbour",
    "moved-inspector": "inspector",
    "bureau-above": "bureau",
    "inspector-beyond": "inspector",
    "league-beyond": "league",
    "secadmin-near": "secadmin",
    "auditor-near": "auditor",
}
"""Who may what somebody of the cast may, elsewhere."""
LATE: Final[dict[str, set[str]]] = {
    "left": {"/photos/<hash:sha256>", "/inspections/<uuid:inspection_id>", "/leads/<uuid:lead_id>"},
    "left-school": {
        "/photos/<hash:sha256>",
        "/problems/<uuid:problem_id>/rectifications/<uuid:rectification_id>",
        "/problems/<uuid:problem_id>/rectify",
    },
    "long-gone": set(),
}
"""Whose only role has ended, and where he still hands in what he has: for fourteen days, and then nothing."""
PLACES: Final = ("own", "sibling", "neighbour", "above", "beyond")

XINCHENG: Final = {"own", "sibling"}
HUIMIN: Final = {"neighbour"}
HOHHOT: Final = {"own", "sibling", "neighbour", "above"}
BAOTOU: Final = {"beyond"}
EVERYWHERE: Final = set(PLACES)
SEES: Final[dict[str, set[str]]] = {
    **dict.fromkeys(("inspector", "inspector2", "procurator", "bureau"), XINCHENG),
    **dict.fromkeys(("league", "bureau-above"), HOHHOT),
    **dict.fromkeys(("neighbour", "moved", "moved-inspector", "stranger"), HUIMIN),
    **dict.fromkeys(("inspector-beyond", "league-beyond"), BAOTOU),
    "school": {"own"},
    "two-hats": XINCHENG | {"neighbour"},
}
"""The places whose institutions and whatever hangs on them somebody sees; none for all others."""
HATS: Final[dict[str, dict[str, set[str]]]] = {"two-hats": {"inspector": XINCHENG, "neighbour": {"neighbour"}}}
"""Who may here what one of the cast may and there what another may: each only where he may it."""
PRINCIPALS: Final = (*NOBODY, *SHOWN, *LIKE, *HATS, *LATE)
HANDS_IN: Final[dict[str, set[str]]] = {
    **SEES,
    "left": XINCHENG,
    "left-school": {"own"},
    "moved-inspector": XINCHENG | {"neighbour"},
}
"""The places of which somebody hands in what he captured: those of the last fourteen days as well."""
KNOWS: Final[dict[str, set[str]]] = {
    **SEES,
    **dict.fromkeys(("secadmin", "auditor"), EVERYWHERE),
    **dict.fromkeys(("secadmin-near", "auditor-near"), XINCHENG),
}
"""The places of which somebody sees at least how institution and account are called."""
HOLDS: Final[dict[str, set[str]]] = {"school": {"own"}, "stranger": {"neighbour"}}
"""Whose account the institution's is: his messages, his devices."""
ACCOUNTS: Final[dict[str, set[str]]] = {"secadmin": EVERYWHERE, "secadmin-near": XINCHENG}
"""The accounts that somebody looks after."""

LEADS: Final[dict[str, set[str]]] = {"inspector": XINCHENG, "procurator": XINCHENG, "inspector-beyond": BAOTOU}
"""The places whose leads somebody sees: he reported them, or handles them."""

INSPECTORS: Final = {"inspector", "inspector2", "procurator"}
UNITS: Final = {"school", "kindergarten", "tutoring", "stranger"}
REVIEWERS: Final = {"bureau", "neighbour"}
IN_SCOPE: Final = INSPECTORS | UNITS | REVIEWERS | {"league"}
ALL: Final = IN_SCOPE | {"congress", "sysadmin", "secadmin", "auditor"}
ANYONE: Final = ALL | {"anyone"}

PAGES: Final[dict[tuple[str, str], set[str]]] = {
    ("GET", "/"): ANYONE,
    ("GET", "/sign-in"): ANYONE,
    ("POST", "/sign-in"): ANYONE,
    ("GET", "/expired-password"): ANYONE,
    ("POST", "/expired-password"): ANYONE,
    ("GET", "/account/second-factor"): ALL,
    ("POST", "/account/second-factor"): ALL,
    ("POST", "/account/second-factor/secret"): ALL,
    ("POST", "/account/second-factor/recovery-codes"): ALL,
    ("POST", "/account/second-factor/removal"): ALL,
    ("GET", "/leads"): INSPECTORS,
    ("GET", "/leads/<uuid:lead_id>"): INSPECTORS,
    ("POST", "/leads/<uuid:lead_id>/steps/<kind>"): INSPECTORS,
    ("POST", "/users/<uuid:user_id>/resets"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision"): {"secadmin"},
    ("GET", "/activation"): ANYONE,
    ("POST", "/activation"): ANYONE,
    ("POST", "/language"): ANYONE,
    ("POST", "/sign-out"): ALL,
    ("GET", "/account"): ALL,
    ("POST", "/account/password"): ALL,
    ("POST", "/account/sessions/<uuid:device_id>/end"): ALL,
    ("GET", "/calendar"): ALL,
    ("POST", "/calendar/<int:year>"): {"sysadmin"},
    ("GET", "/checklists"): ALL,
    ("GET", "/checklists/<code>"): ALL,
    ("GET", "/checklists/<code>/differences"): ALL,
    ("GET", "/checklists/publish"): {"sysadmin"},
    ("POST", "/checklists/publish"): {"sysadmin"},
    ("POST", "/checklists/publish/check"): {"sysadmin"},
    ("GET", "/inbox"): ALL,
    ("POST", "/inbox/<uuid:notification_id>/open"): ALL,
    ("POST", "/inbox/<uuid:notification_id>/read"): ALL,
    ("POST", "/inbox/<uuid:notification_id>/read-all"): ALL,
    ("GET", "/inspections"): IN_SCOPE,
    ("GET", "/inspections/<uuid:inspection_id>"): IN_SCOPE,
    ("GET", "/inspections/<uuid:inspection_id>/receipt"): IN_SCOPE,
    ("GET", "/inspections/<uuid:inspection_id>/notice.docx"): IN_SCOPE,
    ("POST", "/inspections/<uuid:inspection_id>/withdrawal"): INSPECTORS | REVIEWERS,
    ("POST", "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision"): REVIEWERS | {"league"},
    ("GET", "/institutions/import"): REVIEWERS | {"league"},
    ("GET", "/institutions/import.csv"): REVIEWERS | {"league"},
    ("POST", "/institutions/import"): REVIEWERS | {"league"},
    ("POST", "/institutions/import/check"): REVIEWERS | {"league"},
    ("GET", "/institutions"): IN_SCOPE,
    ("GET", "/institutions/<uuid:institution_id>"): IN_SCOPE,
    ("GET", "/institutions/new"): REVIEWERS | {"league"},
    ("POST", "/institutions/new"): REVIEWERS | {"league"},
    ("GET", "/institutions/<uuid:institution_id>/change"): REVIEWERS | {"league"},
    ("POST", "/institutions/<uuid:institution_id>/change/<kind>"): REVIEWERS | {"league"},
    ("GET", "/institutions/<uuid:institution_id>/recusals"): INSPECTORS | REVIEWERS,
    ("POST", "/institutions/<uuid:institution_id>/recusals"): INSPECTORS | REVIEWERS,
    ("POST", "/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end"): INSPECTORS | REVIEWERS,
    ("GET", "/issuing"): REVIEWERS,
    ("GET", "/issuing/<uuid:visit_id>"): REVIEWERS,
    ("POST", "/issuing/<uuid:visit_id>/notice"): REVIEWERS,
    ("GET", "/log"): {"auditor"},
    ("GET", "/log.xlsx"): {"auditor"},
    ("GET", "/notices"): IN_SCOPE,
    ("GET", "/notices/<uuid:notice_id>"): IN_SCOPE,
    ("GET", "/notices/<uuid:notice_id>.docx"): IN_SCOPE,
    ("POST", "/notices/<uuid:notice_id>/acknowledgement"): UNITS,
    ("GET", "/photos/<hash:sha256>"): IN_SCOPE,
    ("GET", "/photos/<hash:sha256>/thumbnail"): IN_SCOPE,
    ("GET", "/photos/<hash:sha256>/shared"): IN_SCOPE,
    ("POST", "/photos/<hash:sha256>/original"): IN_SCOPE,
    ("GET", "/plan"): INSPECTORS | REVIEWERS | {"league"},
    ("GET", "/plan/<uuid:assignment_id>"): INSPECTORS | REVIEWERS | {"league"},
    ("GET", "/plan/new"): REVIEWERS,
    ("POST", "/plan/new"): REVIEWERS,
    ("POST", "/plan/<uuid:assignment_id>/cancel"): REVIEWERS,
    ("GET", "/problems"): IN_SCOPE,
    ("GET", "/problems.xlsx"): IN_SCOPE,
    ("GET", "/problems/<uuid:problem_id>"): IN_SCOPE,
    ("POST", "/problems/remind"): REVIEWERS | {"league"},
    ("GET", "/stats"): IN_SCOPE | {"congress"},
    ("GET", "/stats/numbers"): IN_SCOPE | {"congress"},
    ("GET", "/system"): {"sysadmin"},
    ("GET", "/review"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/accept"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/return"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/transfer"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/reply"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/reopen"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/extensions/<uuid:petition_id>/decision"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/objections/<uuid:petition_id>/decision"): REVIEWERS,
    ("POST", "/problems/<uuid:problem_id>/supervise"): {"league"},
    ("POST", "/problems/<uuid:problem_id>/rectify"): UNITS,
    ("POST", "/problems/<uuid:problem_id>/extension"): UNITS,
    ("POST", "/problems/<uuid:problem_id>/objection"): UNITS,
    ("GET", "/users"): {"secadmin"},
    ("GET", "/users/new"): {"secadmin"},
    ("GET", "/users/import"): {"secadmin"},
    ("GET", "/users/import.csv"): {"secadmin"},
    ("GET", "/users/<uuid:user_id>"): {"secadmin"},
    ("POST", "/users/new"): {"secadmin"},
    ("POST", "/users/codes"): {"secadmin"},
    ("POST", "/users/import"): {"secadmin"},
    ("POST", "/users/import/check"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/code"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/roles"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/roles/<uuid:role_id>/end"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/disable"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/enable"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/handover"): {"secadmin"},
    ("POST", "/users/<uuid:user_id>/sessions/<uuid:device_id>/end"): {"secadmin"},
}
"""Who ever opens a page or sends a form of it."""

OWN_THINGS: Final = {
    "notification_id": HOLDS,
    "device_id": HOLDS | ACCOUNTS,
    "user_id": ACCOUNTS,
    "lead_id": LEADS,
}
"""What hangs on people and not on institutions: whose it is."""

IN_BODY: Final = {
    ("PUT", "/assignments/<uuid:assignment_id>"),
    ("PUT", "/inspections/<uuid:inspection_id>"),
    ("PUT", "/notices/<uuid:notice_id>"),
    ("PUT", "/reminders/<uuid:reminder_id>"),
    ("PUT", "/handovers/<uuid:handover_id>"),
    ("PUT", "/institutions/<uuid:institution_id>"),
    ("PUT", "/leads/<uuid:lead_id>"),
    ("POST", "/institutions/new"),
    ("POST", "/users/new"),
    ("POST", "/issuing/<uuid:visit_id>/notice"),
    ("POST", "/plan/new"),
    ("POST", "/problems/remind"),
}
"""Acts that say in their body what they are about."""
NAMED: Final = {
    ("PUT", "/handovers/<uuid:handover_id>"),
    ("PUT", "/institutions/<uuid:institution_id>"),
    ("POST", "/institutions/new"),
    ("POST", "/users/new"),
}
"""Of these, the ones that name a region or a person: one outside one's own is a fault of the body."""

SEEN: Final = {200, 303}
DONE: Final = {200, 201, 204, 303}
STATE: Final = {409, 422}
"""Allowed, and refused for its state or its content."""
OPEN_ACTS: Final = tuple(f"{at}{act}" for at in ("", f"{PREFIX}/auth") for act in ("/sign-in", "/login", "/activation"))
"""Where one comes to sign in: refused as wrong, or as unfinished."""
FACTORS: Final = tuple(
    f"{at}{act}"
    for at in ("/account/second-factor", f"{PREFIX}/auth/second-factor")
    for act in ("", "/secret", "/recovery-codes", "/removal")
)
OLD_PASSWORDS: Final = ("/expired-password", f"{PREFIX}/auth/expired-password")
"""Where a password or a code is asked for: refused as wrong."""
SHOWS_NOTHING: Final = "/photos/<hash:sha256>"
"""A form by which an original is asked for: the same for every hash, whether anything has it or not."""
ORIGINALS: Final = (f"{PREFIX}/photos/<hash:sha256>", "/photos/<hash:sha256>/original")
RECUSALS: Final = (
    "/institutions/<uuid:institution_id>/recusals",
    f"{PREFIX}/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>",
)
ENDS: Final = tuple(f"{at}/institutions/<uuid:institution_id>/recusals/<uuid:recusal_id>/end" for at in ("", PREFIX))
COPIES_ALONE: Final = {"inspector2", "moved-inspector", "school", "stranger", "two-hats"}
HIMSELF_ALONE: Final = {"inspector2", "procurator", "moved-inspector", "two-hats"}
OTHERS_ALONE: Final = {
    **dict.fromkeys(ORIGINALS, COPIES_ALONE),
    **dict.fromkeys((*RECUSALS, *ENDS), HIMSELF_ALONE),
}
"""Who sees the copies of what others took and not their originals; who says of himself that he keeps away, and of
nobody else."""


@dataclass(frozen=True)
class Cell:
    """One question: who asks what of which place; `at` is None for what is nowhere."""

    who: str | None
    method: str
    path: str
    at: str | None
    query: str = ""

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.path}{self.query} at {self.at}"

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path.removeprefix(PREFIX)

    @property
    def on_desk(self) -> bool:
        return not self.path.startswith(PREFIX)


@dataclass(frozen=True)
class Access:
    """`api`: (method, path) → the accounts of the cast that may ever; ANYONE where nobody need be signed in."""

    api: dict[tuple[str, str], set[str]]

    def allowed(self, cell: Cell) -> bool:
        may = self._table(cell)
        if cell.who in LATE:
            return may >= ALL or (cell.method != "GET" and cell.key[1] in LATE[cell.who])
        return "anyone" in may or not may.isdisjoint(HATS.get(cell.who or "", {LIKE.get(cell.who or "", cell.who)}))

    def _table(self, cell: Cell) -> set[str]:
        return (PAGES if cell.on_desk else self.api)[cell.key]

    def expected(self, cell: Cell) -> set[int]:
        """The statuses that are right."""
        if not self.allowed(cell):
            return {401 if cell.who in NOBODY else 403}
        good = SEEN if cell.method == "GET" else DONE | STATE
        named = objects(cell.method, cell.path)
        if not named and cell.key not in IN_BODY:
            return good | {401} if cell.path in (*OPEN_ACTS, *FACTORS, *OLD_PASSWORDS) else good
        if cell.path == SHOWS_NOTHING:
            return good
        if self._another_s(cell):
            return {403}
        if cell.at in self._where(cell, named):
            return good
        return {422 if cell.key in NAMED else 404}

    def _another_s(self, cell: Cell) -> bool:
        if cell.who not in OTHERS_ALONE.get(cell.path, ()) or (cell.method == "GET" and cell.path in RECUSALS):
            return False
        return cell.at in (HATS[cell.who]["inspector"] if cell.who in HATS else SEES[cell.who])

    def _where(self, cell: Cell, named: list[str]) -> set[str]:
        """The places of which this is answered or done."""
        who, route = cell.who or "", cell.key[1]
        if who in HATS:
            return self.sees(cell) if not named or named[0] not in OWN_THINGS else set()
        if route in ("/handovers/<uuid:handover_id>", "/users/new"):
            return ACCOUNTS.get(who, set())
        if cell.method != "GET" and any(route in paths for paths in LATE.values()):
            return HANDS_IN.get(who, set())
        return (OWN_THINGS.get(named[0], SEES) if named else SEES).get(who, set())

    def sees(self, cell: Cell) -> set[str]:
        """The places of which something may stand in the answer."""
        if cell.who in HATS:
            return set().union(*(places for like, places in HATS[cell.who].items() if like in self._table(cell)))
        return SEES.get(cell.who or "", set())

    def lets_in(self, cell: Cell) -> bool:
        return not self.expected(cell).isdisjoint(DONE)


def fresh_part(method: str, path: str) -> str | None:
    """The part that names what a PUT makes."""
    if method != "PUT" or path.endswith(("/end", "/decision", "/acknowledgement", "/cancellation", "/read")):
        return None
    named = [name for _, name in PART.findall(path) if name not in WORDS]
    return named[-1] if named else None


def objects(method: str, path: str) -> list[str]:
    """The parts of a path that name what is there already."""
    fresh = fresh_part(method, path)
    return [name for _, name in PART.findall(path) if name not in WORDS and name != fresh]


SAME: Final = (
    ("/leads", "/leads"),
    ("/leads/<uuid:lead_id>", "/leads/<uuid:lead_id>"),
    ("/leads/<uuid:lead_id>/steps/<kind>", "/leads/<uuid:lead_id>/steps/<uuid:step_id>"),
    (
        "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision",
        "/users/<uuid:user_id>/resets/<uuid:reset_id>/decision",
    ),
    ("/problems", "/problems"),
    ("/problems.xlsx", "/problems.xlsx"),
    ("/problems/<uuid:problem_id>", "/problems/<uuid:problem_id>"),
    ("/institutions", "/institutions"),
    ("/institutions/<uuid:institution_id>", "/institutions/<uuid:institution_id>"),
    ("/institutions/<uuid:institution_id>/recusals", "/institutions/<uuid:institution_id>/recusals"),
    ("/inspections", "/inspections"),
    ("/inspections/<uuid:inspection_id>", "/inspections/<uuid:inspection_id>"),
    ("/inspections/<uuid:inspection_id>/notice.docx", "/inspections/<uuid:inspection_id>/notice.docx"),
    ("/notices", "/notices"),
    ("/notices/<uuid:notice_id>", "/notices/<uuid:notice_id>"),
    ("/notices/<uuid:notice_id>.docx", "/notices/<uuid:notice_id>.docx"),
    ("/photos/<hash:sha256>/thumbnail", "/photos/<hash:sha256>/thumbnail"),
    ("/photos/<hash:sha256>/shared", "/photos/<hash:sha256>/shared"),
    ("/photos/<hash:sha256>/original", "/photos/<hash:sha256>"),
    ("/plan", "/assignments"),
    ("/plan/<uuid:assignment_id>/cancel", "/assignments/<uuid:assignment_id>/cancellation"),
    ("/users", "/users"),
    ("/stats", "/stats"),
    ("/stats/numbers", "/stats/numbers"),
    ("/inbox", "/notifications"),
    ("/inbox/<uuid:notification_id>/read", "/notifications/<uuid:notification_id>/read"),
    ("/account/sessions/<uuid:device_id>/end", "/auth/devices/<uuid:device_id>"),
    ("/notices/<uuid:notice_id>/acknowledgement", "/notices/<uuid:notice_id>/acknowledgement"),
    ("/problems/<uuid:problem_id>/accept", "/problems/<uuid:problem_id>/reviews/<uuid:review_id>"),
    ("/problems/<uuid:problem_id>/return", "/problems/<uuid:problem_id>/reviews/<uuid:review_id>"),
    ("/problems/<uuid:problem_id>/rectify", "/problems/<uuid:problem_id>/rectifications/<uuid:rectification_id>"),
    ("/problems/<uuid:problem_id>/extension", "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>"),
    ("/problems/<uuid:problem_id>/objection", "/problems/<uuid:problem_id>/objections/<uuid:objection_id>"),
    ("/problems/<uuid:problem_id>/transfer", "/problems/<uuid:problem_id>/transfers/<uuid:transfer_id>"),
    ("/problems/<uuid:problem_id>/reply", "/problems/<uuid:problem_id>/replies/<uuid:reply_id>"),
    ("/problems/<uuid:problem_id>/supervise", "/problems/<uuid:problem_id>/supervisions/<uuid:supervision_id>"),
    ("/problems/<uuid:problem_id>/reopen", "/problems/<uuid:problem_id>/reopenings/<uuid:reopening_id>"),
    (
        "/problems/<uuid:problem_id>/extensions/<uuid:petition_id>/decision",
        "/problems/<uuid:problem_id>/extensions/<uuid:extension_id>/decision",
    ),
    (
        "/problems/<uuid:problem_id>/objections/<uuid:petition_id>/decision",
        "/problems/<uuid:problem_id>/objections/<uuid:objection_id>/decision",
    ),
    (
        "/institutions/<uuid:institution_id>/change/<kind>",
        "/institutions/<uuid:institution_id>/changes/<uuid:change_id>",
    ),
    (
        "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision",
        "/inspections/<uuid:inspection_id>/withdrawals/<uuid:withdrawal_id>/decision",
    ),
)
"""A page or act of the desk, and what the API has for the same."""
