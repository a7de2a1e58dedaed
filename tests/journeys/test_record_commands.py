"""The commands about what is on record, as an operator types them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspection.cli import main
from tests.journeys.test_audit_log import story
from tests.support.leads import read, report
from tests.support.world import World, new_id

Told = tuple[int, str, str]
"""How it ended, and what it said on either line."""


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    monkeypatch.setattr("inspection.cli._app", lambda: world.app)

    def run(*arguments: str) -> Told:
        capsys.readouterr()
        ended = main(list(arguments))
        said = capsys.readouterr()
        return ended, said.out, said.err

    return run


def test_the_log_is_exported_and_verified_by_its_first_key_after_another_took_its_place(
    world: World, command: Callable[..., Told], tmp_path: Path
) -> None:
    story(world)
    folder = tmp_path / "log"
    ended, said, _ = command("audit", "rotate-key")
    assert ended == 0
    new, old = (word.strip(":") for word in said.split() if len(word.strip(":")) == 64)
    assert command("audit", "export", str(folder))[0] == 0
    assert command("audit", "export", str(folder))[0] == 1  # it is there
    assert (folder / "public-key.txt").read_text().strip() == new
    for key, faults in ((old, 0), (new, 0)):
        verifier = [sys.executable, str(folder / "verify_audit.py"), str(folder), "--key", key]
        assert subprocess.run(verifier, capture_output=True, check=False).returncode == faults
    assert command("verify")[:2] == (0, "everything is as it was received, and no problem is lost\n")
    assert command("audit", "export")[0] == 2  # where to?


def test_a_file_that_holds_no_key_is_told_in_one_line(world: World, command: Callable[..., Told]) -> None:
    (world.data_dir / "audit-key").write_text("no key", encoding="ascii")
    ended, said, told = command("audit", "rotate-key")
    assert (ended, said, told.count("\n")) == (1, "", 1)
    assert "audit-key" in told
    assert world.logged("rotate_audit_key") == []


def test_what_an_account_has_read_is_written_once_into_a_new_file(
    world: World, command: Callable[..., Told], tmp_path: Path
) -> None:
    lead = report(world).json["id"]
    assert read(world, lead, purpose="=办理").status_code == 200
    file = tmp_path / "reads.csv"
    assert command("audit", "reads", str(file))[0] == 2  # whose?
    assert command("audit", "reads", str(file), "--of", "nobody")[0] == 1
    assert not file.exists()
    assert command("audit", "reads", str(file), "--of", "procurator")[0] == 0
    written = file.read_text(encoding="utf-8-sig")
    assert (lead in written, written.count("\n")) == (True, 2)
    assert command("audit", "reads", str(file), "--of", "procurator")[0] == 1
    assert file.read_text(encoding="utf-8-sig") == written


def test_what_is_due_is_shown_and_erased_unless_it_is_held(world: World, command: Callable[..., Told]) -> None:
    place = world.places[0]
    assert command("hold", "begin", new_id(), "--reason", "检察机关来函")[0] == 1
    assert command("hold", "begin", place, "--reason", "函")[0] == 2
    assert command("hold", "begin", place, "--reason", "检察机关来函")[0] == 0
    assert "originals: kept for 1095 days, 0 due" in command("retention")[1]
    ended, said, _ = command("retention", "run")
    assert (ended, {line.rsplit(": ")[1] for line in said.splitlines()}) == (0, {"0 erased"})
    assert command("hold", "end", place)[1] == "1 holds ended\n"
    assert command("hold", "end", place)[1] == "0 holds ended\n"
