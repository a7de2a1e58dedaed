"""What differs between two versions of a checklist, part by part and field by field. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from checklists.model import Checklist, Item, Section


@dataclass(frozen=True, slots=True)
class Change:
    """A field by its name, with what it was and what it is."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """A section or an item that both versions have, as it is in the later one."""

    code: str
    now: Section | Item
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """`head`: of the checklist's own titles and kinds. Sections and items are told apart by their codes; an added
    section's items are among the added items. `reordered`: what both versions have stands in another order."""

    head: tuple[Change, ...]
    added_sections: tuple[Section, ...]
    removed_sections: tuple[Section, ...]
    changed_sections: tuple[Changed, ...]
    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    changed: tuple[Changed, ...]
    reordered: bool

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


P = TypeVar("P", Section, Item)


def differences(before: Checklist, after: Checklist) -> Differences:
    """Of the later version against the earlier one, each in the order of the version that has it."""
    old_sections, new_sections = _by_code(before.sections), _by_code(after.sections)
    old, new = _by_code(tuple(before.items())), _by_code(tuple(after.items()))
    return Differences(
        head=_changes(before, after, ("title", "title_en", "kinds")),
        added_sections=_only(new_sections, old_sections),
        removed_sections=_only(old_sections, new_sections),
        changed_sections=_changed(old_sections, new_sections, ("title", "title_en")),
        added=_only(new, old),
        removed=_only(old, new),
        changed=_changed(old, new, tuple(part.name for part in fields(Item) if part.name != "code")),
        reordered=_in_common(old_sections, new_sections) != _in_common(new_sections, old_sections)
        or _in_common(old, new) != _in_common(new, old),
    )


def _by_code(parts: Sequence[P]) -> dict[str, P]:
    return {part.code: part for part in parts}


def _only(here: Mapping[str, P], there: Mapping[str, P]) -> tuple[P, ...]:
    return tuple(part for code, part in here.items() if code not in there)


def _in_common(here: Mapping[str, P], there: Mapping[str, P]) -> list[str]:
    return [code for code in here if code in there]


def _changed(old: Mapping[str, P], new: Mapping[str, P], names: Sequence[str]) -> tuple[Changed, ...]:
    found = ((code, part, _changes(old[code], part, names)) for code, part in new.items() if code in old)
    return tuple(Changed(code, part, changes) for code, part, changes in found if changes)


def _changes(before: object, after: object, names: Sequence[str]) -> tuple[Change, ...]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return tuple(Change(name, old, new) for name, old, new in pairs if old != new)
