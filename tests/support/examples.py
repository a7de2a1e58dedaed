"""How many cases a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(suite: int) -> int:
    """So many in the suite, where they are the same each time; ten times as many, and new ones, in the drill."""
    return suite * 10 if settings.get_current_profile_name() == "drill" else suite
