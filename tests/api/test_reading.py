"""Lists, filters, paging, ETags, moves; and that neighbour, stranger and sibling see nothing by any route."""

from __future__ import annotations

import re

import pytest

from tests.support.world import World, jpeg, new_id, sha256


def test_every_filter_of_the_problem_list(world: World) -> None:
    first = world.inspect({"S-02-06": [], "S-01-05": [], "S-04-01": []})
    world.issue(first["id"])
    other = world.inspect({"K-03-04": [{"fact": "反锁"}]}, place=1)
    world.clock.go(days=7)
    bureau = world.person("bureau")

    def items(query: str) -> list[str]:
        return [p["item_code"] for p in bureau.get(f"/problems?{query}").json["items"]]

    assert items("") == ["S-01-05", "S-02-06", "S-04-01", "K-03-04"]
    assert items("status=found") == ["K-03-04"]
    assert items("status=found,open") == items("")
    assert items("severity=critical") == ["S-04-01"]
    assert items(f"institution={other['institution_id']}") == ["K-03-04"]
    assert items("overdue=true") == ["S-02-06"]
    assert items("due_before=2026-12-01") == ["S-02-06", "S-04-01"]
    assert items("item=S-01-05") == ["S-01-05"]
    assert items("region=150100") == items("")
    assert items("region=150103") == []
    assert items("overdue=true&severity=critical") == []


def test_walking_through_pages_meets_each_problem_once(world: World) -> None:
    codes = ["S-01-01", "S-01-02", "S-01-04", "S-01-05", "S-03-01", "S-03-02", "S-07-02"]
    world.inspect({code: [] for code in codes})
    seen, cursor = [], ""
    for _ in range(4):
        page = world.person("bureau").get(f"/problems?limit=2{cursor}").json
        seen += [p["item_code"] for p in page["items"]]
        world.inspect({"S-08-05": []})  # what is found meanwhile comes at the end
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [*codes, "S-08-05"]


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "limit=²", "status=nonsense", "due_before=2026-02-30", "region=1501"),
        *("institution=1", "overdue=maybe", "surprise=1", "cursor=xx", "cursor=WzFd", "cursor=bnVsbA=="),
    ],
)
def test_a_bad_query_is_told_and_never_a_fault_of_ours(sqlite_world: World, query: str) -> None:
    answer = sqlite_world.person("bureau").get(f"/problems?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json["code"] in ("invalid", "invalid_cursor")


def test_single_resources_have_strong_etags(world: World) -> None:
    problem = world.open_problem()
    bureau = world.person("bureau")
    for path in (f"/problems/{problem['id']}", f"/inspections/{problem['inspection_id']}", "/checklists/school", "/me"):
        answer = bureau.get(path)
        assert not answer.headers["ETag"].startswith("W/")
        assert bureau.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    before = bureau.get(f"/problems/{problem['id']}").headers["ETag"]
    world.prove(problem["id"])
    assert bureau.get(f"/problems/{problem['id']}", headers={"If-None-Match": before}).status_code == 200


def test_moves_are_those_of_the_asker(world: World) -> None:
    problem = world.open_problem()

    def moves(who: str) -> list[str]:
        return [move["action"] for move in world.problem(problem["id"], who)["moves"]]

    assert moves("school") == ["rectify", "ask_extension", "object"]
    assert [moves(who) for who in ("bureau", "inspector", "league")] == [["transfer_on"], [], ["supervise"]]
    world.prove(problem["id"])
    assert moves("school") == []
    assert moves("bureau") == ["accept", "return"]
    found = world.inspect({"S-01-05": []})["problems"][0]["id"]
    assert [move["action"] for move in world.problem(found)["moves"]] == ["issue", "drop", "merge", "transfer"]


def test_neighbour_stranger_and_sibling_see_nothing_by_any_route(world: World) -> None:
    photo = jpeg()
    world.person("inspector").upload(photo)
    canary = "只有本校可见的事实"
    made = world.inspect({"S-01-05": [{"fact": canary, "photos": [sha256(photo)]}]}, photos={sha256(photo): {}})
    notice = world.issue(made["id"])
    problem_id = notice["problems"][0]["problem_id"]
    proof = world.prove(problem_id)
    body = {"description": "x", "completed_on": "2026-11-23"}
    review = {"rectification_id": proof["id"], "decision": "accept", "comment": "", "method": "desk"}
    for who in ("neighbour", "stranger", "kindergarten", "tutoring"):
        person = world.person(who)
        for path in (
            f"/institutions/{world.places[0]}",
            f"/inspections/{made['id']}",
            f"/inspections/{made['id']}/receipt",
            f"/inspections/{made['id']}/notice.docx",
            f"/notices/{notice['id']}",
            f"/notices/{notice['id']}.docx",
            f"/problems/{problem_id}",
            f"/photos/{sha256(photo)}",
            f"/photos/{sha256(photo)}/thumbnail",
            f"/photos/{sha256(photo)}/shared",
        ):
            answer = person.get(path)
            expected = 403 if (who == "neighbour" and path.endswith("/receipt")) else 404
            assert answer.status_code == expected, (who, path)
            assert canary not in answer.get_data(as_text=True)
        for path in ("/institutions", "/inspections", "/problems", "/notifications", "/problems?region=150102"):
            shown = person.get(path).get_data(as_text=True)
            for secret in (canary, made["id"], problem_id, world.places[0]):
                assert secret not in shown, (who, path)
        for path, sent in (
            (f"/problems/{problem_id}/rectifications/{new_id()}", body),
            (f"/problems/{problem_id}/reviews/{new_id()}", review),
            (f"/notices/{new_id()}", world.notice_body(made["id"])),
            (f"/notices/{notice['id']}/acknowledgement", {"name": "x", "title": "y"}),
        ):
            assert person.put(path, sent).status_code in (403, 404), (who, path)
    assert world.problem(problem_id)["status"] == "submitted"


def test_a_role_in_one_region_is_never_used_in_another(world: World) -> None:
    """A person who inspects in one district and reviews in another may not review in the first."""
    from sqlalchemy import text

    from inspection.storage.db import db

    problem = world.open_problem()
    with world.app.app_context():
        copied = (
            "UPDATE user_role SET user_id = (SELECT id FROM user_account WHERE username = 'inspector2') "
            "WHERE user_id = (SELECT id FROM user_account WHERE username = 'neighbour')"
        )
        db.session.execute(text(copied))
        db.session.commit()
    proof = world.prove(problem["id"])
    both = world.person("inspector2")
    assert both.get(f"/problems/{problem['id']}").json["moves"] == []
    assert world.review(problem["id"], proof["id"], "accept", who="inspector2").status_code == 404


def test_r1_items_are_in_the_inspectors_checklist_alone(world: World) -> None:
    full = world.person("inspector").get("/checklists/school").json
    copy = world.person("school").get("/checklists/school?version=1").json
    assert [section["code"] for section in full["sections"]][-1] == "S-10"
    assert "S-10" not in [section["code"] for section in copy["sections"]]
    assert "S-10" not in world.person("bureau").get("/checklists/school").get_data(as_text=True)
    assert full["sha256"] != copy["sha256"]
    assert world.person("school").get("/checklists/school?version=9").status_code == 404
    heads = world.person("school").get("/checklists").json["items"]
    assert [(head["code"], "sections" in head) for head in heads] == [
        ("kindergarten", False),
        ("school", False),
        ("tutoring", False),
    ]


def test_notifications_are_ones_own_and_read_once(world: World) -> None:
    world.inspect({"S-09-01": []})
    school = world.person("school")
    told = school.get("/notifications").json["items"][0]
    assert (told["kind"], told["read_at"]) == ("danger", None)
    assert "云杉第一中学" in told["text"]
    english = school.get("/notifications", headers={"Accept-Language": "en"}).json["items"][0]["text"]
    assert english.startswith("Danger at")
    assert world.person("bureau").put(f"/notifications/{told['id']}/read", {}).status_code == 404
    read = school.put(f"/notifications/{told['id']}/read", {}).json["read_at"]
    world.clock.go(hours=1)
    assert school.put(f"/notifications/{told['id']}/read", {}).json["read_at"] == read


def test_the_face_speaks_both_languages_and_needs_nothing_from_outside(world: World) -> None:
    client = world.app.test_client()
    assert "校园安全联合检查系统" in client.get("/").get_data(as_text=True)
    page = client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).get_data(as_text=True)
    assert "School-safety inspection" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    style = re.search(r'href="(/assets/desk[^"]+)"', page)
    assert style is not None
    assert client.get(style[1], buffered=True).status_code == 200
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").status_code == 200


