"""The audit log holds together, and whatever is done to it behind the system's back is found: by the system, by the
verifier that travels with an export, by whoever keeps a head."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from inspection.actions.audit_export import export_log
from inspection.actions.checkpoints import sign_heads
from inspection.actions.retention import erase_old_details
from inspection.actions.verification import chain_faults
from inspection.domain import chain as rules
from inspection.domain.retention import periods
from inspection.domain.verify_audit import Verifier, verify_folder
from inspection.storage import audit
from inspection.storage.db import db
from inspection.storage.unit import unit
from tests.support.desk import Clerk
from tests.support.world import World, jpeg, new_id, sha256

FILES = ("entries", "details", "checkpoints", "heads", "keys")
Export = dict[str, list[dict[str, Any]]]

LOG_KEPT = periods("").log


def story(world: World) -> None:
    """Acts of several people in two regions, of the system, and of somebody who is not signed in."""
    photo = jpeg()
    made = world.inspect({"S-01-05": []}, photos={sha256(photo): {}})
    world.person("inspector").upload(photo)
    world.issue(made["id"])
    proof = world.prove(made["problems"][0]["id"])
    world.review(made["problems"][0]["id"], proof["id"], "return")
    world.person("inspector").get(f"/photos/{sha256(photo)}?purpose=核对")
    world.person("league").put(
        f"/problems/{made['problems'][0]['id']}/supervisions/{new_id()}", {"reason": "x", "due_on": "2099-01-01"}
    )
    world.sweep()


def faults(world: World) -> list[str]:
    with world.context() as ctx:
        return chain_faults(ctx)


def behind_its_back(world: World, *statements: str) -> None:
    """As whoever holds the database can: the triggers first."""
    with world.app.app_context():
        where = " ON audit_log" if world.engine == "postgresql" else ""
        for name in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER IF EXISTS audit_log_refuse_{name}{where}"))
        on_detail = " ON audit_detail" if world.engine == "postgresql" else ""
        db.session.execute(text(f"DROP TRIGGER IF EXISTS audit_detail_refuse_update{on_detail}"))
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()


def test_everything_that_is_done_is_sealed_into_the_chain_of_its_region(world: World) -> None:
    story(world)
    assert faults(world) == []
    with world.context() as ctx:
        heads = {head.chain: head.number for head in audit.heads_for_system(ctx.session)}
        entries = [entry for entry, *_ in audit.everything_for_system(ctx.session)]
    assert set(heads) == {"150100", "150102", "system"}
    for chain, number in heads.items():
        assert [entry.number for entry in entries if entry.chain == chain] == list(range(1, number + 1))
    assert {entry.action for entry in entries if entry.chain == "150100"} == {"supervision"}


LAST = "(SELECT max(number) FROM audit_log WHERE chain = '150102')"


@pytest.mark.parametrize(
    "tampering",
    [
        ["UPDATE audit_log SET actor_id = NULL WHERE chain = '150102' AND number = 2"],
        ["UPDATE audit_log SET action = 'sign_in' WHERE chain = '150102' AND number = 2"],
        ["UPDATE audit_log SET at = '2001-01-01 00:00:00.000000' WHERE chain = '150102' AND number = 3"],
        ["UPDATE audit_detail SET detail = '{}' WHERE chain = '150102' AND number = 1"],
        ["DELETE FROM audit_detail WHERE chain = '150102' AND number = 1"],
        ["DELETE FROM audit_log WHERE chain = '150102' AND number = 2"],
        [f"DELETE FROM audit_log WHERE chain = '150102' AND number = {LAST}"],
        ["INSERT INTO audit_detail VALUES ('150102', 4000, '00', '{}')"],
        ["UPDATE audit_head SET number = number - 1 WHERE chain = '150102'"],
        [
            "UPDATE audit_log SET number = 4000 WHERE chain = '150102' AND number = 1",
            "UPDATE audit_log SET number = 1 WHERE chain = '150102' AND number = 2",
            "UPDATE audit_log SET number = 2 WHERE chain = '150102' AND number = 4000",
        ],
    ],
    ids=lambda statements: statements[0][:40],
)
def test_what_was_done_to_the_database_is_found(world: World, tampering: list[str]) -> None:
    story(world)
    assert faults(world) == []
    behind_its_back(world, *tampering)
    assert faults(world) != []


def test_a_log_that_was_cut_with_its_head_is_found_by_whoever_keeps_one(world: World, tmp_path: Path) -> None:
    story(world)
    receipt = world.person("inspector").get(f"/inspections/{_inspection(world)}/receipt").json["log"]
    with world.context() as ctx:
        assert sign_heads(ctx) == 3
        export_log(ctx, tmp_path / "before")
    behind_its_back(
        world,
        "DELETE FROM audit_detail WHERE chain = '150102' AND number > 1",
        "DELETE FROM audit_log WHERE chain = '150102' AND number > 1",
        "UPDATE audit_head SET number = 1, seal = (SELECT seal FROM audit_log WHERE chain = '150102' AND number = 1)"
        " WHERE chain = '150102'",
    )
    assert any("cut off" in fault for fault in faults(world))  # the signed head stands in the same database
    where = " ON audit_checkpoint" if world.engine == "postgresql" else ""
    behind_its_back(
        world,
        f"DROP TRIGGER audit_checkpoint_refuse_delete{where}",
        "DELETE FROM audit_checkpoint WHERE chain = '150102'",
    )
    assert any("its head was signed" in fault for fault in faults(world))
    with world.context() as ctx:
        export_log(ctx, tmp_path / "after")
    known = [(receipt["chain"], receipt["number"], receipt["seal"])]
    assert verify_folder(tmp_path / "before", known).faults() == []
    assert verify_folder(tmp_path / "after", known).faults() != []


def _inspection(world: World) -> str:
    return str(world.person("inspector").get("/inspections").json["items"][0]["id"])


def test_many_at_once_leave_one_chain_without_a_gap(world: World) -> None:
    calls = [world.body(0) for _ in range(12)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda body: world.person("inspector").put(f"/inspections/{new_id()}", body), calls))
    assert {answer.status_code for answer in made} == {201}
    assert faults(world) == []
    numbers = sorted(answer.json["receipt"]["log"]["number"] for answer in made)
    assert numbers == list(range(numbers[0], numbers[0] + 12))


def test_what_failed_leaves_no_entry(world: World) -> None:
    story(world)
    with world.context() as ctx:
        before = audit.heads_for_system(ctx.session)
    body = world.body(0)
    body["answers"]["S-01-05"] = {"value": "maybe"}
    assert world.person("inspector").put(f"/inspections/{new_id()}", body).status_code == 422
    with world.context() as ctx:
        assert audit.heads_for_system(ctx.session) == before


def test_what_is_done_to_a_lead_stands_apart(world: World) -> None:
    with world.context() as ctx:
        with unit(ctx.session):
            ctx.record(None, "looked", "lead", "1")
            ctx.record(None, "looked", "problem", "2")
        apart = ctx.session.execute(
            select(audit.LeadLogRow.chain, audit.LeadLogRow.number, audit.LeadLogRow.object_id)
        ).all()
        kept = ctx.session.scalars(select(audit.AuditRow.object_id).where(audit.AuditRow.action == "looked")).all()
    assert ([tuple(row) for row in apart], kept) == ([("system-lead", 1, "1")], ["2"])


def test_heads_are_signed_once_a_day_and_told_to_both_offices(world: World) -> None:
    story(world)
    with world.context() as ctx:
        assert sign_heads(ctx) == 3
        assert sign_heads(ctx) == 0
    for who in ("bureau", "procurator", "league"):
        told = [item for item in world.person(who).get("/notifications").json["items"] if item["kind"] == "audit_head"]
        assert "150102" in " ".join(item["text"] for item in told), who
        assert all(item["read_at"] for item in told)  # kept, not to be dealt with
    assert ("audit_head", None) in world.told("auditor")
    assert ("audit_head", None) not in world.told("school")
    world.clock.go(days=1)
    world.inspect({})
    with world.context() as ctx:
        assert sign_heads(ctx) == 2  # that region's, and the system's, in which the signing stands
        assert chain_faults(ctx) == []


def test_a_lawful_erasure_is_on_record_and_the_chain_holds(world: World) -> None:
    story(world)
    with world.context() as ctx:
        sign_heads(ctx)
        assert erase_old_details(ctx, LOG_KEPT) == 0
    world.clock.go(days=LOG_KEPT.days + 1)
    with world.context() as ctx:
        assert erase_old_details(ctx, LOG_KEPT) == 3
        assert chain_faults(ctx) == []
        assert erase_old_details(ctx, LOG_KEPT) == 0
        said = [detail for _, _, detail, _ in audit.everything_for_system(ctx.session)]
    assert said.count(None) > 10
    assert "内容已依法删除" in Clerk(world, "auditor").open("/log").text
    behind_its_back(world, "DELETE FROM audit_detail WHERE chain = 'system'")
    assert any("no erasure is on record" in fault for fault in faults(world))


def test_a_phone_asks_for_the_chain_that_it_stands_in(world: World) -> None:
    story(world)
    inspector = world.person("inspector")
    start = inspector.get("/sync").json["log"]
    assert (start["chain"], start["leaves"], start["more"]) == ("150102", [], False)
    world.inspect({})
    on = inspector.get(f"/sync?log={start['number']}").json["log"]
    head = rules.Head("150102", start["number"], start["seal"])
    assert rules.following(head, on["leaves"]) == rules.Head("150102", on["number"], on["seal"])
    whole = inspector.get("/sync?log=0").json["log"]
    assert rules.following(rules.start("150102"), whole["leaves"]).seal == on["seal"]
    assert world.person("school").get("/sync").json["log"]["chain"] == "150102"
    assert world.person("stranger").get("/sync").json["log"]["chain"] == "150103"
    beyond = inspector.get("/sync?log=999999999").json["log"]
    assert (beyond["leaves"], beyond["number"]) == ([], on["number"])
    for senseless in ("-1", "x", "1.5", "9" * 30):
        assert inspector.get(f"/sync?log={senseless}").status_code == 422


# The export and its verifier


def test_an_export_is_verified_by_plain_python_far_from_the_system(sqlite_world: World, tmp_path: Path) -> None:
    story(sqlite_world)
    with sqlite_world.context() as ctx:
        sign_heads(ctx)
        count = export_log(ctx, tmp_path / "log")
        key = ctx.audit_key.read().public_key
    lines = (tmp_path / "log/entries.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == count

    def verify(*options: str) -> subprocess.CompletedProcess[str]:
        # -I -S: nothing of this installation, only the standard library
        command = [sys.executable, "-I", "-S", str(tmp_path / "log/verify_audit.py"), str(tmp_path / "log"), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    fine = verify("--key", key)
    assert (fine.returncode, fine.stdout.splitlines()[-1]) == (0, "no fault"), fine.stderr
    entry = json.loads(lines[0])
    known = f"{entry['chain']}:{entry['number']}:{entry['seal']}"
    assert verify("--known", known).returncode == 0
    assert verify("--known", known[:-1] + ("0" if known[-1] != "0" else "1")).returncode == 1
    assert verify("--key", "00" * 32).returncode == 1
    (tmp_path / "log/entries.jsonl").write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
    assert verify("--key", key).returncode == 1
    (tmp_path / "log/entries.jsonl").write_text("{", encoding="utf-8")
    assert verify("--key", key).returncode == 1


def test_an_export_into_a_folder_that_is_there_is_refused(sqlite_world: World, tmp_path: Path) -> None:
    with sqlite_world.context() as ctx, pytest.raises(FileExistsError):
        export_log(ctx, tmp_path)


def read(folder: Path) -> Export:
    return {
        name: [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in FILES
    }


def verified(export: Export, known: list[tuple[str, int, str]], key: str) -> list[str]:
    """The verifier's faults; what it cannot read is one."""
    verifier = Verifier(known, [key])
    try:
        for succession in export["keys"]:
            verifier.succession(succession)
        for checkpoint in export["checkpoints"]:
            verifier.checkpoint(checkpoint)
        details = {(one["chain"], one["number"]): one for one in export["details"]}
        if len(details) != len(export["details"]):
            return ["two details of one entry"]
        for entry in export["entries"]:
            said = details.pop((entry["chain"], entry["number"]), {})
            verifier.entry(entry, said.get("detail"), said.get("salt"))
        for name, number in details:
            verifier.loose(name, number)
        for head in export["heads"]:
            verifier.head(head)
    except (KeyError, ValueError, TypeError) as error:
        return [repr(error)]
    return verifier.faults()


