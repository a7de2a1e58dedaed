"""`verify` finds what was tampered with and what was lost."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from inspection.actions.verification import orphans, verify
from inspection.schemas.inspections import read_inspection
from inspection.storage.db import db
from inspection.storage.institutions import InstitutionRow
from tests.support.world import World, in_database, jpeg, new_id, sha256


def faults(world: World) -> list[str]:
    def read(body: bytes):  # type: ignore[no-untyped-def]
        return read_inspection(body).value

    with world.context() as ctx:
        return list(verify(ctx, read))


@pytest.fixture
def lived(world: World) -> World:
    """A world in which a problem of each kind lives: found, open, R2, submitted, closed, void."""
    photo = jpeg()
    world.person("inspector").upload(photo)
    made = world.inspect(
        {"S-01-05": [], "S-08-05": [], "S-08-02": [], "S-03-04": [{"fact": "未锁", "photos": [sha256(photo)]}]},
        photos={sha256(photo): {}},
    )
    ids = {p["item_code"]: p["id"] for p in made["problems"]}
    world.issue(made["id"], items=[{"problem_id": ids["S-08-05"], "action": "drop", "reason": "不成立"}])
    proof = world.prove(ids["S-01-05"])
    world.review(ids["S-01-05"], proof["id"], "accept")
    world.prove(ids["S-08-02"])
    world.inspect({"S-09-01": [], "S-07-04": []})
    return world


def test_a_life_lived_well_has_no_faults(lived: World) -> None:
    assert faults(lived) == []
    assert lived.sweep().set_aside == []
    assert faults(lived) == []


def change(world: World, *statements: str) -> None:
    with world.app.app_context():
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE problem SET clock_on = '2027-01-01' WHERE status = 'open'", "two dates"),
        ("UPDATE problem SET due_on = NULL WHERE status = 'open'", "no date (open)"),
        ("UPDATE problem SET status = 'lost' WHERE status = 'open'", "nobody holds it (lost)"),
        ("UPDATE problem SET rectification_id = NULL WHERE status = 'submitted'", "submitted without a proof"),
        ("UPDATE problem SET status = 'void' WHERE status = 'closed'", "void without a recorded reason"),
    ],
)
def test_a_problem_without_one_holder_and_one_date_is_a_fault(lived: World, statement: str, expected: str) -> None:
    change(lived, statement)
    found = faults(lived)
    assert found
    assert all(expected in fault for fault in found)
    lived.sweep()
    assert faults(lived) == found


def test_a_stage_that_every_pass_would_leave_out_is_a_fault(lived: World) -> None:
    lived.sweep()
    assert faults(lived) == []
    change(lived, "UPDATE problem SET stage_on = '9999-12-31' WHERE status IN ('open', 'found', 'submitted')")
    found = faults(lived)
    assert found
    assert all("would be passed over until 9999-12-31" in fault for fault in found)


def test_a_finding_merged_into_what_was_withdrawn_is_a_fault(lived: World) -> None:
    visit = new_id()
    first, second = (lived.inspect({"S-01-05": []}, visit_id=visit, who=who) for who in ("inspector", "inspector2"))
    source, target = first["problems"][0]["id"], second["problems"][0]["id"]
    merge = [{"problem_id": source, "action": "merge", "into": target, "reason": "x"}]
    lived.issue(first["id"], second["id"], items=merge)
    assert faults(lived) == []
    known = in_database(lived, second["id"])
    change(lived, f"UPDATE inspection SET withdrawn_at = received_at WHERE id = '{known}'")
    assert [fault.split(": ")[1] for fault in faults(lived)] == ["merged into one that was withdrawn"]


def test_a_finding_without_its_problem_is_a_fault(lived: World) -> None:
    change(lived, "UPDATE problem SET pointer = '/answers/elsewhere' WHERE item_code = 'S-07-04'")
    assert [fault.split(": ", 1)[1] for fault in faults(lived)] == ["finding /answers/S-07-04 has no problem"]


@pytest.mark.parametrize("table", ["inspection", "rectification", "review", "notice"])
def test_changed_bytes_of_a_record_are_a_fault(lived: World, table: str) -> None:
    spoiled = "x'7b7d'" if lived.engine == "sqlite" else r"'\x7b7d'::bytea"
    # an inspection that cannot be read again cannot be judged again either
    column = "content_sha256 = 'x'" if table == "inspection" else f"body = {spoiled}"
    change(lived, f"UPDATE {table} SET {column}")
    found = faults(lived)
    assert found
    assert all(fault.startswith(table) and fault.endswith("its bytes have changed") for fault in found)


def test_a_spoiled_or_missing_photo_is_a_fault_and_a_leftover_is_none(lived: World) -> None:
    kept = next(path for path in (lived.data_dir / "evidence").rglob("*") if path.is_file())
    kept.chmod(0o600)
    kept.write_bytes(b"something else")
    assert [fault.split(":")[1].strip()[:20] for fault in faults(lived)] == ["its bytes have chang"]
    kept.unlink()
    assert faults(lived) == [f"photo {kept.name}: recorded, but its file is missing"]
    left = kept.with_name(kept.name[:2] + "0" * 62)
    left.write_bytes(b"broken off between file and row")
    with lived.context() as ctx:
        assert orphans(ctx) == [left.name]


def test_a_record_that_the_log_does_not_know_is_a_fault(lived: World) -> None:
    made = lived.inspect({}, participants=[])
    stranger, known = in_database(lived, new_id()), in_database(lived, made["id"])
    change(lived, f"UPDATE inspection SET id = '{stranger}' WHERE id = '{known}'")
    assert any("no entry submit_inspection" in fault for fault in faults(lived))


def test_an_inspection_is_judged_by_what_was_known_on_its_day(world: World) -> None:
    body = world.body(0, {})
    required = body["attributes"].pop("guards_required")
    body["answers"]["S-05-05"] = {"value": required}
    made = world.person("inspector").put(f"/inspections/{new_id()}", body)
    assert (made.status_code, made.json["problems"]) == (201, [])
    with world.app.app_context():
        place = db.session.get_one(InstitutionRow, UUID(world.places[0]))
        place.profile = place.profile | {"guards_required": required + 2}
        db.session.commit()
    change(world, "DELETE FROM term")
    assert faults(world) == []