def test_inspections_and_institutions_come_in_pages_too(world: World) -> None:
    made = []
    for _ in range(3):
        made.append(world.inspect({})["id"])
        world.clock.go(minutes=1)
    person = world.person("bureau")

    def walk(path: str) -> list[str]:
        seen, cursor = [], ""
        for _ in range(12):
            page = person.get(f"{path}limit=2{cursor}").json
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return seen
            cursor = f"&cursor={page['next_cursor']}"
        raise AssertionError("the list does not end")

    assert walk("/inspections?") == made
    assert walk(f"/inspections?institution={world.places[1]}&") == []
    assert walk("/inspections?since=2026-11-23T10:01:00%2B08:00&") == made[1:]
    assert sorted(walk("/institutions?")) == sorted(world.places[:6])
    assert walk("/institutions?kind=kindergarten&") == [world.places[1]]
    assert person.get("/inspections?cursor=WyIyMDI2IiwgIngiXQ==").json["code"] == "invalid_cursor"


def test_a_line_of_the_list_says_what_the_problem_says(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-09-01": [], "S-09-09": []})
    world.issue(made["id"])
    lines = world.person("bureau").get("/problems").json["items"]
    assert len(lines) == 3
    for line in lines:
        whole = world.problem(line["id"])
        assert line == {name: whole[name] for name in line}


@pytest.mark.parametrize("who", ["bureau", "league", "school"])
def test_pages_of_several_statuses_meet_every_problem_once(world: World, who: str) -> None:
    """Each status is read in an order of its own; merged and cut into pages, none is lost or met twice."""
    for number in range(4):
        made = world.inspect({"S-01-05": [{"fact": f"{number}-{part}"} for part in range(3)], "S-09-01": []})
        if number % 2:
            world.issue(made["id"])
    person = world.person(who)
    for query in (
        "status=open,found",
        "",
        "status=found&severity=general",
        "overdue=false",
        "status=open,found,closed",
    ):
        expected = [line["id"] for line in person.get(f"/problems?limit=200&{query}").json["items"]]
        assert expected == sorted(set(expected))
        met: list[str] = []
        cursor = ""
        while True:
            page = person.get(f"/problems?limit=3&{query}{cursor}").json
            met += [line["id"] for line in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert met == expected
        assert expected


def test_a_question_asked_twice_over_is_refused(sqlite_world: World) -> None:
    refused = sqlite_world.person("bureau").get("/problems?status=open&status=closed")
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [("/status", "duplicate")]