def edit(chance: random.Random, export: Export) -> None:
    """Any character of any value of any line."""
    lines = export[chance.choice([name for name in FILES if export[name]])]
    line = chance.choice(lines)
    name = chance.choice(sorted(line))
    value = line[name]
    if isinstance(value, int):
        line[name] = value + chance.choice([-1, 1, 7])
    elif not value:
        line[name] = str(chance.random())
    else:
        at = chance.randrange(len(value))
        line[name] = value[:at] + chr((ord(value[at]) - 32 + chance.randrange(1, 95)) % 95 + 32) + value[at + 1 :]


def delete(chance: random.Random, export: Export) -> None:
    lines = export[chance.choice(["entries", "details", "checkpoints"])]
    del lines[chance.randrange(len(lines))]


def insert(chance: random.Random, export: Export) -> None:
    lines = export[chance.choice(["entries", "details"])]
    line = copy.deepcopy(chance.choice(lines))
    if chance.random() < 0.5:
        line["number"] += 1
    lines.insert(chance.randrange(len(lines) + 1), line)


def swap(chance: random.Random, export: Export) -> None:
    """Two entries of a chain change places, or what they say does."""
    name = chance.choice(["entries", "details"])
    lines = [line for line in export[name] if line["chain"] == "150102"]
    one, other = chance.sample(lines, 2)
    if name == "entries":
        one_at, other_at = export[name].index(one), export[name].index(other)
        export[name][one_at], export[name][other_at] = other, one
    else:
        one["number"], other["number"] = other["number"], one["number"]


