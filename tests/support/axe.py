"""What axe finds wrong with a page for those who see, hear or touch otherwise."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RUN = "options => axe.run(document, options)"


def violations(page: Page, without: tuple[str, ...] = ()) -> list[str]:
    """One line for each element and rule, but for the rules named in `without`: rule, weight, where, what."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in without}}
    found = page.evaluate(RUN, options)["violations"]
    return [
        f"{rule['id']} ({node['impact']}) {' '.join(map(str, node['target']))}: {node['html']}"
        for rule in found
        for node in rule["nodes"]
    ]
