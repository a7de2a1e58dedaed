"""Handing in an inspection: bound to its bytes, never lost, never doubled, never refused for being odd."""

from __future__ import annotations

import json

import pytest

from tests.support.world import World, jpeg, new_id, sha256


def test_an_inspection_is_received_and_its_findings_are_problems(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-03-04": [{"fact": "器材室未上锁", "place": "负一层", "quantity": 2}]})
    assert made["state"] == "complete"
    assert made["receipt"]["content_sha256"] == made["content_sha256"]
    assert len(made["receipt"]["code"]) == 9
    assert {(p["item_code"], p["status"], p["due_on"]) for p in made["problems"]} == {
        ("S-01-05", "found", None),
        ("S-03-04", "found", None),
    }
    assert made["issue_due_on"] == "2026-11-26"
    detail = world.problem(next(p["id"] for p in made["problems"] if p["item_code"] == "S-03-04"))
    assert (detail["text"], detail["place"], detail["quantity"]) == ("器材室未上锁", "负一层", 2)
    assert detail["holder"] == "issuer"
    assert [event["event"] for event in detail["timeline"]] == ["found"]


def test_the_same_bytes_again_are_answered_with_the_resource_as_it_is_now(world: World) -> None:
    inspector, address = world.person("inspector"), f"/inspections/{new_id()}"
    body = json.dumps(world.body(wrong={"S-01-05": []})).encode()
    first = inspector.put(address, body)
    world.issue(first.json["id"])
    again = inspector.put(address, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["problems"][0]["status"] == "open"
    assert len(again.json["problems"]) == 1


def test_other_bytes_or_another_person_on_the_same_id_are_a_conflict(world: World) -> None:
    address, body = f"/inspections/{new_id()}", world.body(wrong={"S-01-05": []})
    assert world.person("inspector").put(address, body).status_code == 201
    for who, sent in (("inspector", world.body()), ("inspector2", body)):
        response = world.person(who).put(address, sent)
        assert (response.status_code, response.json["code"]) == (409, "conflict")
        assert "problems" not in response.json
    unchanged = world.person("inspector").get(address).json
    assert [p["item_code"] for p in unchanged["problems"]] == ["S-01-05"]


def test_photos_follow_in_any_order_and_the_receipt_comes_with_the_last(world: World) -> None:
    inspector, photos = world.person("inspector"), [jpeg() for _ in range(3)]
    hashes = [sha256(photo) for photo in photos]
    assert inspector.upload(photos[1]).status_code == 201  # before the record that names it
    made = world.inspect(
        {"S-03-04": [{"fact": "未上锁", "photos": hashes[:2]}]}, photos={h: {"source": "camera"} for h in hashes}
    )
    assert made["state"] == "incomplete"
    assert made["missing_photos"] == sorted([hashes[0], hashes[2]])
    receipt = f"/inspections/{made['id']}/receipt"
    refused = inspector.get(receipt)
    assert (refused.status_code, refused.json["code"]) == (404, "no_receipt")
    inspector.upload(photos[2])
    world.person("school").upload(photos[0])  # the same bytes from somebody else do not complete his manifest
    assert inspector.get(f"/inspections/{made['id']}").json["missing_photos"] == [hashes[0]]
    assert inspector.upload(photos[0]).status_code == 201
    assert inspector.upload(photos[0]).status_code == 200
    assert inspector.get(receipt).json["photos"] == sorted(hashes)
    flags = {flag["code"] for flag in made["flags"]}
    assert "photo_unreferenced" in flags


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"participants": []}, "small_team"),
        ({"supersedes": new_id()}, "supersedes_nothing"),
        ({"assignment_id": new_id()}, "assignment_unknown"),
        ({"finished_at": "2026-11-25T10:00:00+08:00"}, "finished_in_future"),
        ({"started_at": "2026-11-23T12:00:00+08:00"}, "finished_before_started"),
        (
            {"started_at": "2026-10-01T09:00:00+08:00", "finished_at": "2026-10-01T10:00:00+08:00"},
            "late_receipt",
        ),
        ({"rechecks": [{"problem_id": new_id(), "fixed": True}]}, "recheck_unknown"),
        ({"answers": {}}, "answer_missing"),
    ],
)
def test_what_is_odd_is_flagged_and_kept(sqlite_world: World, changes: dict[str, object], flag: str) -> None:
    made = sqlite_world.inspect({}, **changes)
    assert flag in {one["code"] for one in made["flags"]}


def test_a_wrong_clock_is_flagged_and_changes_nothing(sqlite_world: World) -> None:
    response = sqlite_world.person("inspector").put(
        f"/inspections/{new_id()}",
        sqlite_world.body(wrong={"S-09-01": []}),
        headers={"X-Client-Clock": "2031-01-01T00:00:00+08:00", "X-Client-Version": "9.9"},
    )
    assert "clock_off" in {flag["code"] for flag in response.json["flags"]}
    assert response.json["problems"][0]["due_on"] == "2026-11-23"


