"""What differs between two versions of a checklist."""

from dataclasses import replace

import pytest

from checklists.differences import Change, Differences, differences
from checklists.loader import published
from checklists.model import Answer, Checklist, Item, Section, from_document

BASE = published()["school", 1]
NONE = Differences((), (), (), (), (), (), (), False)


def with_items(checklist: Checklist, *items: Item, at: int = 0) -> Checklist:
    """The section at this place with other items."""
    sections = list(checklist.sections)
    sections[at] = replace(sections[at], items=items)
    return replace(checklist, version=2, sections=tuple(sections))


def test_a_version_does_not_differ_from_itself() -> None:
    assert not differences(BASE, BASE)
    assert not differences(BASE, from_document({**BASE.as_document(), "version": 9}))


def test_added_and_removed_items_are_named_from_their_own_version() -> None:
    first, *others = BASE.sections[0].items
    new = replace(first, code="S-01-99", text="新的一条")
    found = differences(BASE, with_items(BASE, *others, new))
    assert found == replace(NONE, added=(new,), removed=(first,))
    back = differences(with_items(BASE, *others, new), BASE)
    assert (back.added, back.removed) == ((first,), (new,))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "另一句话"),
        ("text_en", "Another sentence"),
        ("method", ("test",)),
        ("recommendation", ("C",)),
        ("legal_basis", ()),
        ("answer", Answer("number", {"min": 7})),
        ("applies_when", ("canteen",)),
        ("severity", None),
        ("photo", "forbidden"),
        ("due_days", 99),
        ("red_line", "R1"),
        ("responsible", "department"),
        ("advice", "另一条建议"),
    ],
)
def test_each_field_of_an_item(name: str, value: object) -> None:
    first, *others = BASE.sections[0].items
    changed = replace(first, **{name: value})
    found = differences(BASE, with_items(BASE, changed, *others))
    (item,) = found.changed
    assert (item.code, item.now) == (first.code, changed)
    assert item.changes == (Change(name, getattr(first, name), value),)
    assert found == replace(NONE, changed=found.changed)


def test_sections_and_the_head() -> None:
    section = Section("S-90", "新的部分", "New part", (replace(BASE.sections[0].items[0], code="S-90-01"),))
    renamed = replace(BASE.sections[1], title="另一个名称")
    after = replace(BASE, title="新名称", kinds=("school", "kindergarten"))
    after = replace(after, sections=(section, renamed, *BASE.sections[2:]))
    found = differences(BASE, after)
    assert found.head == (Change("title", BASE.title, "新名称"), Change("kinds", ("school",), after.kinds))
    assert (found.added_sections, found.removed_sections) == ((section,), (BASE.sections[0],))
    assert found.added == section.items
    assert found.removed == BASE.sections[0].items
    assert [(one.code, one.changes) for one in found.changed_sections] == [
        (renamed.code, (Change("title", BASE.sections[1].title, "另一个名称"),))
    ]


def test_another_order_alone_is_a_difference() -> None:
    items = BASE.sections[0].items
    found = differences(BASE, with_items(BASE, *reversed(items)))
    assert found
    assert found == replace(NONE, reordered=True)
    swapped = replace(BASE, sections=(BASE.sections[1], BASE.sections[0], *BASE.sections[2:]))
    assert differences(BASE, swapped).reordered
