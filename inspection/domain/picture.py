"""The life of a problem as a picture, drawn from the state table so that it cannot lie. Printed by
`python -m inspection.domain.picture`; a test holds the documentation to it."""

from __future__ import annotations

from inspection.domain.problems import FINISHED, STATUSES, TURNS


def mermaid() -> str:
    """A state diagram in Mermaid's language."""
    lines = [
        "stateDiagram-v2",
        "    [*] --> found",
        "    [*] --> open : R2 or 0 days",
        "    [*] --> submitted : fixed on the spot",
    ]
    for turn in TURNS:
        for source in sorted(turn.sources, key=STATUSES.index):
            lines.append(f"    {source} --> {turn.target or source} : {turn.action}")
            if turn.also is not None:
                target, when = turn.also
                lines.append(f"    {source} --> {target} : {turn.action} ({when})")
    lines += [f"    {status} --> [*]" for status in STATUSES if status in FINISHED]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(mermaid(), end="")
