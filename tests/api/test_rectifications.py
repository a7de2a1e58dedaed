"""Proofs and reviews: rounds, photo rules, four eyes, and the proof that never became whole."""

from __future__ import annotations

import json

import pytest

from tests.support.world import World, jpeg, new_id, sha256


def test_the_whole_story_of_one_problem(world: World) -> None:
    problem = world.open_problem()
    world.clock.go(days=2)
    photo = jpeg()
    proof = world.prove(problem["id"], [sha256(photo)])
    assert (proof["state"], proof["missing_photos"], proof["problem_status"]) == (
        "incomplete",
        [sha256(photo)],
        "submitted",
    )
    early = world.review(problem["id"], proof["id"], "accept")
    assert (early.status_code, early.json["code"]) == (409, "proof_incomplete")
    assert world.person("school").upload(photo).status_code == 201
    assert world.told("bureau") == [("proof_received", problem["id"])]
    waiting = world.problem(problem["id"])
    assert (waiting["clocks"]["holder"], waiting["clocks"]["until"]) == ("reviewer", "2026-12-02")
    returned = world.review(problem["id"], proof["id"], "return", comment="照片不清楚")
    assert returned.status_code == 201
    assert (returned.json["problem"]["status"], returned.json["problem"]["round"]) == ("open", 2)
    assert returned.json["problem"]["due_on"] == "2026-12-23"  # the old date is later than a week from today
    world.clock.go(days=1)
    again = world.prove(problem["id"])
    assert again["receipt"]["content_sha256"] == again["content_sha256"]
    closed = world.review(problem["id"], again["id"], "accept")
    assert (closed.status_code, closed.json["problem"]["status"]) == (201, "closed")
    story = world.problem(problem["id"])
    assert [e["event"] for e in story["timeline"]] == [
        *("found", "issued", "submitted", "proof_whole", "returned", "submitted", "accepted")
    ]
    assert [(r["round"], r["outcome"]) for r in story["rounds"]] == [(1, "returned"), (2, "accepted")]
    assert story["rounds"][0]["reviews"][0]["comment"] == "照片不清楚"
    assert (story["closed_on_time"], story["clocks"]["until"]) == (True, None)
    assert [kind for kind, _ in world.told("school")] == ["notice_issued", "returned", "accepted"]


def test_the_same_proof_and_review_again_change_nothing(world: World) -> None:
    problem, school, bureau = world.open_problem(), world.person("school"), world.person("bureau")
    proof_id, review_id = new_id(), new_id()
    proof = json.dumps({"description": "已改", "completed_on": "2026-11-23"}).encode()
    address = f"/problems/{problem['id']}/rectifications/{proof_id}"
    assert [school.put(address, proof).status_code for _ in range(2)] == [201, 200]
    assert school.put(address, proof + b"\n").json["code"] == "conflict"
    review = json.dumps({"rectification_id": proof_id, "decision": "accept", "comment": "", "method": "desk"}).encode()
    address = f"/problems/{problem['id']}/reviews/{review_id}"
    assert [bureau.put(address, review).status_code for _ in range(2)] == [201, 200]
    assert bureau.put(address, review + b"\n").json["code"] == "conflict"
    assert [e["event"] for e in world.problem(problem["id"])["timeline"]] == [
        "found",
        "issued",
        "submitted",
        "accepted",
    ]


@pytest.mark.parametrize(
    ("code", "photos", "pointer", "fault"),
    [("S-03-04", 0, "/photos", "photo_required"), ("S-02-06", 1, "/photos/", "photo_forbidden")],
)
def test_photo_rules_of_proofs(world: World, code: str, photos: int, pointer: str, fault: str) -> None:
    problem = world.open_problem(code)
    hashes = [sha256(jpeg()) for _ in range(photos)]
    body = {"description": "已改", "completed_on": "2026-11-23", "photos": {h: {} for h in hashes}}
    refused = world.person("school").put(f"/problems/{problem['id']}/rectifications/{new_id()}", body)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [(pointer + "".join(hashes), fault)]
    assert world.problem(problem["id"])["status"] == "open"