def cut(chance: random.Random, export: Export) -> None:
    """The tail of a chain with everything that speaks of it, and the head moved back."""
    chain = chance.choice(["150102", "system"])
    entries = [entry for entry in export["entries"] if entry["chain"] == chain]
    kept = chance.randrange(len(entries))
    for name in ("entries", "details", "checkpoints"):
        export[name] = [one for one in export[name] if one["chain"] != chain or one["number"] <= kept]
    export["heads"] = [head for head in export["heads"] if head["chain"] != chain]
    if kept:
        export["heads"].append({"chain": chain, "number": kept, "seal": entries[kept - 1]["seal"]})


def rewrite(chance: random.Random, export: Export) -> None:
    """An entry is altered and the whole chain sealed anew, as whoever knows the rules but not the key can."""

    name = chance.choice(["150102", "system"])
    entries = [entry for entry in export["entries"] if entry["chain"] == name]
    chance.choice(entries)["object"] = new_id()
    seal = rules.start(name).seal
    for entry in entries:
        fields = {one: entry[one] for one in sorted(entry) if one != "seal"}
        written = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()

        seal = rules.sealed(seal, hashlib.sha256(b"\x00" + written).hexdigest())
        entry["seal"] = seal
    for line in export["heads"] + export["checkpoints"]:
        if line["chain"] == name:
            line["seal"] = entries[line["number"] - 1]["seal"]


