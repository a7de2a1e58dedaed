"""The schema's revisions, by Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine
from sqlalchemy.orm import Session

FOLDER: Final = Path(__file__).parents[2] / "migrations"


@cache
def head_revision() -> str:
    """What `.current-head` says; a test holds it to the newest revision."""
    return (FOLDER / ".current-head").read_text(encoding="ascii").strip()


def current_revision(session: Session) -> str | None:
    """The revision of the database; None where there is no schema."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def configuration(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    command.upgrade(configuration(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    command.downgrade(configuration(engine), revision)
