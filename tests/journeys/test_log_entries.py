"""Each entry of the audit log by itself: in which chain it stands, which one a receipt names, what is told of all, and
what a lawful erasure takes and leaves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text

from inspection.actions import audit as reading
from inspection.actions.checkpoints import sign_heads
from inspection.actions.retention import erase_old_details
from inspection.actions.sessions import authenticate
from inspection.actions.verification import chain_faults
from inspection.domain.actor import Grant
from inspection.domain.retention import periods
from inspection.storage import audit, mission
from inspection.storage.db import db
from inspection.storage.unit import unit
from tests.journeys.test_audit_log import behind_its_back
from tests.support.databases import PASSWORD
from tests.support.desk import Clerk
from tests.support.leads import read, report
from tests.support.world import World, jpeg, sha256

KEPT = periods("").log
RECEIVED = ("submit_inspection", "complete_inspection")


def said(world: World) -> dict[tuple[str, int], str | None]:
    """What every entry says, in the order in which all are told."""
    with world.context() as ctx:
        return {(entry.chain, entry.number): detail for entry, _, detail, _ in audit.everything_for_system(ctx.session)}


def chains_of(world: World, action: str) -> list[str]:
    with world.context() as ctx:
        return [entry.chain for entry, *_ in audit.everything_for_system(ctx.session) if entry.action == action]


def changes_password(world: World, who: str) -> None:
    body = {"old": PASSWORD, "new": "Steppe-Wind-7"}
    assert world.person(who).call("POST", "/auth/password", json=body).status_code == 204


def asks(world: World, who: str, count: int) -> None:
    """So many entries of one person."""
    with world.context() as ctx:
        for _ in range(count):
            with unit(ctx.session):
                ctx.record(authenticate(ctx, f"token-{who}"), "looked", "photo", "0")


# ---- in which chain


def test_who_belongs_to_no_region_acts_in_the_systems_chain(world: World) -> None:
    changes_password(world, world.employ("newcomer").username)
    assert chains_of(world, "change_password") == ["system"]


@pytest.mark.parametrize("unit_first", [True, False])
def test_who_is_of_a_region_acts_in_its_chain_whatever_he_answers_for(world: World, unit_first: bool) -> None:
    grants = [Grant("unit", None, UUID(world.places[0])), Grant("specialist", "150103")]
    changes_password(world, world.employ("both", *(grants if unit_first else reversed(grants))).username)
    assert chains_of(world, "change_password") == ["150103"]


# ---- of a receipt


def test_a_receipt_names_the_entry_that_made_its_own_inspection_whole(world: World) -> None:
    photo = jpeg()
    first = world.inspect({"S-01-05": []}, photos={sha256(photo): {}})
    assert first["receipt"] is None
    second = world.inspect({}, 3)
    assert world.person("inspector").upload(photo).status_code == 201
    third = world.inspect({}, 3)
    with world.context() as ctx:
        whole = {
            entry.object_id: (entry.chain, entry.number, seal)
            for entry, seal, *_ in audit.everything_for_system(ctx.session)
            if entry.action in RECEIVED  # the last of each
        }
        assert audit.entry_about_for_system(ctx.session, RECEIVED, uuid4()) is None
        assert audit.entry_about_for_system(ctx.session, ("issue_notice",), UUID(first["id"])) is None
    for made in (first, second, third):
        log = world.person("inspector").get(f"/inspections/{made['id']}/receipt").json["log"]
        assert (log["chain"], log["number"], log["seal"]) == whole[made["id"]]
    assert third["receipt"]["log"]["number"] == whole[third["id"]][1]


def test_taking_an_inspection_in_does_not_ask_the_log_what_it_has_just_written(world: World) -> None:
    world.inspect({})
    asked: list[str] = []

    def keep(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        assert world.inspect({"S-01-05": []})["receipt"]["log"]
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    of_log = [statement.split()[0] for statement in asked if "audit_" in statement]
    assert of_log == ["SELECT", "INSERT", "INSERT", "UPDATE"]


# ---- all of it


def test_all_of_both_logs_is_told_in_the_order_of_chains_and_numbers(world: World) -> None:
    world.inspect({})
    report(world)
    changes_password(world, "league")
    changes_password(world, "bureau")
    world.sweep()
    told = list(said(world))
    apart = [one for one in told if one[0].endswith("-lead")]
    assert apart == sorted(apart) != []
    assert told == sorted(set(told) - set(apart)) + apart
    with world.context() as ctx:
        chains = [head.chain for head in audit.heads_for_system(ctx.session)]
        assert chain_faults(ctx) == []
    assert chains == sorted({chain for chain, _ in told})


def test_what_is_said_without_an_entry_is_found_in_its_order(world: World) -> None:
    report(world)
    with world.context() as ctx:
        for chain, number in (("150103", 2), ("150102-lead", 9), ("150103", 1)):
            row = f"('{chain}', {number}, '00', '{{}}')"
            ctx.session.execute(text(f"INSERT INTO audit_detail (chain, number, salt, detail) VALUES {row}"))
        ctx.session.commit()
        loose = list(audit.loose_details_for_system(ctx.session))
    assert loose == [("150102-lead", 9), ("150103", 1), ("150103", 2)]


def test_a_phone_is_told_so_many_entries_at_a_time(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        sqlite_world.inspect({})
    monkeypatch.setattr(reading, "MOST_LEAVES", 2)
    inspector, at, seen = sqlite_world.person("inspector"), 0, []
    while True:
        on = inspector.get(f"/sync?log={at}").json["log"]
        seen += on["leaves"]
        at = on["number"]
        assert len(on["leaves"]) <= 2
        if not on["more"]:
            break
    assert len(seen) == len(set(seen)) == at >= 5
    assert inspector.get("/sync").json["log"]["number"] == at


# ---- what is erased


def test_an_erasure_takes_what_old_entries_say_in_every_chain_and_nothing_else(world: World) -> None:
    asks(world, "inspector", 5)
    asks(world, "league", 1)
    report(world)
    with world.context() as ctx:
        signed = sign_heads(ctx)
    before = world.clock.now() + KEPT
    world.clock.go(seconds=1)
    asks(world, "bureau", 1)  # one moment younger
    world.clock.go(seconds=KEPT.total_seconds() - 1)
    assert world.clock.now() == before
    asks(world, "league", 6)
    with world.context() as ctx:
        assert erase_old_details(ctx, KEPT) == 0  # as old as they are kept, and no older
        world.clock.go(seconds=1)
        assert erase_old_details(ctx, KEPT) == 4
        assert chain_faults(ctx) == []
    gone = [one for one, detail in said(world).items() if detail is None and one[0] != "system"]
    assert gone == [*(("150100", 1), *(("150102", number) for number in range(1, 6))), ("150102-lead", 1)]
    with world.context() as ctx:
        told = audit.everything_for_system(ctx.session)
        about = [detail for entry, _, detail, _ in told if entry.action == "sign_head"]
    assert (len(about), about.count(None)) == (signed, 0)  # what was signed is known for ever


# ---- what is found


def test_a_filter_stands_for_itself(sqlite_world: World) -> None:
    made = sqlite_world.inspect({"S-01-05": []})
    other = sqlite_world.inspect({})
    sqlite_world.issue(made["id"])
    auditor = Clerk(sqlite_world, "auditor")
    for pattern in ("%25", "_"):
        assert "没有符合条件的记录" in auditor.open(f"/log?q={pattern}").text
    notices = auditor.open("/log?kind=notice").html
    assert (made["id"] in notices, notices.count("<tr>")) == (False, 2)
    about = auditor.open(f"/log?object={other['id']}").html
    assert (other["id"] in about, made["id"] in about) == (True, False)


def test_a_day_lasts_to_its_end_and_begins_with_its_first_moment(world: World) -> None:
    midnight = world.clock.start_of(world.today + timedelta(days=1))
    for seconds in (-1, 0):
        world.clock.go(seconds=(midnight - world.clock.now()).total_seconds() + seconds)
        asks(world, "bureau", 1)
    auditor = Clerk(world, "auditor")
    for back, rows in ((2, 0), (1, 1), (0, 1)):
        day = (world.today - timedelta(days=back)).isoformat()
        assert max(auditor.open(f"/log?from={day}&to={day}&kind=photo").html.count("<tr>") - 1, 0) == rows


def test_what_an_account_has_read_is_told_of_both_logs_and_of_nobody_else(world: World) -> None:
    photo = jpeg()
    lead = report(world).json["id"]
    for who in ("inspector", "procurator"):
        assert world.person(who).upload(photo).status_code == 201
    for who, purpose in (("procurator", "第二"), ("inspector", "他人"), ("procurator", "第三")):
        assert world.person(who).get(f"/photos/{sha256(photo)}?purpose={purpose}").status_code == 200
        assert read(world, lead, who, purpose).status_code == 200
        world.clock.go(days=-1)  # a clock that was set back
    with world.context() as ctx:
        _, *told = reading.reads_of(ctx, "procurator")
    assert [(row[3], row[5]) for row in told] == [("read_original", sha256(photo))] * 2 + [("read_lead", lead)] * 2
    assert ["第三" in row[6] for row in told] == [True, False, True, False]  # by their moments
    assert not any("他人" in row[6] for row in told)


def test_the_last_of_its_kind_is_the_newest_of_all_chains(world: World) -> None:
    for who in ("neighbour", "bureau", "league", "inspector"):
        asks(world, who, 1)
    changes_password(world, "bureau")
    with world.context() as ctx:
        last = audit.last_for_system(ctx.session, "looked")
        assert last is not None
        assert (last.chain, str(last.actor_id)) == ("150102", world.person("inspector").id)
        assert last.seq == max(ctx.session.scalars(select(audit.AuditRow.seq))) - 1
        assert audit.last_for_system(ctx.session, "never") is None


def test_a_record_that_the_log_does_not_know_is_found(world: World) -> None:
    photo = jpeg()
    world.person("inspector").upload(photo)
    fixed = {"fact": "已更换", "fixed_on_the_spot": {"note": "当场更换", "photos": [sha256(photo)]}}
    made = world.inspect({"S-01-05": [], "S-03-01": [fixed]}, photos={sha256(photo): {}})
    notice = world.issue(made["id"])
    proof = world.prove(made["problems"][0]["id"])
    records = {"submit_inspection": made["id"], "issue_notice": notice["id"], "submit_rectification": proof["id"]}
    with world.context() as ctx:
        assert list(mission.unrecorded_for_system(ctx.session)) == []
    for action, identifier in records.items():
        kind, _ = mission.RECORDED[action]
        for about in ("object_kind = 'photo'", f"object_kind = '{kind}', action = 'looked'"):
            behind_its_back(world, f"UPDATE audit_log SET {about} WHERE action = '{action}'")
            with world.context() as ctx:
                assert (action, UUID(identifier)) in mission.unrecorded_for_system(ctx.session)
    with world.context() as ctx:
        assert {action: str(one) for action, one in mission.unrecorded_for_system(ctx.session)} == records
