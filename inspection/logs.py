"""What is written down of the running: one JSON object a line on standard error, of a few named fields. What people
wrote, what they are called and what they hold (bodies, addresses' queries, tokens, the message of an exception) has no
field, so it cannot stand in one. Sources: RFC 8259 (JSON), RFC 3339 (moments), OWASP ASVS 5.0, 16.2 and 16.4."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from errno import errorcode
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

FIELDS: Final = (
    *("method", "route", "status", "ms", "bytes", "account"),
    *("subject", "code", "fault", "whom", "count", "stages", "messages"),
)
"""Besides `at`, `level`, `logger`, `event` and `request_id`: ids, codes, numbers and words of ours, by `extra`."""
OURS: Final = "inspection"
LONGEST, DEEPEST, CAUSES = 200, 20, 5
"""Characters of a text, frames of a stack, causes behind an error."""

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""That of the request which this thread is at work on."""

ROUTE: Final = "inspection.route"
"""Where the WSGI environment holds the rule under which a request was found."""
ACCOUNT: Final = "inspection.account"
"""Where it holds the id of who asks, once that is known."""
REFUSED: Final = "inspection.refused"
"""Where it holds the code by which a request was refused."""

_UNPRINTED: Final = re.compile(r"[^ -~]")


class Lines(logging.Formatter):
    """A record as one line of JSON, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        if request_id := getattr(record, "request_id", None) or REQUEST_ID.get():
            line["request_id"] = _plain(request_id)
        line |= {name: _plain(record.__dict__[name]) for name in FIELDS if record.__dict__.get(name) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line |= described(record.exc_info[1])
        return json.dumps(line)


def set_up() -> None:
    """Once in a process: all that anything logs goes to standard error in this shape."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # else a line that cannot be written is shown with all that was to stand in it
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def described(error: BaseException) -> dict[str, Any]:
    """An error by its kind and where it came from. Its message may hold a row or a file's words, so it is left out;
    the database's or the system's own code for it is kept."""
    found: dict[str, Any] = {"error": _kind(error)}
    if code := _code(error):
        found["code"] = _plain(code)
    causes = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < CAUSES:
        causes.append(_kind(cause))
        cause = cause.__cause__ or cause.__context__
    if causes:
        found["causes"] = causes
    frames = extract_tb(error.__traceback__)[-DEEPEST:]
    found["stack"] = [f"{'/'.join(Path(at.filename).parts[-3:])}:{at.lineno} {at.name}" for at in frames]
    return found


def _event(record: logging.LogRecord) -> str:
    """The text without what it was filled with; of a library's, numbers are."""
    text = record.msg if isinstance(record.msg, str) else "..."
    if not record.args or record.name.partition(".")[0] == OURS:
        return _plain(text)
    given = record.args if isinstance(record.args, tuple) else (record.args,)
    try:
        return _plain(text % tuple(one if isinstance(one, int | float) else "..." for one in given))
    except (TypeError, ValueError):
        return _plain(text)


def _plain(value: Any) -> Any:
    """A number as it is; a text within bounds, on one line, without what a terminal would act on."""
    if isinstance(value, int | float):
        return value
    try:
        return _UNPRINTED.sub("?", str(value)[:LONGEST])
    except Exception:  # whatever it is, a line is written
        return "..."


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _code(error: BaseException) -> str | None:
    """SQLSTATE, SQLite's name or errno's: what the database or the system calls it."""
    driver = getattr(error, "orig", None) or error
    code = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None)
    return code or errorcode.get(getattr(error, "errno", None) or 0)
