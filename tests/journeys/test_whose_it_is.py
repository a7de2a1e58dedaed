"""Whose a thing is: what is decided under which address and by whom, what goes to whom, and who hears of it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text

from inspection.actions.accounts import role_row
from inspection.domain.actor import Grant
from inspection.storage import accounts
from inspection.storage.accounts import RoleRow
from inspection.storage.db import db
from tests.journeys.test_handovers import hand_over
from tests.journeys.test_institution_changes import messages
from tests.journeys.test_petitions import ask, decide
from tests.journeys.test_planning import state_of
from tests.journeys.test_turns import order
from tests.journeys.test_withdrawals import AGREE, texts_of, withdraw
from tests.journeys.test_withdrawals import ask as ask_withdrawal
from tests.support.desk import Clerk
from tests.support.institutions import A, B, C, change, faults, institution, merge, open_problem
from tests.support.visits import flags, plan
from tests.support.world import World, jpeg, new_id, sha256

TO_DEPARTMENT = {"responsible": {"kind": "department", "name": "住建局"}, "reason": "职责所在"}
HANDED_BACK = {"responsible": {"kind": "institution"}, "reason": "属本校"}


def colleague(world: World) -> str:
    """The user name of a second reviewer of the region."""
    world.employ("second-reviewer", Grant("reviewer", "150102"))
    return "second-reviewer"


def withdrawals(world: World, inspection_id: str, who: str = "bureau") -> list[dict[str, str]]:
    return list(world.person(who).get(f"/inspections/{inspection_id}").json["withdrawals"])


# ---- under its own address


def test_an_institution_is_not_merged_into_itself(world: World) -> None:
    assert faults(merge(world, B, B)) == [("/successor_id", "unknown_institution")]
    assert (institution(world, B)["closed_on"], institution(world, B)["changes"]) == (None, [])


@pytest.mark.parametrize("kind", ["extensions", "objections"])
def test_a_petition_is_decided_under_its_own_problem(world: World, kind: str) -> None:
    mine, other = (open_problem(world, place) for place in (B, A))
    world.employ("second-unit", Grant("unit", None, UUID(world.places[A])))
    asked = ask(world, mine, kind).json["petition"]["id"]
    assert ask(world, other, kind, who="second-unit").status_code == 201
    assert decide(world, other, kind, asked, "deny").status_code == 404
    assert [petition["state"] for one in (mine, other) for petition in world.problem(one)["petitions"]] == [
        "pending",
        "pending",
    ]


@pytest.mark.parametrize(("kind", "other"), [("extensions", "objections"), ("objections", "extensions")])
def test_a_petition_is_decided_as_what_it_is(world: World, kind: str, other: str) -> None:
    problem_id = open_problem(world, B)
    asked = ask(world, problem_id, kind).json["petition"]["id"]
    assert decide(world, problem_id, other, asked, "deny").status_code == 404
    assert world.problem(problem_id)["petitions"][0]["state"] == "pending"


def test_a_withdrawal_is_decided_under_its_own_inspection(world: World) -> None:
    wrong, right = (world.inspect({"S-01-05": []})["id"] for _ in range(2))
    withdrawal_id = ask_withdrawal(world, wrong).split("/")[4]
    address = f"/inspections/{right}/withdrawals/{withdrawal_id}/decision"
    assert world.person("bureau").put(address, AGREE).status_code == 404
    assert [one["state"] for one in withdrawals(world, wrong)] == ["pending"]
    assert world.person("bureau").get(f"/inspections/{right}").json["withdrawn_at"] is None


def test_what_is_out_of_sight_is_not_superseded(world: World) -> None:
    elsewhere = world.inspect({"S-09-01": []}, place=6, who="demo-inspector-hm")
    made = world.inspect({}, supersedes=elsewhere["id"])
    assert "supersedes_nothing" in flags(made)
    assert withdrawals(world, elsewhere["id"], "neighbour") == []
    for who in ("neighbour", "league", "bureau"):
        assert messages(world, who, "withdrawal_asked") == [], who


def test_superseded_twice_it_is_asked_once(world: World) -> None:
    old = world.inspect({"S-09-01": []})
    first, again = (world.inspect({}, supersedes=old["id"]) for _ in range(2))
    assert "supersedes_pending" in flags(first) & flags(again)
    assert [one["superseded_by"] for one in withdrawals(world, old["id"])] == [first["id"]]
    assert len(messages(world, "bureau", "withdrawal_asked")) == 1


# ---- by whom


def test_the_same_words_of_another_person_are_a_decision_too_late(world: World) -> None:
    second = colleague(world)
    problem_id = open_problem(world, B)
    asked = ask(world, problem_id).json["petition"]["id"]
    assert decide(world, problem_id, "extensions", asked, "approve").status_code == 201
    late = decide(world, problem_id, "extensions", asked, "approve", who=second)
    assert (late.status_code, late.json["code"]) == (409, "already_decided")
    assert late.json["petition"]["decided_by"] == "乌兰"


def test_the_same_consent_of_another_person_is_one_too_late(world: World) -> None:
    second = colleague(world)
    address = ask_withdrawal(world, world.inspect({"S-01-05": []})["id"])
    assert world.person("bureau").put(address, AGREE).status_code == 201
    late = world.person(second).put(address, AGREE)
    assert (late.status_code, late.json["code"]) == (409, "already_decided")
    assert late.json["withdrawal"]["decided_by"] == "乌兰"


def test_who_handed_a_proof_in_is_not_shown_that_he_may_accept_it(world: World) -> None:
    both = world.employ("both", Grant("unit", None, UUID(world.places[A])))
    problem_id = open_problem(world, A)
    proof = world.prove(problem_id, who=both.username)
    with world.context() as ctx:  # who has left the school for the bureau
        role = ctx.session.scalars(select(RoleRow).where(RoleRow.user_id == UUID(both.id))).one()
        role.ended_at = ctx.now()
        ctx.session.add(role_row(ctx, UUID(both.id), Grant("reviewer", "150102")))
        ctx.session.commit()
    shown = {who: [move["action"] for move in world.problem(problem_id, who)["moves"]] for who in ("bureau", "both")}
    assert shown == {"bureau": ["accept", "return"], "both": ["return"]}
    assert world.review(problem_id, proof["id"], "accept", who="both").json["code"] == "four_eyes"


# ---- to a successor


def test_problems_of_a_region_are_its_reviewers_and_not_its_inspectors(world: World) -> None:
    open_problem(world, B)
    assert hand_over(world, "inspector", "inspector2").json["problems"] == 0
    assert messages(world, "inspector2", "handed_over")[0]["params"]["problems"] == 0
    assert hand_over(world, "bureau", colleague(world)).json["problems"] == 1


def test_nothing_is_handed_to_an_account_that_is_out_of_use(world: World) -> None:
    with world.app.app_context():
        db.session.execute(text("UPDATE user_account SET disabled_at = created_at WHERE username = 'inspector2'"))
        db.session.commit()
        gone = db.session.execute(text("SELECT id FROM user_account WHERE username = 'inspector2'")).scalar()
    body = {
        "from_user_id": world.person("inspector").id,
        "to_user_id": str(UUID(str(gone))),
        "reason": "调任",
        "signed_by": "苏和",
    }
    refused = world.person("secadmin").put(f"/handovers/{new_id()}", body)
    assert (refused.status_code, faults(refused)) == (422, [("/to_user_id", "unknown_user")])
    assert len(world.person("inspector").get("/me").json["roles"]) == 1


def test_the_lead_is_given_anew_and_not_handed_on(world: World) -> None:
    moved = hand_over(world, "procurator", "inspector")
    assert [role["role"] for role in moved.json["roles"]] == ["proc_inspector"]

    def roles(who: str) -> set[str]:
        return {role["role"] for role in world.person(who).get("/me").json["roles"]}

    assert roles("procurator") == {"lead_handler"}
    assert roles("inspector") == {"edu_inspector", "proc_inspector"}


def test_a_role_that_the_successor_has_is_not_given_twice(world: World) -> None:
    before = world.person("inspector2").get("/me").json["roles"]
    assert hand_over(world, "inspector", "inspector2").status_code == 201
    assert world.person("inspector2").get("/me").json["roles"] == before
    (account,) = world.person("secadmin").get("/users?q=林晓岚").json["items"]
    assert len(account["roles"]) == 1


def test_what_was_cancelled_is_not_handed_over(world: World) -> None:
    task = plan(world, "inspector").json
    cancelled = world.person("bureau").put(f"/assignments/{task['id']}/cancellation", {"reason": "改期"})
    assert cancelled.status_code == 201
    assert hand_over(world, "inspector", "inspector2").json["assignments"] == 0
    (seen,) = world.person("bureau").get("/assignments").json["items"]
    assert [one["name"] for one in seen["inspectors"]] == ["苏和"]


# ---- where it lies


def test_a_visit_planned_by_who_reviews_there_no_more_is_called_off(world: World) -> None:
    world.employ("city-inspector", Grant("edu_inspector", "150100"))
    task = plan(world, "city-inspector").json
    assert change(world, B, "move", who="league", region_code="150103").status_code == 201
    (seen,) = world.person("neighbour").get("/assignments").json["items"]
    assert (seen["id"], seen["state"]) == (task["id"], "cancelled")


def test_the_bureau_hears_of_those_days_alone_that_are_still_to_be_done(world: World) -> None:
    tasks = [plan(world, "inspector", "procurator", planned_on=f"2026-11-{day}").json for day in (25, 26, 27)]
    cancelled, done, left = tasks
    assert (
        world.person("bureau").put(f"/assignments/{cancelled['id']}/cancellation", {"reason": "x"}).status_code == 201
    )
    world.inspect({}, assignment_id=done["id"])
    inspector = world.person("inspector")
    recusal = {"user_id": inspector.id, "reason": "配偶在该校任教"}
    assert inspector.put(f"/institutions/{world.places[B]}/recusals/{new_id()}", recusal).status_code == 201
    (told,) = messages(world, "bureau", "recused_while_planned")
    assert told["params"]["planned_on"] == left["planned_on"] == "2026-11-27"
    assert state_of(world, done) == "planned"


# ---- who hears of it


def listed_problem(world: World) -> str:
    """One that the league has listed."""
    problem_id = open_problem(world, B)
    listing = {"reason": "久拖不改", "due_on": "2026-12-31"}
    assert order(world, problem_id, "supervisions", who="league", **listing).status_code == 201
    return problem_id


def test_the_league_hears_of_every_order_about_what_it_listed(world: World) -> None:
    problem_id = listed_problem(world)
    unlisted = open_problem(world, A)
    reply = {"department": "住建局", "outcome": "done", "text": "已整改", "replied_on": "2026-11-23"}
    for kind, body, told in (
        ("transfers", TO_DEPARTMENT, "transferred"),
        ("transfers", HANDED_BACK, "handed_back"),
        ("transfers", TO_DEPARTMENT, "transferred"),
        ("replies", reply, "settled"),
    ):
        for one in (unlisted, problem_id):
            assert order(world, one, kind, **body).status_code == 201
        assert world.told("league")[-1] == (told, problem_id)
    assert unlisted not in [about for _, about in world.told("league")]


def test_the_league_hears_that_an_objection_ended_what_it_listed(world: World) -> None:
    problem_id = listed_problem(world)
    asked = ask(world, problem_id, "objections").json["petition"]["id"]
    assert decide(world, problem_id, "objections", asked, "uphold").status_code == 201
    assert world.told("league")[-1] == world.told("school")[-1] == ("objection_upheld", problem_id)


def test_the_bureau_hears_that_an_inspection_was_withdrawn(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    withdraw(world, made["id"])
    for who in ("bureau", "school"):
        assert len(texts_of(world, who, "inspection_withdrawn")) == 1, who
    assert texts_of(world, "league", "inspection_withdrawn") == []


def test_who_answered_for_it_until_then_hears_that_it_is_open_again(world: World) -> None:
    own = world.employ("own-unit", Grant("unit", None, UUID(world.places[A])))
    assert merge(world, A, B).status_code == 201
    assert change(world, A, "reopen").status_code == 201
    for who in ("school", own.username, "bureau"):
        assert len(messages(world, who, "institution_reopened")) == 1, who
    assert change(world, C, "close").status_code == 201
    assert change(world, C, "reopen").status_code == 201
    assert len(messages(world, "school", "institution_reopened")) == 1


# ---- who answers for one institution and inspects others


def test_of_ones_own_institution_one_sees_what_the_unit_sees_whatever_else_one_is(world: World) -> None:
    both = world.employ("both", Grant("unit", None, UUID(world.places[A])), Grant("edu_inspector", "150102")).username
    own, other = (world.inspect({"S-01-05": []}, place, participants=[])["id"] for place in (A, C))
    listed = {one["id"]: one for one in world.person(both).get("/inspections").json["items"]}
    for inspection_id, told in ((own, False), (other, True)):
        seen = world.person(both).get(f"/inspections/{inspection_id}").json
        assert ("submission" in seen and seen["submission"] is not None) is told
        assert bool(seen["flags"]) is bool(listed[inspection_id]["flags"]) is told
        page = Clerk(world, both).open(f"/inspections/{inspection_id}")
        assert ("苏和" in page.text, "逐项记录" in page.text) == (told, told)
    shown = Clerk(world, both).open("/inspections")
    assert shown.text.count("苏和") == 1
    file = Clerk(world, both).open(f"/institutions/{world.places[A]}")
    assert "苏和" not in file.text


@pytest.mark.parametrize("role", ["edu_inspector", "proc_inspector"])
def test_nor_by_any_other_way_does_one_look_into_what_others_found_at_ones_own(world: World, role: str) -> None:
    both = world.employ("both", Grant("unit", None, UUID(world.places[A])), Grant(role, "150102")).username
    photo = jpeg()
    assert world.person("inspector").upload(photo).status_code == 201
    found = {"S-01-05": [{"fact": "x", "photos": [sha256(photo)]}]}
    own, other = (world.inspect(found, place, photos={sha256(photo): {}}) for place in (A, C))
    for made, status in ((own, 404), (other, 200)):
        assert world.person(both).get(f"/visits/{made['visit_id']}").status_code == status
    listed = {one["id"] for one in world.person(both).get("/problems").json["items"]}
    assert {line["id"] for made in (own, other) for line in made["problems"]} <= listed
    alone = jpeg()
    assert world.person("inspector").upload(alone).status_code == 201
    world.inspect({"S-01-05": [{"fact": "x", "photos": [sha256(alone)]}]}, A, photos={sha256(alone): {}})
    for picture, allowed in ((photo, role == "proc_inspector"), (alone, False)):
        read = world.person(both).get(f"/photos/{sha256(picture)}?purpose=x")
        assert read.status_code == (200 if allowed else 403), read.json


def test_whoever_inspects_his_own_is_not_refused_and_not_unnoticed(world: World) -> None:
    both = world.employ("both", Grant("unit", None, UUID(world.places[A])), Grant("edu_inspector", "150102")).username
    made = world.inspect({"S-01-05": []}, A, who=both)
    assert made["flags"] == []
    elsewhere = world.inspect({}, C, who=both)
    for one, told in ((made, True), (elsewhere, False)):
        visit = world.person("inspector").get(f"/visits/{one['visit_id']}").json
        assert ("recused_in_team" in flags(visit)) is told
    issuing = Clerk(world, "bureau").open(f"/issuing/{made['visit_id']}?institution={world.places[A]}")
    assert "应当回避" in issuing.text


def test_whoever_inspects_elsewhere_still_finds_what_his_own_institution_has_to_do(world: World) -> None:
    both = world.employ("both", Grant("unit", None, UUID(world.places[A])), Grant("edu_inspector", "150102")).username
    open_problem(world, C)
    assert "目前没有待整改的问题" in Clerk(world, both).open("/").text
    notice = world.issue(world.inspect({"S-01-05": []}, A)["id"])
    first_page = Clerk(world, both).open("/").text
    assert notice["document_number"] in first_page


def test_whoever_answers_for_a_unit_handles_no_leads_and_judges_nobody(world: World) -> None:
    school = world.person("school")
    for role in ("lead_handler", "reviewer", "supervisor"):
        refused = Clerk(world, "secadmin").open(f"/users/{school.id}").send("appoint", role=role, region_code="150102")
        assert refused.status == 422, role
    Clerk(world, "secadmin").open(f"/users/{school.id}").send("appoint", role="specialist", region_code="150102")
    with world.context() as ctx:
        held = {role.role for role in accounts.roles_of_for_system(ctx.session, UUID(school.id))}
    assert held == {"unit", "specialist"}
