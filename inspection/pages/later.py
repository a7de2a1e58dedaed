"""Stand-ins while the places are built; each goes as its place comes."""

from __future__ import annotations

from inspection.pages.desk import PAGES, page, place

STUBS = {
    "users": ("/users", "account.list"),
    "checklists": ("/checklists", "checklist.read"),
    "checklist": ("/checklists/<code>", "checklist.read"),
}


def stand_in(name: str, path: str, permission: str) -> None:
    @place(path, permission, name=name)
    def stub(ctx, actor, **parts):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return page("workbench_apart.html")


for name, (path, permission) in STUBS.items():
    if f"desk.{name}" not in PAGES:
        stand_in(name, path, permission)
