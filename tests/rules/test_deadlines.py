"""Due dates, classes and the stages at which somebody is told, also after an outage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspection.domain.calendar import Calendar
from inspection.domain.deadlines import (
    ISSUE_STAGES,
    REVIEW_STAGES,
    UNIT_STAGES,
    Stage,
    StagePlan,
    classify,
    due_on,
    issue_due_on,
    moved,
    next_due_on,
    notice_start,
    plan_stages,
    proof_completion_due_on,
    recomputed,
    review_due_on,
    was_on_time,
)


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))


CALENDAR = Calendar(
    rest_days=days(date(2026, 2, 15), date(2026, 2, 23)) | days(date(2026, 10, 1), date(2026, 10, 7)),
    work_days=frozenset({date(2026, 2, 14), date(2026, 2, 28), date(2026, 9, 20), date(2026, 10, 10)}),
    announced_years=frozenset({2026}),
)
DUE = date(2026, 11, 23)

# Due dates


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 9, 16), 15, date(2026, 10, 8)),  # 1 October moves behind the holiday
        (date(2026, 9, 22), 15, date(2026, 10, 8)),  # 7 October, its last day
        (date(2026, 9, 23), 15, date(2026, 10, 8)),
        (date(2026, 9, 15), 15, date(2026, 9, 30)),  # the day before it
        (date(2026, 9, 25), 15, date(2026, 10, 10)),  # a Saturday on which people work
        (date(2026, 9, 5), 15, date(2026, 9, 20)),  # a Sunday on which people work
        (date(2026, 1, 31), 15, date(2026, 2, 24)),  # 春节
        (date(2026, 1, 30), 15, date(2026, 2, 14)),  # the Saturday before it is worked
        (date(2026, 2, 13), 15, date(2026, 2, 28)),
        (date(2026, 3, 2), 1, date(2026, 3, 3)),  # the first day is not counted
        (date(2026, 3, 6), 1, date(2026, 3, 9)),  # a Saturday moves to Monday
        (date(2026, 12, 17), 15, date(2027, 1, 1)),  # beyond the announced years only weekends rest
        (date(2026, 12, 18), 15, date(2027, 1, 4)),
        (date(2028, 2, 14), 15, date(2028, 2, 29)),  # leap day
        (date(2027, 2, 14), 15, date(2027, 3, 1)),
    ],
)
def test_a_due_date_counts_from_the_next_day_and_ends_on_a_workday(start: date, count: int, expected: date) -> None:
    assert due_on(start, count, CALENDAR) == expected


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_zero_days_mean_the_day_itself_and_are_never_moved(start: date) -> None:
    assert due_on(start, 0, CALENDAR) == start


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 120))
def test_a_due_date_is_never_early_and_always_on_a_workday(start: date, count: int) -> None:
    due = due_on(start, count, CALENDAR)
    assert due >= start + timedelta(days=count)
    assert CALENDAR.is_workday(due)


def test_deadlines_of_a_notice_run_from_the_later_of_issue_and_service() -> None:
    assert notice_start(date(2026, 3, 2), date(2026, 3, 5)) == date(2026, 3, 5)
    assert notice_start(date(2026, 3, 5), date(2026, 3, 2)) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("old", "today", "count", "expected"),
    [
        (date(2026, 3, 31), date(2026, 3, 2), 15, date(2026, 3, 31)),  # the old date is later
        (date(2026, 3, 3), date(2026, 3, 2), 15, date(2026, 3, 9)),  # at most seven days
        (date(2026, 3, 3), date(2026, 3, 2), 3, date(2026, 3, 5)),  # or the fewer of the item
        (date(2026, 3, 3), date(2026, 9, 24), 15, date(2026, 10, 8)),  # 1 October moves
        (date(2026, 3, 3), date(2026, 10, 3), 0, date(2026, 10, 3)),  # danger: today, on a rest day
        (date(2026, 3, 7), date(2026, 3, 2), 1, date(2026, 3, 7)),  # a decided date stays where it is
    ],
)
def test_a_return_is_due_at_the_later_of_old_date_and_a_few_days(
    old: date, today: date, count: int, expected: date
) -> None:
    due, basis = next_due_on(old, today, count, CALENDAR)
    assert due == expected
    assert recomputed(basis, CALENDAR) == (due, basis)


@pytest.mark.parametrize(
    ("old", "plain", "expected"),
    [
        (date(2026, 3, 10), date(2026, 3, 12), date(2026, 3, 12)),  # to come, and later
        (date(2026, 3, 10), date(2026, 3, 6), date(2026, 3, 6)),  # to come, and earlier
        (date(2026, 3, 10), date(2026, 2, 27), date(2026, 3, 4)),  # never into the past: the next working day
        (date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 2)),  # passed, and right
        (date(2026, 3, 2), date(2026, 2, 27), date(2026, 3, 2)),  # passed: never earlier than was told
        (date(2026, 2, 27), date(2026, 3, 2), date(2026, 3, 2)),  # passed as well: what is overdue stays so
        (date(2026, 2, 27), date(2026, 3, 9), date(2026, 3, 9)),  # it was not due yet, lawfully
    ],
)
def test_where_a_date_goes_by_another_calendar(old: date, plain: date, expected: date) -> None:
    assert moved(old, plain, date(2026, 3, 3), CALENDAR) == expected


def test_review_has_five_working_days_and_issuing_three() -> None:
    assert review_due_on(date(2026, 9, 30), CALENDAR) == date(2026, 10, 13)
    assert issue_due_on(date(2026, 9, 30), CALENDAR) == date(2026, 10, 10)
    assert review_due_on(date(2026, 3, 2), CALENDAR) == date(2026, 3, 9)
    assert issue_due_on(date(2026, 3, 7), CALENDAR) == date(2026, 3, 11)  # received on a Saturday


def test_photos_of_a_proof_have_three_civil_days() -> None:
    assert proof_completion_due_on(date(2026, 9, 30)) == date(2026, 10, 3)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (DUE - timedelta(days=1), "not_due"),
        (DUE, "due_today"),
        (DUE + timedelta(days=1), "overdue"),
    ],
)
def test_a_deadline_lasts_to_its_end(today: date, expected: str) -> None:
    assert classify(DUE, today) == expected


@pytest.mark.parametrize(
    ("received", "ordered", "expected"),
    [
        (DUE, DUE, True),
        (DUE - timedelta(days=1), DUE, True),
        (DUE + timedelta(days=1), DUE, False),
        (DUE, None, True),
    ],
)
def test_on_time_is_measured_by_the_ordered_date(received: date, ordered: date | None, expected: bool) -> None:
    assert was_on_time(received, ordered) is expected


# Stages


def told(plan: StagePlan) -> dict[str, str]:
    """Role → code of the stage it hears of; every role but once."""
    pairs = [(role, message.stage.code) for message in plan.messages for role in message.roles]
    assert len(pairs) == len(dict(pairs)), "a role was addressed twice in one walk"
    return dict(pairs)


def codes(plan: StagePlan) -> list[str]:
    return [stage.code for stage in plan.reached]


def walk(
    due: date, stages: Sequence[Stage], since: date, on: Sequence[date]
) -> tuple[list[str], list[tuple[date, str, str]]]:
    """Walks on these days, each recording what it reached: all codes recorded, and who was told what when."""
    recorded: list[str] = []
    messages: list[tuple[date, str, str]] = []
    for today in on:
        plan = plan_stages(due, today, tuple(stages), frozenset(recorded), since)
        messages += [(today, role, code) for role, code in told(plan).items()]
        recorded += codes(plan)
    return recorded, messages


def every_day(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def test_the_stages_are_those_of_the_contract() -> None:
    def table(stages: Sequence[Stage]) -> list[tuple[int, tuple[str, ...], str | None]]:
        return [(stage.days, stage.roles, stage.proposal) for stage in stages]

    assert table(UNIT_STAGES) == [
        (-7, ("unit",), None),
        (-3, ("unit",), None),
        (-1, ("unit",), None),
        (0, ("unit",), None),
        (1, ("unit", "reviewer"), None),
        (7, ("supervisor",), None),
        (15, ("supervisor", "proc_inspector"), "listed_supervision"),
        (30, ("proc_inspector",), "procuratorial_recommendation"),
    ]
    for stages in (REVIEW_STAGES, ISSUE_STAGES):
        assert table(stages) == [(0, ("reviewer",), None), (1, ("reviewer",), None), (7, ("supervisor",), None)]


@pytest.mark.parametrize("stages", [UNIT_STAGES, REVIEW_STAGES, ISSUE_STAGES], ids=["unit", "review", "issue"])
def test_a_daily_walk_tells_each_stage_on_its_day(stages: Sequence[Stage]) -> None:
    since = DUE - timedelta(days=20)
    recorded, messages = walk(DUE, stages, since, every_day(since, DUE + timedelta(days=60)))
    assert recorded == [stage.code for stage in stages]
    assert messages == [
        (DUE + timedelta(days=stage.days), role, stage.code) for stage in stages for role in stage.roles
    ]


def test_nothing_is_said_before_the_first_reminder() -> None:
    plan = plan_stages(DUE, DUE - timedelta(days=8), UNIT_STAGES, frozenset(), DUE - timedelta(days=30))
    assert (plan.reached, plan.messages) == ((), ())


def test_after_an_outage_each_role_hears_of_its_latest_stage_alone() -> None:
    plan = plan_stages(DUE, DUE + timedelta(days=40), UNIT_STAGES, frozenset(), DUE - timedelta(days=30))
    assert codes(plan) == [stage.code for stage in UNIT_STAGES]
    assert told(plan) == {
        "unit": "due_+1",
        "reviewer": "due_+1",
        "supervisor": "due_+15",
        "proc_inspector": "due_+30",
    }


def test_a_short_outage_is_made_up_for_by_the_latest_reminder() -> None:
    plan = plan_stages(DUE, DUE - timedelta(days=2), UNIT_STAGES, frozenset({"due_-7"}), DUE - timedelta(days=15))
    assert codes(plan) == ["due_-3"]
    assert told(plan) == {"unit": "due_-3"}


def test_reminders_from_before_the_clock_began_are_recorded_in_silence() -> None:
    since = DUE - timedelta(days=2)
    plan = plan_stages(DUE, since, UNIT_STAGES, (), since)
    assert codes(plan) == ["due_-7", "due_-3"]
    assert plan.messages == ()


def test_a_reminder_of_the_very_day_the_clock_began_is_sent() -> None:
    since = DUE - timedelta(days=3)
    assert told(plan_stages(DUE, since, UNIT_STAGES, (), since)) == {"unit": "due_-3"}


def test_what_is_due_on_the_day_it_begins_is_told_at_once() -> None:
    plan = plan_stages(DUE, DUE, UNIT_STAGES, frozenset(), DUE)
    assert codes(plan) == ["due_-7", "due_-3", "due_-1", "due_0"]
    assert told(plan) == {"unit": "due_0"}


SINCE = st.dates(date(2026, 1, 1), date(2028, 3, 1))
KINDS = st.sampled_from([UNIT_STAGES, REVIEW_STAGES, ISSUE_STAGES])


@settings(max_examples=60)
@given(SINCE, st.integers(-10, 40), st.integers(0, 60), KINDS)
@example(date(2026, 2, 27), 7, 40, UNIT_STAGES)
def test_one_walk_after_an_outage_does_what_daily_walks_would_have_done(
    since: date, until_due: int, outage: int, stages: Sequence[Stage]
) -> None:
    due, today = since + timedelta(days=until_due), since + timedelta(days=outage)
    recorded, messages = walk(due, stages, since, every_day(since, today))
    after = plan_stages(due, today, stages, (), since)
    assert set(codes(after)) == set(recorded)
    assert len(recorded) == len(set(recorded))
    by_code = {stage.code: stage for stage in stages}
    deserved = {role for _, role, code in messages if by_code[code].days >= 0}
    assert deserved <= set(told(after))


@settings(max_examples=60)
@given(SINCE, st.integers(-10, 40), st.sets(st.integers(0, 60), min_size=1), KINDS)
def test_walks_with_any_gaps_record_each_stage_once_and_the_role_hears_the_last(
    since: date, until_due: int, walked: set[int], stages: Sequence[Stage]
) -> None:
    due = since + timedelta(days=until_due)
    on = [since + timedelta(days=n) for n in sorted(walked)]
    recorded, messages = walk(due, stages, since, on)
    passed = [stage for stage in stages if due + timedelta(days=stage.days) <= on[-1]]
    assert recorded == [stage.code for stage in passed]
    heard = {role: code for _, role, code in messages}
    for role in {role for stage in passed for role in stage.roles}:
        *_, last = [stage for stage in passed if role in stage.roles]
        if last.days >= 0:
            assert heard[role] == last.code


@given(SINCE, st.integers(-10, 40), st.integers(0, 60), KINDS)
def test_again_on_the_same_day_plans_nothing(since: date, until_due: int, outage: int, stages: Sequence[Stage]) -> None:
    due, today = since + timedelta(days=until_due), since + timedelta(days=outage)
    first = plan_stages(due, today, stages, (), since)
    again = plan_stages(due, today, stages, frozenset(codes(first)), since)
    assert again == StagePlan((), (), again.next_on)
    assert again.next_on is None or again.next_on > today


@given(SINCE, st.integers(0, 40), st.integers(0, 60))
def test_no_reminder_of_a_day_before_the_clock_is_ever_sent(since: date, until_due: int, outage: int) -> None:
    due, today = since + timedelta(days=until_due), since + timedelta(days=outage)
    plan = plan_stages(due, today, UNIT_STAGES, (), since)
    early = {stage.code for stage in UNIT_STAGES if stage.days < 0 and due + timedelta(days=stage.days) < since}
    assert early.isdisjoint(told(plan).values())
    assert all(message.stage in plan.reached and message.roles for message in plan.messages)


@given(SINCE, st.integers(-10, 40), st.sets(st.sampled_from([stage.code for stage in UNIT_STAGES])), st.integers(0, 60))
def test_what_was_recorded_before_is_neither_recorded_nor_told_again(
    since: date, until_due: int, already: set[str], outage: int
) -> None:
    due, today = since + timedelta(days=until_due), since + timedelta(days=outage)
    plan = plan_stages(due, today, UNIT_STAGES, frozenset(already), since)
    assert already.isdisjoint(codes(plan))
    assert already.isdisjoint(told(plan).values())
