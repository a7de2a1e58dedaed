"""线索 on the desk: for its handlers and for who reported it, read after its reader has said what for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from inspection.domain.actor import Grant
from tests.support.desk import Clerk, Opened
from tests.support.leads import CANARIES, HANDLER, STEPS, lead_body, lead_in, report, step
from tests.support.world import World, new_id


def lead_page(world: World, lead_id: str, who: str = HANDLER) -> Opened:
    return Clerk(world, who).open(f"/leads/{lead_id}")


def asked(page: Opened, purpose: str) -> Opened:
    """The content, for this purpose."""
    (form,) = [form for form in page.forms if form.method == "get" and "purpose" in form.fields]
    return page.send(form, purpose=purpose)


@pytest.mark.parametrize("who", ["bureau", "league", "school", "congress", "sysadmin", "secadmin", "auditor"])
def test_the_place_is_not_named_to_those_who_may_not_go_there(world: World, who: str) -> None:
    lead_id = lead_in(world, "called")
    clerk = Clerk(world, who)
    front = clerk.open("/")
    assert "/leads" not in front.html
    assert "线索" not in front.text
    assert clerk.open("/leads").status == clerk.open(f"/leads/{lead_id}").status == 403


def test_the_list_says_where_each_stands_and_nothing_of_what_it_says(world: World) -> None:
    lead_in(world, "handed_over")
    lead_in(world, "created")
    for who in (HANDLER, "inspector"):
        page = Clerk(world, who).open("/leads")
        assert "已移交公安机关" in page.text
        assert "尚未报警" in page.text
        assert not any(canary in page.text for canary in (*CANARIES, "云杉"))
    assert "没有由您办理或报告的线索" in Clerk(world, "inspector2").open("/leads").text


def test_the_purpose_is_asked_before_anything_is_shown(world: World) -> None:
    lead_id = lead_in(world, "called")
    page = lead_page(world, lead_id)
    assert page.status == 200
    assert not any(canary in page.text for canary in (*CANARIES, "云杉"))
    assert "每次查阅都会连同用途记录在案" in page.text
    blank = asked(page, " ")
    assert blank.status in (200, 422)
    assert not any(canary in blank.text for canary in CANARIES)
    shown = asked(page, "办理")
    for text in ("云杉第一中学", "苏和", "canary-lead", "多处损伤", "不清楚", STEPS["police_called"]["agency"]):
        assert text in shown.text


def test_out_of_scope_reads_as_if_there_were_none(world: World) -> None:
    lead_id = lead_in(world, "called")
    real, nothing = (Clerk(world, "inspector2").open(f"/leads/{known}") for known in (lead_id, new_id()))
    assert real.status == nothing.status == 404

    def plain(page: Opened) -> str:
        return re.sub(r'nonce="[^"]+"|value="[^"]{20,}"|[0-9a-f]{8}-[0-9a-f-]{27}', "", page.html)

    assert plain(real) == plain(nothing)


def test_every_step_is_taken_with_its_consequence_in_sight(world: World) -> None:
    lead_id = lead_in(world, "created")
    page = lead_page(world, lead_id)
    for kind, said in (
        ("police_called", "报警已登记"),
        ("handed_over", "移交已登记"),
        ("note", "备注已登记"),
        ("held", "已依法保留"),
        ("followed", "跟进已登记"),
        ("released", "保留已解除"),
        ("transferred", "内容已删除"),
    ):
        assert 'class="consequence"' in page.html
        page = page.send(kind, **STEPS[kind])
        assert said in page.text, kind
        assert page.path == f"/leads/{lead_id}"
    assert page.forms == [form for form in page.forms if form.name not in STEPS]
    assert "内容已从本系统删除" in page.text


def test_a_step_with_faults_keeps_every_word(world: World) -> None:
    page = lead_page(world, lead_in(world, "called"))
    again = page.send("handed_over", station="东街派出所", receipt="", at="昨天")
    assert again.status == 422
    form = again.form("handed_over")
    assert form.fields["station"] == "东街派出所"
    assert form.fields["at"] == "昨天"
    done = again.send("handed_over", receipt="A-1", at="2026-11-23T09:30")
    assert "移交已登记" in done.text
    assert "2026年11月23日 09:30" in asked(done, "办理").text


def test_a_second_click_does_nothing_twice_and_a_late_one_is_told(world: World) -> None:
    page = lead_page(world, lead_in(world, "created"))
    late = lead_page(world, page.path.rpartition("/")[2])
    for _ in range(2):
        assert "报警已登记" in page.send("police_called", **STEPS["police_called"]).text
    assert late.send("police_called", **STEPS["police_called"]).status == 409


def test_who_reported_it_hands_it_over_and_then_sees_its_state_alone(world: World) -> None:
    lead_id = lead_in(world, "called")
    page = lead_page(world, lead_id, "inspector")
    assert not page.has_form("held")
    assert not page.has_form("followed")
    assert "canary-lead" in asked(page, "核对").text
    after = page.send("handed_over", **STEPS["handed_over"])
    assert "内容只有线索办理人可以查阅" in after.text
    assert not [form for form in after.forms if form.name in STEPS]


def test_who_does_nothing_but_handle_leads_has_a_desk_for_it(world: World) -> None:
    lead_id = lead_in(world, "called")
    world.employ("handler-alone", Grant("lead_handler", "150100"))
    clerk = Clerk(world, "handler-alone")
    assert clerk.open("/").status == 200
    assert f"/leads/{lead_id}" in clerk.open("/leads").html
    assert "canary-lead" in asked(clerk.open(f"/leads/{lead_id}"), "办理").text


def test_the_message_leads_to_the_leads(world: World) -> None:
    report(world)
    page = Clerk(world, HANDLER).open("/inbox")
    assert "您有一条待办" in page.text
    (form,) = [form for form in page.forms if form.action.endswith("/open")]
    assert page.send(form).path == "/leads"


def test_it_is_read_in_english_too(world: World) -> None:
    lead_id = lead_in(world, "called")
    clerk = Clerk(world, HANDLER, spoken="en")
    assert "Police called" in clerk.open("/leads").text
    assert lead_body(world)["text"] in clerk.open(f"/leads/{lead_id}?purpose=x").text


def test_without_its_key_the_page_says_so(world: World) -> None:
    lead_id = lead_in(world, "called")
    (world.data_dir / "lead-keys" / "150102").unlink()
    page = asked(lead_page(world, lead_id), "办理")
    assert page.status == 503
    assert "110" in page.text


def test_what_is_not_yet_over_is_no_step_and_every_fault_is_told_at_once(world: World) -> None:
    page = lead_page(world, lead_in(world, "called"))
    later = (world.clock.local(world.clock.now()) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    handed = page.form("handed_over")
    assert page.send(handed, at=later, station="东街派出所", receipt="1").text.count("时间不能晚于现在") >= 1
    long = page.send(handed, station="东街派出所", receipt="长" * 300)
    assert (long.status, "1 到 64 个字符" in long.text, "必须填写" in long.text) == (422, True, False)
    blank = page.send(handed, at="", station="", receipt="")
    invalid = re.findall(r'<input class="form-control is-invalid" id="i-handed_over-([^"]+)"', blank.html)
    assert invalid == ["at", "station", "receipt"]


def test_what_points_to_a_child_or_into_the_future_is_pointed_out_to_its_reader(world: World) -> None:
    tomorrow = (world.clock.local(world.clock.now()) + timedelta(days=1)).isoformat()
    made = report(world, observed_at=tomorrow, text="x")
    assert made.json["flags"] == [{"code": "future_date", "pointer": "/observed_at"}]
    assert step(world, made.json["id"], "note", text="三年级二班，13812345678").status_code == 201
    shown = asked(lead_page(world, made.json["id"]), "办理").text
    hints = shown.partition("可能指向")[2] or shown
    for words in ("日期晚于当日", "电话", "班级"):
        assert words in hints


def test_an_empty_purpose_is_asked_for(world: World) -> None:
    page = asked(lead_page(world, lead_in(world, "called")), "")
    assert (page.status, "必须填写" in page.text) == (422, True)
    assert world.person(HANDLER).get("/me").status_code == 200