def test_all_faults_of_shape_and_checklist_come_at_once_and_nothing_is_stored(world: World) -> None:
    body = world.body(wrong={"S-01-05": []})
    body["answers"]["S-01-05"] = {"value": "2026-02-30"}
    body["answers"]["S-99-99"] = {"value": "yes"}
    body["answers"]["S-10-01"] = {"value": "yes"}
    body["answers"]["S-02-02"] = {"value": "na"}
    body["answers"]["S-03-04"] = {"value": 0, "findings": [{"fact": "无"}]}
    body["answers"]["S-01-04"] = {"value": "no", "photos": ["a" * 64]}
    body["started_at"] = "2026-11-23T09:00:00"
    body["surprise"] = 1
    address = f"/inspections/{new_id()}"
    refused = world.person("inspector").put(address, body, headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert {(e["pointer"], e["code"]) for e in refused.json["errors"]} == {
        ("/surprise", "unknown_key"),
        ("/started_at", "offset_missing"),
        ("/answers/S-01-05/value", "date_malformed"),
        ("/answers/S-99-99", "unknown_item"),
        ("/answers/S-10-01", "red_line_r1"),
        ("/answers/S-02-02/reason", "na_reason_missing"),
        ("/answers/S-03-04/findings", "findings_on_passing"),
        ("/answers/S-01-04/photos/0", "photo_forbidden"),
        ("/answers/S-01-04/photos/0", "photo_not_in_manifest"),
    }
    assert refused.json["title"] == "The content has faults"
    assert world.person("inspector").get(address).status_code == 404
    assert world.person("bureau").get("/problems").json["items"] == []


def test_an_institution_out_of_scope_is_not_found_even_with_faults(world: World) -> None:
    for body in (world.body(place=6), {**world.body(place=6), "mode": "nonsense"}):
        response = world.person("inspector").put(f"/inspections/{new_id()}", body)
        assert (response.status_code, response.json["code"]) == (404, "not_found")


def test_r2_is_open_at_once_and_unit_and_bureau_are_told(world: World) -> None:
    answer = {"value": "no", "findings": [{"fact": "安全出口锁闭", "place": "三层东"}]}
    made = world.inspect({}, sections=[], answers={"S-09-01": answer})
    problem = made["problems"][0]
    assert (problem["status"], problem["due_on"]) == ("open", "2026-11-23")
    for who in ("school", "bureau"):
        assert world.told(who) == [("danger", problem["id"])]
    assert world.told("neighbour") == []
    assert "r2_without_call" in {flag["code"] for flag in made["flags"]}
    assert not [flag for flag in made["flags"] if flag["code"] == "answer_missing"]
    assert world.sweep().messages == 0  # the day's reminder is given thereby


def test_what_another_submission_of_the_visit_answered_is_not_missing(world: World) -> None:
    visit = new_id()
    ahead = world.inspect({"S-09-01": []}, sections=[], visit_id=visit, answers={"S-09-01": {"value": "no"}})
    body = world.body(visit_id=visit)
    del body["answers"]["S-09-01"], body["answers"]["S-01-05"]
    later = world.person("inspector2").put(f"/inspections/{new_id()}", body).json
    missing = [flag["pointer"] for flag in later["flags"] if flag["code"] == "answer_missing"]
    assert missing == ["/answers/S-01-05"]
    assert ahead["problems"][0]["status"] == "open"


def test_a_zero_day_finding_is_open_that_day(world: World) -> None:
    made = world.inspect({"S-05-04": [{"fact": "一键报警失灵", "due_days": 0}]})
    assert (made["problems"][0]["status"], made["problems"][0]["due_on"]) == ("open", "2026-11-23")
    assert world.told("school") == [("due_today", made["problems"][0]["id"])]


def test_findings_without_an_item_are_problems_too(world: World) -> None:
    finding = {"fact": "围墙外有深坑", "severity": "critical", "due_days": 3}
    made = world.inspect({}, other_findings=[finding])
    assert [(p["item_code"], p["severity"]) for p in made["problems"]] == [(None, "critical")]


def test_a_recheck_is_an_event_and_changes_no_state(world: World) -> None:
    problem = world.open_problem()
    photo = jpeg()
    world.inspect(
        {},
        rechecks=[{"problem_id": problem["id"], "fixed": True, "note": "已改", "photos": [sha256(photo)]}],
        photos={sha256(photo): {}},
    )
    after = world.problem(problem["id"])
    assert after["status"] == "open"
    assert [e["event"] for e in after["timeline"]] == ["found", "issued", "rechecked"]
    assert after["timeline"][-1]["fixed"] is True


def test_the_unit_sees_its_findings_but_neither_flags_nor_the_submission(world: World) -> None:
    made = world.inspect({"S-01-05": []}, participants=[])
    seen = world.person("school").get(f"/inspections/{made['id']}").json
    assert seen["problems"][0]["status"] == "found"
    assert (seen["flags"], seen["submission"]) == ([], None)
    team = world.person("inspector2").get(f"/inspections/{made['id']}").json
    assert team["submission"]["answers"]["S-01-05"]["value"] == "2024-09-14"


def test_without_attributes_the_profile_says_what_applies(sqlite_world: World) -> None:
    body = sqlite_world.body(0, {"S-04-02": []})
    given = sqlite_world.person("inspector").put(f"/inspections/{new_id()}", body).json["flags"]
    del body["attributes"]
    body["visit_id"] = new_id()
    silent = sqlite_world.person("inspector").put(f"/inspections/{new_id()}", body).json["flags"]
    assert silent == given
    day_school = sqlite_world.inspect({"S-04-02": []}, attributes={})["flags"]
    assert ("item_not_applicable", "/answers/S-04-02") in {(flag["code"], flag["pointer"]) for flag in day_school}


def test_nothing_was_inspected_after_it_was_received(sqlite_world: World) -> None:
    made = sqlite_world.inspect({}, started_at="2030-01-01T09:00:00+08:00", finished_at="2030-01-01T10:00:00+08:00")
    seen = sqlite_world.person("bureau").get(f"/inspections/{made['id']}").json
    assert seen["inspected_on"] == sqlite_world.today.isoformat()
    assert "finished_in_future" in {flag["code"] for flag in seen["flags"]}
