"""The audit log as it is handed to whoever verifies it: plain lines, and the verifier beside them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from inspection.actions.context import Context
from inspection.domain import verify_audit
from inspection.domain.chain import fields_of
from inspection.storage import audit, checkpoints
from inspection.storage.checkpoints import CheckpointRow
from inspection.storage.db import lift_limits

FILES: Final = ("keys", "checkpoints", "entries", "details", "heads")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an export: its file and what stands in it. `said` is the detail of an entry: (text, salt in hex)."""

    file: str
    fields: dict[str, Any]
    said: tuple[str, str] | None = None


def log_lines(ctx: Context) -> Iterator[Line]:
    """All chains as they stood at one moment; what is appended meanwhile is left out."""
    lift_limits(ctx.session.connection())  # millions of lines take their time
    signed = [_signed(row) for row in checkpoints.checkpoints_for_system(ctx.session)]
    # read after the signatures, so that they are by keys that are known
    for stored in audit.said_for_system(ctx.session, verify_audit.ROTATING):
        with suppress(json.JSONDecodeError):  # what was altered is a fault of its entry
            succession = json.loads(stored)
            if isinstance(succession, dict):
                yield Line("keys", succession)
    yield from (Line("checkpoints", one) for one in signed)
    heads = {head.chain: head for head in audit.heads_for_system(ctx.session)}
    later: list[Line] = []
    for entry, seal, detail, salt in audit.everything_for_system(ctx.session):
        said = (detail, salt) if detail is not None and salt is not None else None
        line = Line("entries", {**fields_of(entry), "seal": seal}, said)
        if entry.chain in heads and entry.number <= heads[entry.chain].number:
            yield line
        else:
            later.append(line)
    now = {head.chain: head.number for head in audit.heads_for_system(ctx.session)}
    yield from (line for line in later if line.fields["number"] > now.get(line.fields["chain"], 0))  # nobody's head
    for head in heads.values():
        yield Line("heads", asdict(head))


def export_log(ctx: Context, folder: Path) -> int:
    """Write the log into a new folder, with the public key and the verifier; how many entries. Raises
    `FileExistsError`."""
    folder.mkdir(parents=True)
    public_key = ctx.audit_key.read().public_key  # before the log: what took its place meanwhile is known by it
    entries = 0
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / f"{name}.jsonl").open("w", encoding="utf-8")) for name in FILES}
        for line in log_lines(ctx):
            files[line.file].write(_written(line.fields))
            if line.file == "entries":
                entries += 1
            if line.said is not None:
                about = {name: line.fields[name] for name in ("chain", "number")}
                files["details"].write(_written({**about, "detail": line.said[0], "salt": line.said[1]}))
        for name, number in audit.loose_details_for_system(ctx.session):
            files["details"].write(_written({"chain": name, "number": number, "detail": "", "salt": ""}))
    (folder / "public-key.txt").write_text(public_key + "\n", encoding="ascii")
    (folder / "verify_audit.py").write_text(inspect.getsource(verify_audit), encoding="utf-8")
    return entries


def _written(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _signed(row: CheckpointRow) -> dict[str, Any]:
    return {
        "chain": row.chain,
        "number": row.number,
        "seal": row.seal,
        "signed_on": row.signed_on.isoformat(),
        "public_key": row.public_key,
        "signature": row.signature,
    }
