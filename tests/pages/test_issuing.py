"""下发: from a visit's findings to a notice, in one click or finding by finding."""

from __future__ import annotations

from datetime import timedelta

from tests.support.desk import Clerk, Opened
from tests.support.world import World, new_id


def opened(world: World, made: dict[str, object], who: str = "bureau") -> Opened:
    """The page on which this inspection's visit is issued, as the list of waiting visits leads to it."""
    listed = Clerk(world, who).open("/issuing")
    link = next(link for link in listed.links if link.startswith("/issuing/"))
    return listed.clerk.open(link)


def test_the_plain_case_takes_one_click(world: World) -> None:
    world.issue(world.inspect({"S-01-01": []})["id"], document_number="新教安改〔2026〕41号")
    made = world.inspect({"S-01-05": [], "S-02-03": []})
    page = opened(world, made)
    assert page.form("issue").fields["document_number"] == "新教安改〔2026〕42号"
    done = page.send("issue", do="issue")
    assert done.status == 200
    assert "新教安改〔2026〕42号" in done.text
    problems = [world.problem(line["id"]) for line in made["problems"]]
    assert {one["status"] for one in problems} == {"open"}
    assert Clerk(world, "bureau").open("/issuing").links.count("/issuing/") == 0


def test_every_decision_on_a_finding(world: World) -> None:
    world.issue(world.inspect({"S-01-01": []})["id"], document_number="新教安改〔2026〕1号")
    made = world.inspect({code: [{"fact": code}] for code in ("S-01-05", "S-02-03", "S-03-01", "S-04-01")})
    page = opened(world, made)
    ids = page.form("issue").fields.getlist("problem")
    due = (world.today + timedelta(days=40)).isoformat()
    done = page.send(
        "issue",
        do="issue",
        items__0__action="merge",
        items__0__into=ids[3],
        items__1__action="drop",
        items__1__reason="已核实不存在",
        items__2__action="transfer",
        items__2__responsible__name="新城区住建局",
        items__3__fact="宿舍无人值守",
        items__3__due_on=due,
    )
    assert done.status == 200, done.text
    merged, dropped, transferred, kept = (world.problem(one) for one in ids)
    assert (kept["text"], kept["due_on"], kept["status"]) == ("宿舍无人值守", due, "open")
    assert (dropped["status"], merged["status"], merged["merged_into"]) == ("void", "void", ids[3])
    assert (transferred["status"], transferred["responsible_name"]) == ("transferred", "新城区住建局")


def test_a_preview_reads_as_the_notice_will_and_changes_nothing(world: World) -> None:
    made = world.inspect({"S-01-05": [{"fact": "门卫室无人值守"}]})
    page = opened(world, made)
    shown = page.send("issue", do="preview", document_number="新教安改〔2026〕7号", opinion="请举一反三")
    assert shown.status == 200
    for text in ("责令限期整改通知书", "新教安改〔2026〕7号", "门卫室无人值守", "请举一反三", "150102-2026-0001-01"):
        assert text in shown.text
    assert world.problem(made["problems"][0]["id"])["status"] == "found"
    assert world.person("bureau").get("/notices").json["items"] == []
    done = shown.send("issue", do="issue")
    assert done.status == 200
    assert world.problem(made["problems"][0]["id"])["number"] == "150102-2026-0001-01"


def test_bad_input_keeps_every_word_and_says_where_it_is_wrong(world: World) -> None:
    made = world.inspect({"S-01-05": [], "S-02-03": []})
    page = opened(world, made)
    refused = page.send(
        "issue",
        do="issue",
        document_number="甲〔2026〕1号",
        issued_on="2099-01-01",
        opinion="写了很久",
        items__1__action="drop",
    )
    assert refused.status == 422
    form = refused.form("issue")
    assert (form.fields["opinion"], form.fields["items.1.action"]) == ("写了很久", "drop")
    assert "日期不能晚于今天" in refused.text
    assert 'href="#f-items.1.reason"' in refused.html
    assert world.problem(made["problems"][0]["id"])["status"] == "found"


def test_a_double_click_issues_once_and_a_stale_form_says_who_was_first(world: World) -> None:
    made = world.inspect({"S-01-05": []})
    page = opened(world, made)
    late = opened(world, made)
    for _ in range(2):
        assert page.send("issue", do="issue", document_number="甲〔2026〕1号").status == 200
    assert len(world.person("bureau").get("/notices").json["items"]) == 1
    stale = late.send("issue", do="issue", document_number="甲〔2026〕2号", opinion="写了很久")
    assert stale.status in (404, 409)
    assert "写了很久" in stale.html
    assert len(world.person("bureau").get("/notices").json["items"]) == 1


def test_who_inspected_does_not_issue_and_other_regions_see_nothing(world: World) -> None:
    made = world.inspect(
        {"S-01-05": []}, participants=[{"user_id": world.person("bureau").id, "name": "乌兰", "organisation": "局"}]
    )
    page = opened(world, made)
    assert "由其他人员办理" in page.text
    assert page.send("issue", do="issue", document_number="甲〔2026〕1号").status == 409
    assert Clerk(world, "neighbour").open("/issuing").text.count("云杉第一中学") == 0
    assert Clerk(world, "neighbour").open(page.path).status == 404
    for who in ("league", "inspector", "school", "congress"):
        assert Clerk(world, who).open("/issuing").status == 403
    assert Clerk(world, "bureau").open(f"/issuing/{new_id()}?institution={new_id()}").status == 404


def test_what_is_issued_on_the_page_of_a_visit_is_of_that_visit(world: World) -> None:
    mine, other = world.inspect({"S-01-05": []}), world.inspect({"S-02-03": []})
    page = Clerk(world, "bureau").open(f"/issuing/{mine['visit_id']}?institution={world.places[0]}")
    refused = page.send("issue", do="issue", inspection=other["id"], document_number="甲〔2026〕1号")
    assert refused.status == 404
    assert world.person("bureau").get("/notices").json["items"] == []
    assert page.send("issue", do="issue", document_number="甲〔2026〕1号").status == 200
