"""Issuing: findings become problems with numbers and deadlines, in a document that never changes again."""

from __future__ import annotations

import io
import json
from typing import Any

import docx
import pytest

from tests.support.world import World, new_id


def by_item(made: dict[str, Any]) -> dict[str, str]:
    return {problem["item_code"]: problem["id"] for problem in made["problems"]}


def text_of(document: bytes) -> str:
    opened = docx.Document(io.BytesIO(document))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in opened.paragraphs] + cells)


def test_a_notice_gives_numbers_and_deadlines_and_tells_the_unit(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-03-04": [], "S-02-06": [], "S-08-05": []})
    problems = by_item(made)
    notice = world.issue(
        made["id"],
        items=[
            {
                "problem_id": problems["S-03-04"],
                "action": "keep",
                "due_on": "2026-12-01",
                "fact": "两处未上锁",
                "severity": "critical",
            },
            {"problem_id": problems["S-08-05"], "action": "drop", "reason": "核实不成立"},
        ],
    )
    rows = {row["problem_id"]: row for row in notice["problems"]}
    assert rows[problems["S-03-04"]]["due_on"] == "2026-12-01"
    assert rows[problems["S-01-05"]]["due_on"] == "2026-12-23"  # thirty days by the item
    assert rows[problems["S-02-06"]]["due_on"] == "2026-11-26"
    numbers = sorted(row["number"] for row in notice["problems"] if row["number"])
    assert numbers == [f"150102-2026-0001-0{row}" for row in (1, 2, 3)]
    corrected = world.problem(problems["S-03-04"])
    assert (corrected["text"], corrected["severity"], corrected["status"]) == ("两处未上锁", "critical", "open")
    assert corrected["timeline"][-1]["corrected"]["severity"] == "serious"
    dropped = world.problem(problems["S-08-05"])
    assert (dropped["status"], dropped["number"], dropped["timeline"][-1]["reason"]) == ("void", None, "核实不成立")
    assert world.told("school") == [("notice_issued", None)]
    assert world.person("bureau").get(f"/inspections/{made['id']}").json["notice_id"] == notice["id"]


def test_numbers_have_no_gap_after_a_refused_notice(world: World) -> None:
    first, second = world.inspect({"S-01-05": []}), world.inspect({"S-01-05": []})
    world.issue(first["id"], document_number="教改1号")
    taken = world.notice_body(second["id"], document_number="教改1号")
    refused = world.person("bureau").put(f"/notices/{new_id()}", taken)
    assert (refused.status_code, refused.json["code"]) == (409, "document_number_taken")
    later = world.issue(second["id"])
    assert later["problems"][0]["number"] == "150102-2026-0002-01"


def test_a_last_day_on_a_rest_day_moves_and_the_later_of_issue_and_service_counts(world: World) -> None:
    made = world.inspect({"S-02-06": []})  # three days
    world.clock.go(days=4)  # Friday the 27th
    notice = world.issue(
        made["id"], issued_on="2026-11-24", service={"method": "paper", "on": "2026-11-26"}
    )  # Thursday and three days: Sunday
    assert notice["problems"][0]["due_on"] == "2026-11-30"


def test_a_running_problem_gets_its_number_only(world: World) -> None:
    made = world.inspect({"S-09-01": [], "S-01-05": []})
    problems = by_item(made)
    world.clock.go(days=1)
    item = {"problem_id": problems["S-09-01"], "action": "keep", "due_on": "2026-12-20", "severity": "general"}
    notice = world.issue(made["id"], items=[item])
    assert {"code": "running_kept", "problem_id": problems["S-09-01"]} in notice["flags"]
    running = world.problem(problems["S-09-01"])
    assert (running["status"], running["due_on"], running["overdue"]) == ("open", "2026-11-23", True)
    assert running["severity"] == "critical"
    assert running["number"] == "150102-2026-0001-02"
    assert running["timeline"][-1]["event"] == "numbered"


@pytest.mark.parametrize("action", ["drop", "merge", "transfer"])
def test_a_running_problem_is_neither_dropped_nor_transferred(world: World, action: str) -> None:
    made = world.inspect({"S-09-01": []})
    item = {"problem_id": made["problems"][0]["id"], "action": action, "reason": "x"}
    refused = world.person("bureau").put(f"/notices/{new_id()}", world.notice_body(made["id"], items=[item]))
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert world.problem(made["problems"][0]["id"])["status"] == "open"


def test_a_finding_is_merged_into_another_of_the_notice(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    problems = by_item(made)
    merge = {"problem_id": problems["S-01-05"], "action": "merge", "into": problems["S-08-05"], "reason": "同一问题"}
    notice = world.issue(made["id"], items=[merge])
    assert [row["number"] for row in notice["problems"] if row["number"]] == ["150102-2026-0001-01"]
    merged, target = world.problem(problems["S-01-05"]), world.problem(problems["S-08-05"])
    assert (merged["status"], merged["merged_into"], merged["number"]) == ("void", target["id"], None)
    assert (target["status"], target["merged"]) == ("open", [merged["id"]])
    assert [event["event"] for event in target["timeline"]] == ["found", "issued", "merged_here"]
    document = world.person("bureau").get(f"/notices/{notice['id']}.docx").data
    assert merged["text"] not in text_of(document)


def test_faults_of_merging_and_transferring_come_at_once_and_nothing_is_stored(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": [], "S-03-04": [], "S-09-09": [], "S-02-06": []})
    problems, notice_id = by_item(made), new_id()
    bureau = world.person("bureau")

    def merge(code: str, into: str | None) -> dict[str, Any]:
        return {"problem_id": problems[code], "action": "merge", "into": into, "reason": "同一问题"}

    items = [
        merge("S-01-05", None),
        merge("S-08-05", problems["S-08-05"]),
        merge("S-03-04", problems["S-09-09"]),
        {"problem_id": problems["S-02-06"], "action": "transfer"},
    ]
    refused = bureau.put(f"/notices/{notice_id}", world.notice_body(made["id"], items=items))
    assert {(fault["pointer"], fault["code"]) for fault in refused.json["errors"]} == {
        ("/items/0/into", "required"),
        ("/items/1/into", "unknown_problem"),
        ("/items/2/into", "merge_into_dropped"),
        ("/items/3/responsible/name", "required"),
    }
    lower = bureau.put(
        f"/notices/{notice_id}", world.notice_body(made["id"], items=[merge("S-03-04", problems["S-01-05"])])
    )
    assert [fault["code"] for fault in lower.json["errors"]] == ["merge_into_less_severe"]
    assert bureau.get(f"/notices/{notice_id}").status_code == 404
    assert {world.problem(p)["status"] for p in problems.values()} == {"found"}


def test_a_departments_finding_is_transferred_unless_decided(world: World) -> None:
    made = world.inspect({"S-09-09": [], "S-01-05": []})
    problem_id = by_item(made)["S-09-09"]
    notice = world.issue(made["id"])
    row = next(row for row in notice["problems"] if row["problem_id"] == problem_id)
    assert (row["action"], row["status"], row["due_on"]) == ("transfer", "transferred", None)
    text = text_of(world.person("school").get(f"/notices/{notice['id']}.docx").data)
    assert "责任不在你单位" in text
    assert "发现下列1个问题" in text
    kept = world.inspect({"S-09-09": []})
    notice = world.issue(kept["id"], items=[{"problem_id": kept["problems"][0]["id"], "action": "keep"}])
    assert notice["problems"][0]["status"] == "open"


def test_who_inspected_does_not_issue(world: World) -> None:
    bureau = world.person("bureau")
    me = {"user_id": bureau.id, "name": "乌兰", "organisation": "教育局"}
    visit = new_id()
    made = world.inspect({"S-01-05": []}, visit_id=visit)
    world.inspect({}, visit_id=visit, participants=[me])  # another submission of the same visit
    refused = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"]))
    assert (refused.status_code, refused.json["code"]) == (409, "four_eyes")


def test_all_faults_of_a_notice_at_once(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-08-05": []})
    problems = by_item(made)
    body = world.notice_body(
        made["id"],
        issued_on="2026-11-24",
        items=[
            {"problem_id": problems["S-01-05"], "action": "drop"},
            {"problem_id": problems["S-08-05"], "action": "keep", "due_on": "2026-11-20"},
            {"problem_id": new_id(), "action": "keep"},
        ],
        extra=1,
    )
    refused = world.person("bureau").put(f"/notices/{new_id()}", body)
    assert {(e["pointer"], e["code"]) for e in refused.json["errors"]} == {
        ("/extra", "unknown_key"),
        ("/issued_on", "date_in_future"),
        ("/items/0/reason", "required"),
        ("/items/1/due_on", "due_before_start"),
        ("/items/2/problem_id", "unknown_problem"),
    }


def test_the_same_notice_again_and_the_same_inspection_in_another(world: World) -> None:
    made, bureau, address = world.inspect({"S-01-05": []}), world.person("bureau"), f"/notices/{new_id()}"
    body = json.dumps(world.notice_body(made["id"])).encode()
    assert [bureau.put(address, body).status_code for _ in range(3)] == [201, 200, 200]
    assert bureau.put(address, body + b" ").json["code"] == "conflict"
    other = bureau.put(f"/notices/{new_id()}", world.notice_body(made["id"]))
    assert (other.status_code, other.json["code"]) == (409, "already_issued")
    assert len(bureau.get("/problems").json["items"]) == 1


def test_the_draft_is_marked_and_the_document_is_frozen(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-09-01": []})
    address = f"/inspections/{made['id']}/notice.docx"
    bureau = world.person("bureau")
    draft = text_of(bureau.get(address).data)
    assert "草稿" in draft
    assert world.person("school").get(address).status_code == 404
    notice = world.issue(made["id"])
    frozen = bureau.get(f"/notices/{notice['id']}.docx").data
    for who in ("school", "league"):
        assert world.person(who).get(address).data == frozen
    shown = text_of(frozen)
    assert "草稿" not in shown
    for row in notice["problems"]:
        assert row["number"] in shown
    assert "2026年12月23日" in shown
    world.clock.go(days=40)
    world.sweep()
    assert bureau.get(f"/notices/{notice['id']}.docx").data == frozen


def test_an_unverified_article_is_never_printed(world: World) -> None:
    made = world.inspect({"S-03-02": []})  # 学校保护规定: content known, article 24 unverified
    notice = world.issue(made["id"])
    shown = text_of(world.person("bureau").get(f"/notices/{notice['id']}.docx").data)
    assert "《未成年人学校保护规定》" in shown
    assert "24" not in shown.replace(notice["problems"][0]["number"], "").replace(notice["document_number"], "")


def test_the_unit_acknowledges_once(world: World) -> None:
    problem = world.open_problem()
    address = f"/notices/{problem['notice_id']}/acknowledgement"
    school = world.person("school")
    answer = school.put(address, {"name": "何建平", "title": "校长"})
    assert (answer.status_code, answer.json["acknowledgement"]["name"]) == (201, "何建平")
    assert school.put(address, {"name": "何建平", "title": "校长"}).status_code == 200
    assert school.put(address, {"name": "别人", "title": "校长"}).status_code == 409
    assert world.person("bureau").put(address, {"name": "x", "title": "y"}).status_code == 403
    assert world.person("stranger").put(address, {"name": "x", "title": "y"}).status_code == 404
    assert world.problem(problem["id"])["timeline"][-1]["event"] == "acknowledged"


def test_a_lower_severity_without_a_reason_is_flagged(world: World) -> None:
    made = world.inspect(
        {"S-01-05": [{"fact": "超过一年", "severity": "serious", "severity_reason": "x"}], "S-02-05": []}
    )
    lowered, other = (problem["id"] for problem in made["problems"])
    silent = {"problem_id": lowered, "action": "keep", "severity": "general"}
    raised = {"problem_id": other, "action": "keep", "severity": "critical"}
    flags = world.issue(made["id"], items=[silent, raised])["flags"]
    assert [flag["problem_id"] for flag in flags if flag["code"] == "severity_lowered_without_reason"] == [lowered]


def test_a_notice_of_no_inspection_is_refused_at_its_place(world: World) -> None:
    refused = world.person("bureau").put(f"/notices/{new_id()}", world.notice_body())
    assert [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]] == [("/inspection_ids", "required")]


def test_what_an_item_requires_is_not_told_as_what_was_found(world: World) -> None:
    made = world.inspect({"S-09-01": [], "S-02-05": [{"fact": "无值班记录"}]})
    (danger,) = [one for one in world.person("school").get("/notifications").json["items"] if one["kind"] == "danger"]
    (requirement,) = [world.problem(one["id"])["text"] for one in made["problems"] if one["item_code"] == "S-09-01"]
    assert f"未达到要求：{requirement}" in danger["text"]
    draft = world.person("bureau").get(f"/inspections/{made['id']}/notice.docx")
    assert draft.status_code == 200
    cells = {
        cell.text for table in docx.Document(io.BytesIO(draft.data)).tables for row in table.rows for cell in row.cells
    }
    assert any(text.startswith(f"未达到要求：{requirement}") for text in cells)
    assert any(text.startswith("无值班记录") for text in cells)
