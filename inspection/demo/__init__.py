"""Demo data: twelve institutions in three districts, with problems in every state. Fictional throughout."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from uuid import UUID

from inspection.actions import setup
from inspection.actions.accounts import create_account
from inspection.actions.context import Context
from inspection.demo.cast import EDUCATION, INSTITUTIONS, PEOPLE
from inspection.demo.story import Stage, acknowledge, inspect, issue, plan, prove, review
from inspection.domain.actor import Actor, Grant
from inspection.settings import Settings
from inspection.storage import accounts
from inspection.storage.secrets import kept_secret


def is_empty(ctx: Context) -> bool:
    """Whether nobody works with this database yet."""
    return accounts.count_for_system(ctx.session) == 0


def password(settings: Settings) -> str:
    """The password of every demo account; made once and kept in the data directory when none is set."""
    if settings.demo_password is not None:
        return settings.demo_password
    return kept_secret(settings.data_dir / "demo-password", lambda: secrets.token_urlsafe(9))


def welcome(bind: str, settings: Settings) -> str:
    stop = f"  Ctrl-C stops everything; the data stays in {settings.data_dir}"
    phone = f"http://{bind}/m/  for inspectors and schools, on a phone"
    return f"\n  http://{bind}\n  {phone}\n\n{accounts_table(settings)}\n\n{stop}\n"


def accounts_table(settings: Settings) -> str:
    """Every demo account with its roles, and the password they share."""
    lines = [f"  demo accounts (password: {password(settings)})"]
    for person in PEOPLE:
        if person.shown:
            roles = ", ".join(f"{grant.role} {grant.region_code}" for grant in person.grants)
            place = INSTITUTIONS[person.institution].name if person.institution is not None else ""
            lines.append(f"    {person.username:<13} {roles or 'unit'} {place or person.organisation}")
    return "\n".join(lines)


def add_institutions(ctx: Context) -> list[UUID]:
    """Those of the cast, in its order."""
    return [
        setup.add_institution(
            ctx,
            place.name,
            place.kind,
            place.region_code,
            place.department or EDUCATION[place.region_code],
            place.profile,
            place.address,
            place.telephone,
        )
        for place in INSTITUTIONS
    ]


def seed(ctx: Context, shared_password: str) -> None:
    """Into an empty database that is at the head of its schema."""
    setup.prepare(ctx)
    places = add_institutions(ctx)
    actors: dict[str, Actor] = {}
    for person in PEOPLE:
        grants = person.grants
        if person.institution is not None:
            grants = (Grant("unit", None, places[person.institution]),)
        create_account(ctx, person.username, person.name, person.organisation, shared_password, grants, person.sex)
        user = accounts.find_user_for_system(ctx.session, person.username)
        assert user is not None
        actor = accounts.actor_for_system(ctx.session, user.id, recent_since=ctx.now())
        assert actor is not None
        actors[person.username] = actor
    stage = Stage(ctx, actors, places)
    _xincheng(stage)
    _huimin_and_yuquan(stage)
    _planned(stage)
    setup.mark_demo(ctx)


def _planned(stage: Stage) -> None:
    """One visit that was not done, one of today, and one to come."""
    plan(stage, stage.on(6), "bureau", 3, 3, ("inspector2", "procurator"), "回头看食堂留样")
    plan(stage, stage.on(2), "bureau", 0, 2, ("inspector", "procurator"), "复核宿舍和监控")
    plan(stage, stage.on(1), "bureau", 1, 4, ("inspector", "inspector2"), "")


def _provisional_day(ctx: Context) -> date:
    """A day in the first year whose calendar is not announced."""
    calendar, year = ctx.calendar(), ctx.today().year
    while year in calendar.announced_years:
        year += 1
    return calendar.next_workday(date(year, 1, 15))


def _xincheng(stage: Stage) -> None:
    """150102: one problem in every state."""
    today = stage.ctx.today()
    first = inspect(
        stage,
        stage.on(24),
        "inspector",
        0,
        {
            "S-01-05": {"fact": "最近一次全员培训已超过一年，无签到和课件"},
            "S-03-04": {"fact": "器材室、地下储藏间未上锁，无巡查记录", "place": "综合楼负一层、二层东"},
            "S-05-01": {"fact": "宿舍楼西侧与操场交界处无监控覆盖", "place": "操场西北角"},
            "S-05-06": {"fact": "上学时段校门无护学岗，来访登记缺三天", "place": "正门"},
            "S-05-07": {"fact": "重点部位巡查每日不足五次，抽查三天均缺夜间记录"},
            "S-04-01": {"fact": "女生宿舍维修人员进入无登记、无陪同", "place": "2号宿舍楼"},
            "S-08-02": {"fact": "本学年未开展欺凌专项调查"},
            "S-08-05": {"fact": "学生手机未统一管理"},
            "S-07-04": {"fact": "预防犯罪教育未列入教学计划"},
        },
    )
    notice = issue(
        stage,
        stage.on(22),
        "bureau",
        first,
        {
            "S-01-05": today + timedelta(days=12),
            "S-03-04": today,
            "S-05-01": today - timedelta(days=9),
            "S-05-06": today - timedelta(days=2),
            "S-05-07": today + timedelta(days=3),
            "S-04-01": today - timedelta(days=12),
            "S-08-02": today + timedelta(days=5),
            "S-07-04": _provisional_day(stage.ctx),
        },
        {"S-08-05": "学校当日出示的管理制度和收纳柜照片核实，问题不成立"},
    )
    acknowledge(stage, stage.on(22, 15), "school", notice)
    proof = prove(stage, stage.on(15), "school", first, "S-04-01", "已恢复门禁登记，维修进入须两人并由女宿管陪同。")
    review(stage, stage.on(13), "bureau", first, "S-04-01", proof, "accept", "现场核实，制度和登记到位。", "inspector2")
    early = prove(stage, stage.on(6), "school", first, "S-05-06", "已安排护学岗。")
    review(
        stage,
        stage.on(4),
        "bureau",
        first,
        "S-05-06",
        early,
        "return",
        "照片看不出护学岗人员，请补拍上学时段照片并补登记。",
    )
    prove(stage, stage.on(2), "school", first, "S-05-07", "巡查表已补齐，安排两名保安夜间轮值。")
    _urgent(stage)
    _small_places(stage)


def _urgent(stage: Stage) -> None:
    """Immediate danger, told at once; and something mended while the inspectors stood there."""
    inspect(
        stage,
        stage.on(0, 9),
        "inspector2",
        4,
        {"S-09-01": {"fact": "教学楼三层东侧安全出口被铁链锁闭", "place": "教学楼三层东"}},
    )
    inspect(
        stage,
        stage.on(1, 14),
        "inspector2",
        3,
        {
            "S-03-05": {"fact": "二年级楼层未张贴求助电话", "place": "二层走廊", "fixed": "当场张贴了卡通求助提示。"},
            "S-05-04": {"fact": "一键报警测试无响应", "place": "门卫室"},
            "S-09-06": {"fact": "留样冰箱温度计失灵，两种菜品未留样", "place": "食堂"},
        },
    )


def _small_places(stage: Stage) -> None:
    today = stage.ctx.today()
    kindergarten = inspect(
        stage,
        stage.on(18),
        "inspector",
        1,
        {
            "K-03-04": {"fact": "功能室门可反锁且无观察窗", "place": "二楼美工室"},
            "K-08-05": {"fact": "滑梯护栏螺丝松动两处", "place": "户外场地"},
            "K-06-03": {"fact": "午睡后清点人数无记录"},
        },
    )
    notice = issue(
        stage, stage.on(16), "bureau", kindergarten, {"K-03-04": today - timedelta(days=1), "K-06-03": today}
    )
    acknowledge(stage, stage.on(16, 16), "kindergarten", notice)
    proof = prove(stage, stage.on(10), "kindergarten", kindergarten, "K-08-05", "螺丝已紧固，增设防撞垫。")
    review(stage, stage.on(8), "bureau", kindergarten, "K-08-05", proof, "accept", "照片清楚，同意销号。")
    centre = inspect(
        stage,
        stage.on(11),
        "inspector",
        2,
        {
            "T-02-06": {"fact": "前台未公示教学人员信息", "place": "前台"},
            "T-03-04": {"fact": "舞蹈课身体接触规范未向家长告知"},
            "T-04-01": {"fact": "二号舞蹈室监控损坏", "place": "二号舞蹈室"},
        },
    )
    issue(stage, stage.on(9), "bureau", centre, {"T-02-06": today + timedelta(days=1)})
    inspect(stage, stage.on(5), "inspector", 5, {"T-03-03": {"fact": "一对一教室玻璃被海报遮挡", "place": "三号教室"}})


def _huimin_and_yuquan(stage: Stage) -> None:
    """The other districts, so that borders between them can be seen to hold."""
    today = stage.ctx.today()
    primary = inspect(
        stage,
        stage.on(20),
        "demo-inspector-hm",
        6,
        {"S-03-04": {"fact": "楼顶通道门未锁", "place": "教学楼顶层"}, "S-05-02": {"fact": "录像只能回放十二天"}},
        "league",
    )
    issue(stage, stage.on(18), "neighbour", primary, {"S-03-04": today - timedelta(days=8)})
    inspect(
        stage, stage.on(4), "demo-inspector-hm", 7, {"K-04-05": {"fact": "一键报警未联网", "place": "门卫室"}}, "league"
    )
    inspect(
        stage,
        stage.on(3),
        "demo-inspector-hm",
        8,
        {"T-03-05": {"fact": "更衣室男女共用", "place": "泳池东侧"}},
        "league",
    )
    school = inspect(
        stage,
        stage.on(40),
        "demo-inspector-yq",
        9,
        {"S-04-05": {"fact": "宿舍楼梯口夜间画面不清", "place": "3号宿舍楼"}, "S-09-02": {"fact": "四具灭火器失压"}},
        "league",
    )
    issue(stage, stage.on(38), "demo-reviewer-yq", school, {"S-04-05": today - timedelta(days=16)})
    proof = prove(stage, stage.on(30), "demo-unit-yq", school, "S-09-02", "四具灭火器已更换，附检验标签照片。")
    review(stage, stage.on(27), "demo-reviewer-yq", school, "S-09-02", proof, "accept", "已更换，同意销号。")
    inspect(stage, stage.on(2), "demo-inspector-yq", 10, {"K-02-06": {"fact": "两名保育员健康检查过期"}}, "league")
    inspect(stage, stage.on(2, 15), "demo-inspector-yq", 11, {}, "league")