TAMPERINGS: tuple[Callable[[random.Random, Export], None], ...] = (edit, delete, insert, swap, cut, rewrite)


def tampered(world: World, folder: Path, count: int) -> tuple[int, list[str]]:
    """So many tamperings of a log of which an outsider keeps the heads: (how many were found, what was not)."""
    story(world)
    with world.context() as ctx:
        sign_heads(ctx)
        export_log(ctx, folder)
        key = ctx.audit_key.read().public_key
    whole = read(folder)
    known = [(head["chain"], head["number"], head["seal"]) for head in whole["heads"]]
    assert verified(whole, known, key) == []
    chance, found, missed = random.Random(20261127), 0, []
    for number in range(count):
        export = copy.deepcopy(whole)
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        tamper(chance, export)
        if export == whole:
            continue
        if verified(export, known, key):
            found += 1
        else:
            missed.append(f"{number} {tamper.__name__}")
    return found, missed


def test_tampering_of_every_kind_is_found(sqlite_world: World, tmp_path: Path) -> None:
    found, missed = tampered(sqlite_world, tmp_path / "log", 120)
    assert missed == []
    assert found > 110


@pytest.mark.parametrize(("file", "field"), [("details", "salt"), ("checkpoints", "signature")])
def test_the_same_bytes_in_other_letters_are_an_alteration_too(
    sqlite_world: World, tmp_path: Path, file: str, field: str
) -> None:
    story(sqlite_world)
    with sqlite_world.context() as ctx:
        sign_heads(ctx)
        export_log(ctx, tmp_path / "log")
        key = ctx.audit_key.read().public_key
    export = read(tmp_path / "log")
    line = next(line for line in export[file] if line[field] != line[field].upper())
    line[field] = line[field].upper()
    assert len(verified(export, [], key)) == 1


@pytest.mark.drill
def test_ten_thousand_tamperings_are_found(sqlite_world: World, tmp_path: Path) -> None:
    found, missed = tampered(sqlite_world, tmp_path / "log", 10_000)
    assert missed == []
    assert found > 9_000
