"""The life of a problem as a picture, drawn from the state table so that it cannot lie. Printed by
`python -m inspection.domain.picture`; a test holds the documentation to it."""

from __future__ import annotations

from inspection.domain.problems import FINISHED, STATUSES, TURNS


def mermaid() -> str:
    """A state diagram in Mermaid's language; turns that are not offered yet stand in brackets."""
    lines = [
        "stateDiagram-v2",
        "    [*] --> found",
        "    [*] --> open : R2 or 0 days",
        "    [*] --> submitted : fixed on the spot",
    ]
    for turn in TURNS:
        label = turn.action if turn.offered else f"[{turn.action}]"
        for source in sorted(turn.sources, key=STATUSES.index):
            targets = [turn.target or source]
            if turn.target == "open" and source == "submitted":
                targets.append("found")
            for target in targets:
                note = " (no number yet)" if target == "found" and source == "submitted" else ""
                lines.append(f"    {source} --> {target} : {label}{note}")
    lines += [f"    {status} --> [*]" for status in STATUSES if status in FINISHED]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(mermaid(), end="")
