"""Wire shapes of figures."""

from __future__ import annotations

import dataclasses
from typing import Any

from inspection.domain.figures import CELLS, GROUPS, Stats
from inspection.schemas.queries import Region
from inspection.schemas.wire import Choice, Day, ListOf, MapOf, Moment, Number, Part, Text, Truth, Whole, Wire


class StatsQuery(Wire):
    group_by = Choice(GROUPS, required=True)
    first_on = Day(data_key="from")
    last_on = Day(data_key="to")
    region = Region()


class StatsPageQuery(StatsQuery):
    """The same of a reader, who need not say by what."""

    group_by = Choice(GROUPS)


class RateSchema(Wire):
    """A share with its parts; `value` null where there is nothing to divide by or a part is withheld."""

    numerator = Whole(0, 2**31, allow_none=True)
    denominator = Whole(0, 2**31, allow_none=True)
    value = Number(0, 1, allow_none=True)


class StatsRowSchema(Wire.from_dict({name: Whole(0, 2**31, allow_none=True) for name in CELLS})):  # type: ignore[misc]
    """Null cells are withheld because they are small."""

    key = Text(64)
    label = Text(500)
    rate = Part(RateSchema)
    on_time_rate = Part(RateSchema)


class StatsSchema(Wire):
    group_by = Choice(GROUPS)
    region = Text(6)
    first_on = Day(data_key="from", allow_none=True)
    last_on = Day(data_key="to", allow_none=True)
    as_of = Moment()
    rows = ListOf(Part(StatsRowSchema), most=100_000)
    withheld = Truth()


def stats_body(stats: Stats) -> dict[str, Any]:
    """One flat object for each row: its cells beside its name and rates."""
    rows = [
        {**row.cells, "key": row.key, "label": row.label, "rate": row.rate, "on_time_rate": row.on_time_rate}
        for row in stats.rows
    ]
    return {field.name: getattr(stats, field.name) for field in dataclasses.fields(stats)} | {"rows": rows}


class SumSchema(Wire):
    """Null where it is withheld because it is small."""

    institutions = Whole(0, 2**31, allow_none=True)
    total = Number(0, 1e15, allow_none=True)


class NumberRowSchema(Wire):
    """Null cells are withheld because they are small."""

    key = Text(64)
    label = Text(500)
    institutions = Whole(0, 2**31, allow_none=True)
    vetting = Part(RateSchema)
    items = MapOf(Text(32), Part(SumSchema), most=1000)
