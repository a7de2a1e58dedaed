"""The unit of work: one action, one transaction, one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from inspection.domain.errors import Refused
from inspection.storage.audit import APPENDED, PENDING, append_for_system
from inspection.storage.db import write_queue

P = ParamSpec("P")
R = TypeVar("R")


class UnitMisused(RuntimeError):
    """A unit was opened inside a unit, or on a session with unsaved changes."""


@contextmanager
def unit(session: Session) -> Iterator[Session]:
    """Commit at the end, roll back on any exception. On SQLite the session's read transaction is ended first, because
    a transaction that reads first and writes later can be refused however long it waits; elsewhere the unit goes on
    in it, three round trips cheaper. Either way nothing read before (the actor above all) is a row that is trusted."""
    if session.new or session.dirty or session.deleted:
        raise UnitMisused("unsaved changes before the unit")
    if session.info.get("in_unit"):
        raise UnitMisused("a unit inside a unit")
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    queued = engine.dialect.name == "sqlite"
    if queued:
        session.rollback()
    else:
        session.expire_all()
    with write_queue(engine):
        session.info["in_unit"] = True
        session.info[PENDING], session.info[APPENDED] = [], {}
        try:
            if queued:
                session.connection(execution_options={"write": True})
            yield session
            session.flush()
            append_for_system(session)
            session.commit()
        except StaleDataError:
            session.rollback()
            raise Refused("lost_race") from None
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("in_unit", None)
            session.info.pop(PENDING, None)
            session.info.pop(APPENDED, None)


def once_more(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action again when a concurrent twin may have been first: it took the client-made id between the look and
    the insert, or it made the turn that is now refused. The second run finds the twin's row and answers from it."""

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return action(*args, **kwargs)
        except IntegrityError:
            return action(*args, **kwargs)
        except Refused as refused:
            if refused.status != HTTPStatus.CONFLICT or refused.code == "conflict":
                raise
            return action(*args, **kwargs)

    return run
