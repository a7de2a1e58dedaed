"""The commands, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from checklists.loader import DEFINITIONS
from inspection.cli import main
from tests.support import databases
from tests.support.server import environment_for, run_command, serving_on


def test_a_new_installation_from_nothing(engine: str, tmp_path: Path) -> None:
    with databases.empty_database(engine) as url:
        environment = environment_for(url, tmp_path)
        assert "WRONG" in run_command(environment, "doctor").stdout  # no schema yet
        first, again = run_command(environment, "migrate"), run_command(environment, "migrate")
        assert "22 regions" in first.stdout
        assert "added: nothing" in again.stdout
        made = run_command(environment, "admin", "create", "qiqige")
        code = made.stdout.strip().rsplit(" ", 1)[-1]
        assert run_command(environment, "admin", "create", "qiqige").returncode == 1
        with serving_on(url, tmp_path) as server:
            signed = requests.post(
                f"{server.base}/api/v1/auth/activation",
                json={"username": "qiqige", "code": code, "password": databases.PASSWORD, "device_name": "desk"},
                timeout=30,
            )
            assert [role["role"] for role in signed.json()["user"]["roles"]] == ["secadmin"]
        future = run_command(environment, "sweep", "--today", "2030-01-01")
        assert (future.returncode, "only on demo data" in future.stderr) == (1, True)
        assert run_command(environment, "sweep").returncode == 0
        refused = run_command(environment, "demo")
        assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
        assert run_command(environment, "verify").returncode == 0


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    environment = {**environment_for("sqlite:///x", tmp_path), "INSPECTION_TYPO": "1"}
    for command in ("serve", "worker", "migrate", "doctor"):
        done = run_command(environment, command)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("inspection: INSPECTION_TYPO: no such setting")
        assert len(done.stderr.splitlines()) == 1


def test_linting_and_publishing_checklists(tmp_path: Path) -> None:
    with databases.copy("sqlite") as url:
        environment = environment_for(url, tmp_path)
        original = (DEFINITIONS / "tutoring.v1.yaml").read_text(encoding="utf-8")
        good, changed, broken = (tmp_path / f"{name}.yaml" for name in ("good", "changed", "broken"))
        good.write_text(original.replace("version: 1", "version: 2", 1), encoding="utf-8")
        changed.write_text(original.replace("责任书", "承诺书", 1), encoding="utf-8")
        broken.write_text(original.replace("severity: serious", "severity: awful", 1), encoding="utf-8")
        assert run_command(environment, "checklist", "lint", str(good)).returncode == 0
        lint = run_command(environment, "checklist", "lint", str(broken))
        assert lint.returncode == 1
        assert f"{broken}:" in lint.stdout
        assert run_command(environment, "checklist", "publish", str(broken)).returncode == 1
        assert "published" in run_command(environment, "checklist", "publish", str(good)).stdout
        assert "published already" in run_command(environment, "checklist", "publish", str(good)).stdout
        other = run_command(environment, "checklist", "publish", str(changed))
        assert (other.returncode, "raise its version" in other.stdout) == (1, True)
        with serving_on(url, tmp_path) as server:
            caller = server.caller("inspector")
            assert caller.get("/checklists/tutoring").json()["version"] == 2
            assert caller.get("/checklists/tutoring?version=1").json()["version"] == 1


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("sweep", "--today", "tomorrow"), ("checklist", "lint")])
def test_what_is_no_command_is_told(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