def test_a_proof_is_only_for_what_is_open(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    body = {"description": "已改", "completed_on": "2026-11-23"}
    found = world.person("school").put(f"/problems/{made['problems'][0]['id']}/rectifications/{new_id()}", body)
    assert (found.status_code, found.json["code"], found.json["problem_status"]) == (409, "wrong_state", "found")


def test_a_return_needs_its_reason_and_no_past_date(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    refused = world.review(problem["id"], proof["id"], "return", comment=" ", new_due_on="2026-11-01")
    assert {(e["pointer"], e["code"]) for e in refused.json["errors"]} == {
        ("/comment", "comment_required"),
        ("/new_due_on", "date_in_past"),
    }
    decided = world.review(problem["id"], proof["id"], "return", new_due_on="2026-11-28")
    assert decided.json["problem"]["due_on"] == "2026-11-28"  # a Saturday, decided by a person


def test_a_return_after_the_date_gives_a_few_days_and_does_not_make_it_on_time(world: World) -> None:
    problem = world.open_problem("S-02-06")  # due on the 26th
    world.clock.go(days=4)
    late = world.prove(problem["id"])
    assert "late_receipt" in {flag["code"] for flag in late["flags"]}
    returned = world.review(problem["id"], late["id"], "return").json["problem"]
    assert returned["due_on"] == "2026-11-30"
    again = world.prove(problem["id"])
    world.review(problem["id"], again["id"], "accept")
    assert world.problem(problem["id"])["closed_on_time"] is False


def test_a_critical_problem_closes_on_site_by_two(world: World) -> None:
    problem = world.open_problem("S-04-01")
    photo = jpeg()
    world.person("school").upload(photo)
    proof = world.prove(problem["id"], [sha256(photo)])
    desk = world.review(problem["id"], proof["id"], "accept")
    assert {(e["pointer"], e["code"]) for e in desk.json["errors"]} == {
        ("/method", "needs_on_site"),
        ("/second_reviewer", "needs_second_reviewer"),
    }
    ids = {who: world.person(who).id for who in ("bureau", "inspector", "school", "neighbour", "inspector2")}
    for unfit in ("bureau", "inspector", "school", "neighbour"):
        refused = world.review(problem["id"], proof["id"], "accept", method="on_site", second_reviewer=ids[unfit])
        assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [
            ("/second_reviewer", "second_reviewer_not_fit")
        ], unfit
    assert world.problem(problem["id"])["status"] == "submitted"
    closed = world.review(problem["id"], proof["id"], "accept", method="on_site", second_reviewer=ids["inspector2"])
    assert closed.json["problem"]["status"] == "closed"


def test_who_inspected_does_not_close_but_may_return(world: World) -> None:
    bureau = world.person("bureau")
    me = {"user_id": bureau.id, "name": "乌兰", "organisation": "教育局"}
    made = world.inspect({"S-09-01": [{"fact": "锁闭"}]}, participants=[me])
    problem_id, photo = made["problems"][0]["id"], jpeg()
    world.person("school").upload(photo)
    proof = world.prove(problem_id, [sha256(photo)])
    assert [move["action"] for move in world.problem(problem_id)["moves"]] == ["return"]
    refused = world.review(
        problem_id, proof["id"], "accept", method="on_site", second_reviewer=world.person("inspector2").id
    )
    assert (refused.status_code, refused.json["code"]) == (409, "four_eyes")
    assert world.review(problem_id, proof["id"], "return").json["problem"]["status"] == "open"


def test_a_proof_not_whole_after_three_days_lapses_and_counts_again_when_whole(world: World) -> None:
    problem, photo = world.open_problem(), jpeg()
    proof = world.prove(problem["id"], [sha256(photo)])
    world.clock.go(days=3)
    world.sweep()
    assert world.problem(problem["id"])["status"] == "submitted"
    world.clock.go(days=1)
    assert world.sweep().lapsed == 1
    lapsed = world.problem(problem["id"])
    assert (lapsed["status"], lapsed["round"], lapsed["due_on"]) == ("open", 1, problem["due_on"])
    assert lapsed["timeline"][-1]["event"] == "proof_incomplete"
    assert world.told("school")[-1] == ("proof_incomplete", problem["id"])
    world.person("school").upload(photo)
    whole = world.problem(problem["id"])
    assert (whole["status"], whole["rounds"][0]["outcome"]) == ("submitted", None)
    assert world.review(problem["id"], proof["id"], "accept").json["problem"]["status"] == "closed"


def test_what_was_fixed_on_the_spot_is_a_proof_and_returned_it_is_a_finding_again(world: World) -> None:
    photo = jpeg()
    fixed = {"note": "当场张贴", "photos": [sha256(photo)]}
    made = world.inspect({"S-03-05": [{"fact": "未张贴", "fixed_on_the_spot": fixed}]}, photos={sha256(photo): {}})
    problem_id = made["problems"][0]["id"]
    assert made["problems"][0]["status"] == "submitted"
    world.person("inspector").upload(photo)
    proof = world.problem(problem_id)["rounds"][0]
    assert (proof["on_the_spot"], proof["state"]) == (True, "complete")
    returned = world.review(problem_id, proof["id"], "return").json["problem"]
    assert (returned["status"], returned["holder"], returned["clock_on"]) == ("found", "issuer", "2026-11-26")
    world.issue(made["id"])
    assert world.problem(problem_id)["status"] == "open"


def test_an_r2_fixed_on_the_spot_and_returned_is_open(world: World) -> None:
    made = world.inspect({"S-09-01": [{"fact": "锁闭", "fixed_on_the_spot": {"note": "当场打开"}}]})
    problem_id = made["problems"][0]["id"]
    proof = world.problem(problem_id)["rounds"][0]
    returned = world.review(problem_id, proof["id"], "return").json["problem"]
    assert (returned["status"], returned["due_on"]) == ("open", "2026-11-23")


def test_a_pdf_is_a_proof_served_as_an_attachment_and_never_rendered(world: World) -> None:
    problem, data = world.open_problem(), b"%PDF-1.7\n%%EOF\n"
    school = world.person("school")
    assert school.upload(data, content_type="application/pdf").status_code == 201
    world.prove(problem["id"], [sha256(data)])
    assert world.person("bureau").get(f"/photos/{sha256(data)}/thumbnail").json["code"] == "no_preview"
    original = world.person("bureau").get(f"/photos/{sha256(data)}?purpose=review")
    assert (original.data, original.content_type) == (data, "application/pdf")
    assert original.headers["Content-Disposition"].startswith("attachment")
    other = b"%PDF-1.4\n%%EOF\n"
    assert world.person("inspector").upload(other, content_type="application/pdf").status_code == 415


def test_two_reviews_at_once_one_wins(world: World) -> None:
    problem = world.open_problem()
    proof = world.prove(problem["id"])
    first = world.review(problem["id"], proof["id"], "accept")
    second = world.review(problem["id"], proof["id"], "return")
    assert (first.status_code, second.status_code, second.json["code"]) == (201, 409, "wrong_state")
