"""Leads: who reports them, who reads what of them and with which trace, how they move on, and what is left of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from inspection.actions.lead_keys import propose_transfers
from inspection.domain.actor import Grant
from inspection.domain.leads import KINDS, STATES, may_follow
from inspection.storage.audit import AuditDetailRow, LeadLogRow
from inspection.storage.unit import unit
from tests.support.leads import CANARIES, HANDLER, STEPS, key_file, lead_body, lead_in, read, report, step
from tests.support.world import World, new_id

OTHERS = ("bureau", "league", "school", "kindergarten", "stranger", "congress", "sysadmin", "secadmin", "auditor")


def lead_log(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """(action, object, what it says) of every entry about leads, in the order of the chains."""
    said = (AuditDetailRow.chain == LeadLogRow.chain) & (AuditDetailRow.number == LeadLogRow.number)
    columns = select(LeadLogRow.action, LeadLogRow.object_id, AuditDetailRow.detail).join(AuditDetailRow, said)
    with world.context() as ctx:
        rows = ctx.session.execute(columns.order_by(LeadLogRow.at, LeadLogRow.chain, LeadLogRow.number)).all()
    return [(action, object_id, json.loads(detail)) for action, object_id, detail in rows]


def test_a_lead_is_taken_in_once_and_answered_again(world: World) -> None:
    lead_id, body = new_id(), lead_body(world)
    me = world.person("inspector")
    first, again = me.put(f"/leads/{lead_id}", body), me.put(f"/leads/{lead_id}", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["state"] == "created"
    assert first.json["content"] is None
    other = me.put(f"/leads/{lead_id}", lead_body(world, text="另一件"))
    assert (other.status_code, other.json["code"]) == (409, "conflict")
    stranger = world.person("inspector2").put(f"/leads/{lead_id}", body)
    assert (stranger.status_code, stranger.json["code"]) == (409, "conflict")
    assert not any(canary in stranger.text for canary in CANARIES)
    assert [entry[0] for entry in lead_log(world)] == ["report_lead"]


def test_the_call_to_the_police_is_where_it_begins(world: World) -> None:
    at = world.clock.local(world.clock.now()).isoformat()
    assert report(world, police_called_at=at, police_receipt="110-7").json["state"] == "called"
    wrong = report(world, police_receipt="110-7")
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/police_called_at")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"child_name": "x"}, "/child_name", "unknown_key"),
        ({"photos": []}, "/photos", "unknown_key"),
        ({"category": "theft"}, "/category", "not_a_choice"),
        ({"child_safe_now": "maybe"}, "/child_safe_now", "not_a_choice"),
        ({"child_safe_now": True}, "/child_safe_now", "wrong_type"),
        ({"text": "长" * 501}, "/text", "length"),
        ({"text": None}, "/text", "null_not_allowed"),
        ({"place": "长" * 61}, "/place", "length"),
        ({"place": " "}, "/place", "required"),
        ({"observed_at": "2026-11-23T10:00:00"}, "/observed_at", "offset_missing"),
    ],
)
def test_what_is_malformed_is_refused_where_it_stands(
    sqlite_world: World, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = report(sqlite_world, **change)
    assert answer.status_code == 422
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def test_a_body_that_is_mostly_nothing_is_refused_and_the_longest_honest_one_is_not(sqlite_world: World) -> None:
    me = sqlite_world.person("inspector")
    blown = json.dumps(lead_body(sqlite_world)).encode() + b" " * 9000
    assert me.put(f"/leads/{new_id()}", blown).status_code == 422
    longest = lead_body(sqlite_world, text="\U0001f6a8" * 500, place="楼" * 60, police_receipt=None)
    escaped = json.dumps(longest).encode()  # every character written as two escapes
    assert me.put(f"/leads/{new_id()}", escaped).status_code == 201


def test_what_points_to_a_child_is_flagged_and_never_refused(world: World) -> None:
    made = report(world, place="高一3班", text="学生姓名见附件，13912345678，身份证150102201205061234")
    assert made.status_code == 201
    assert made.json["flags"] == [
        {"code": "class_named", "pointer": "/place"},
        {"code": "identity_number", "pointer": "/text"},
        {"code": "phone_number", "pointer": "/text"},
        {"code": "person_named", "pointer": "/text"},
    ]
    said = step(world, made.json["id"], "note", text="三年级")
    assert said.json["flags"] == [{"code": "class_named", "pointer": "/text"}]


def test_only_within_ones_region(world: World) -> None:
    foreign, absent = report(world, of=6), report(world, institution_id=new_id())
    assert foreign.status_code == absent.status_code == 404
    assert {**foreign.json, "request_id": ""} == {**absent.json, "request_id": ""}
    assert world.told(HANDLER) == []


def test_what_was_seen_is_reported_after_the_role_and_after_the_institution_moved(world: World) -> None:
    change = {"kind": "move", "region_code": "150103", "effective_on": world.today.isoformat(), "reason": "划转"}
    assert world.person("league").put(f"/institutions/{world.places[0]}/changes/{new_id()}", change).status_code == 201
    moved = report(world)
    assert (moved.status_code, moved.json["region_code"]) == (201, "150103")
    end_roles(world, "inspector2")
    assert report(world, "inspector2", of=1).status_code == 201
    world.clock.go(days=15)
    assert report(world, "inspector2", of=1).status_code == 403
    assert report(world).status_code == 404


def end_roles(world: World, username: str) -> None:
    who = "(SELECT id FROM user_account WHERE username = :name)"
    statement = f"UPDATE user_role SET ended_at = :at WHERE ended_at IS NULL AND user_id = {who}"
    with world.context() as ctx, unit(ctx.session) as session:
        at = world.clock.now()
        session.execute(text(statement), {"at": at.replace(tzinfo=None), "name": username})


def test_its_handlers_are_told_that_something_waits_and_nobody_else_anything(world: World) -> None:
    world.employ("far-handler", Grant("lead_handler", "150103"))
    world.employ("city-handler", Grant("lead_handler", "150100"))
    report(world)
    for who in (HANDLER, "city-handler"):
        (told,) = world.person(who).get("/notifications", headers={"Accept-Language": "zh-CN"}).json["items"]
        assert (told["kind"], told["problem_id"], told["params"], told["text"]) == ("pending", None, {}, "您有一条待办")
    for who in (*OTHERS, "inspector", "inspector2", "far-handler"):
        assert world.told(who) == [], who


def test_that_something_waits_is_not_handed_over_with_the_rest(world: World) -> None:
    report(world)
    people = {"from_user_id": world.person(HANDLER).id, "to_user_id": world.person("demo-inspector-hm").id}
    body = {**people, "reason": "调离", "signed_by": "陈立衡"}
    moved = world.person("secadmin").put(f"/handovers/{new_id()}", body)
    assert (moved.status_code, moved.json["notices"]) == (201, 0), moved.json
    assert ("pending", None) not in world.told("demo-inspector-hm")


def test_where_nobody_handles_leads_its_sender_is_told_so(world: World) -> None:
    end_roles(world, HANDLER)
    assert {"code": "nobody_handles"} in report(world).json["flags"]


def test_reading_that_something_waits_stands_in_the_log_of_leads_alone(world: World) -> None:
    report(world)
    report(world)
    handler = world.person(HANDLER)
    newest, oldest = handler.get("/notifications").json["items"]
    assert handler.put(f"/notifications/{oldest['id']}/read", {}).status_code == 200
    assert handler.put(f"/notifications/{newest['id']}/read", {}).status_code == 200
    assert world.logged("read_notification") == []
    assert [entry[0] for entry in lead_log(world)].count("read_notification") == 2


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_elses_role_opens_any_address_of_leads(world: World, who: str) -> None:
    lead_id = lead_in(world, "called")
    person = world.person(who)
    answers = [
        [
            person.get("/leads"),
            person.get(f"/leads/{known}?purpose=x"),
            person.put(f"/leads/{known}", lead_body(world)),
            person.put(f"/leads/{known}/steps/{new_id()}", {"kind": "note"}),
        ]
        for known in (lead_id, new_id())
    ]
    for real, nothing in zip(*answers, strict=True):
        assert real.status_code == nothing.status_code == 403
        assert {**real.json, "request_id": ""} == {**nothing.json, "request_id": ""}


def test_out_of_scope_is_as_if_there_were_none(world: World) -> None:
    lead_id = lead_in(world, "called")
    world.employ("far-handler", Grant("lead_handler", "150103"))
    world.employ("both", Grant("lead_handler", "150103"), Grant("reviewer", "150102"))
    for who in ("inspector2", "far-handler", "demo-inspector-hm", "both"):
        person = world.person(who)
        assert person.get("/leads").json["items"] == []
        real, nothing = person.get(f"/leads/{lead_id}?purpose=x"), person.get(f"/leads/{new_id()}?purpose=x")
        assert real.status_code == nothing.status_code == 404
        assert {**real.json, "request_id": ""} == {**nothing.json, "request_id": ""}
        assert step(world, lead_id, "note", who).status_code == 404


def test_its_handlers_read_it_with_a_purpose_that_stays_on_record(world: World) -> None:
    lead_id = lead_in(world, "called")
    refused = read(world, lead_id, purpose=None)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/purpose")
    assert read(world, lead_id, purpose="%20").status_code == 422
    assert "read_lead" not in [entry[0] for entry in lead_log(world)]
    shown = read(world, lead_id).json
    content = shown["content"]
    assert content["institution"] == "云杉第一中学"
    assert content["by"] == "苏和"
    assert content["text"] == lead_body(world)["text"]
    assert content["category"] == "injury_or_abuse"
    assert [(one["kind"], one["by"], one["said"]) for one in content["steps"]] == [
        ("police_called", "陈立衡", STEPS["police_called"])
    ]
    (entry,) = [entry for entry in lead_log(world) if entry[0] == "read_lead"]
    assert entry == ("read_lead", lead_id, {"purpose": "办理"})


def test_who_reported_it_reads_it_until_the_hand_over_and_its_state_afterwards(world: World) -> None:
    lead_id = lead_in(world, "called")
    assert read(world, lead_id, "inspector", purpose=None).status_code == 422
    assert read(world, lead_id, "inspector").json["content"]["text"] == lead_body(world)["text"]
    assert step(world, lead_id, "handed_over", "inspector").status_code == 201
    seen = read(world, lead_id, "inspector", purpose=None)
    assert (seen.status_code, seen.json["state"], seen.json["content"]) == (200, "handed_over", None)
    assert [line["id"] for line in world.person("inspector").get("/leads").json["items"]] == [lead_id]
    refused = step(world, lead_id, "followed", "inspector")
    assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")
    assert step(world, lead_id, "note", "inspector").status_code == 403


def test_a_hold_is_not_for_who_reported_it(world: World) -> None:
    lead_id = lead_in(world, "created")
    assert step(world, lead_id, "held", "inspector").status_code == 403


def test_a_handler_whose_role_ended_or_is_elsewhere_sees_nothing(world: World) -> None:
    lead_id = lead_in(world, "called")
    moved = world.employ("moved", Grant("lead_handler", "150102"))
    assert moved.get(f"/leads/{lead_id}?purpose=x").status_code == 200
    end_roles(world, "moved")
    assert moved.get(f"/leads/{lead_id}?purpose=x").status_code == 403
    assert step(world, lead_id, "note", "moved").status_code == 403


@pytest.mark.parametrize("state", STATES)
def test_every_step_in_every_state(world: World, state: str) -> None:
    for kind in KINDS:
        if may_follow(kind, state, held=False):
            continue
        lead_id = lead_in(world, state)
        before = world.person(HANDLER).get("/leads").json["items"][0]
        refused = step(world, lead_id, kind)
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state"), kind
        assert world.person(HANDLER).get("/leads").json["items"][0] == before


def test_a_step_is_taken_once_and_answered_again(world: World) -> None:
    lead_id, step_id = lead_in(world, "created"), new_id()
    first, again = (step(world, lead_id, "police_called", step_id=step_id) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert step(world, lead_id, "police_called", step_id=step_id, agency="别处").status_code == 409
    assert step(world, lead_id, "police_called", "inspector", step_id=step_id).status_code == 409
    other = lead_in(world, "created")
    assert step(world, other, "police_called", step_id=step_id).status_code == 409


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"agency": "x"}, "/agency", "unknown_key"),
        ({"text": "长" * 501}, "/text", "length"),
        ({"kind": "closed"}, "/kind", "not_a_choice"),
        ({"at": None}, "/at", "null_not_allowed"),
    ],
)
def test_a_step_with_faults_is_not_taken(sqlite_world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    lead_id = lead_in(sqlite_world, "created")
    body = {"kind": "note", "at": "2026-11-23T10:00:00+08:00", "text": "已联系", **change}
    answer = sqlite_world.person(HANDLER).put(f"/leads/{lead_id}/steps/{new_id()}", body)
    assert answer.status_code == 422
    assert (pointer, code) in [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def test_with_the_case_file_everything_that_it_says_is_erased(world: World) -> None:
    lead_id = lead_in(world, "followed")
    step_id = new_id()
    done, again = (step(world, lead_id, "transferred", step_id=step_id) for _ in range(2))
    assert (done.status_code, again.status_code) == (201, 200)
    for who in (HANDLER, "inspector"):
        seen = read(world, lead_id, who).json
        assert (seen["state"], seen["erased"], seen["content"]) == ("transferred", True, None)
    with world.context() as ctx:
        contents = [
            *ctx.session.execute(text("SELECT content FROM lead")).scalars(),
            *ctx.session.execute(text("SELECT content FROM lead_step")).scalars(),
        ]
    assert contents == [None] * 5
    body = lead_body(world)
    assert world.person("inspector").put(f"/leads/{lead_id}", body).status_code == 200
    assert world.person("inspector2").put(f"/leads/{lead_id}", body).status_code == 409
    assert [entry[0] for entry in lead_log(world)][-2:] == ["step_lead", "erase_lead"]


def test_after_a_year_its_transfer_is_proposed_once_unless_it_is_held(world: World) -> None:
    free, held = lead_in(world, "followed"), lead_in(world, "handed_over")
    lead_in(world, "called")  # the police have not confirmed it
    assert step(world, held, "held").status_code == 201
    told = len(world.told(HANDLER))
    for days, proposed in ((364, 0), (2, 1), (1, 0)):
        world.clock.go(days=days)
        with world.context() as ctx:
            assert propose_transfers(ctx) == proposed
    assert world.told(HANDLER)[told:] == [("pending", None)]
    shown = {line["id"]: line["proposed_at"] for line in world.person(HANDLER).get("/leads").json["items"]}
    assert shown[free] is not None
    assert shown[held] is None
    assert step(world, held, "followed").status_code == 201
    assert step(world, held, "transferred").json["code"] == "wrong_state"
    assert step(world, held, "released").status_code == 201
    with world.context() as ctx:
        assert propose_transfers(ctx) == 1
    for lead_id in (free, held):
        assert step(world, lead_id, "transferred").json["erased"]


def test_everything_that_is_done_is_on_record_and_the_record_says_nothing(world: World) -> None:
    lead_id = lead_in(world, "transferred")
    entries = [(action, about) for action, about, _ in lead_log(world)]
    assert entries == [("report_lead", lead_id), *[("step_lead", lead_id)] * 4, ("erase_lead", lead_id)]
    said = str([detail for _, _, detail in lead_log(world)])
    assert not any(word in said for word in (*CANARIES, world.places[0], "injury_or_abuse"))
    with world.context() as ctx:
        kinds = ctx.session.execute(text("SELECT object_kind FROM audit_log")).scalars()
        assert "lead" not in set(kinds)


def test_a_failed_reading_is_not_on_record_as_one(sqlite_world: World) -> None:
    lead_id = lead_in(sqlite_world, "created")
    key_file(sqlite_world).unlink()
    assert read(sqlite_world, lead_id).status_code == 503
    assert "read_lead" not in [entry[0] for entry in lead_log(sqlite_world)]


def test_the_list_comes_in_pages_the_newest_first(world: World) -> None:
    made = []
    for _ in range(5):
        world.clock.go(minutes=1)
        made.append(report(world).json["id"])
    handler, seen, cursor = world.person(HANDLER), [], ""
    while cursor is not None:
        page = handler.get(f"/leads?limit=2{cursor and '&cursor=' + cursor}").json
        seen += [line["id"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    assert set(page["items"][0]) == {
        "id", "region_code", "state", "created_at", "moved_at", "handed_over_at", "proposed_at", "held", "erased",
    }  # fmt: skip


def test_the_moments_are_the_servers(world: World) -> None:
    made = report(world, observed_at="2030-01-01T00:00:00+08:00").json
    assert made["created_at"] == world.clock.local(world.clock.now()).isoformat()
    world.clock.go_to(world.today + timedelta(days=1))
    assert step(world, made["id"], "police_called").json["moved_at"] > made["moved_at"]
