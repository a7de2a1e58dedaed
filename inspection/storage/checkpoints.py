"""Heads of the audit log that were signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from inspection.storage.db import Base, insert_or_ignore


class CheckpointRow(Base):
    """A head that was signed: `signature` (Ed25519, 128 hex digits) is over `chain.checkpoint_text`, verified by
    `public_key` (64 hex digits)."""

    __tablename__ = "audit_checkpoint"
    chain: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seal: Mapped[str] = mapped_column(String(64))
    signed_on: Mapped[date]
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


def checkpoints_for_system(session: Session) -> Iterator[CheckpointRow]:
    yield from session.scalars(select(CheckpointRow).order_by(CheckpointRow.chain, CheckpointRow.number))


def last_checkpoint_for_system(session: Session, name: str) -> CheckpointRow | None:
    return session.scalar(
        select(CheckpointRow).where(CheckpointRow.chain == name).order_by(CheckpointRow.number.desc()).limit(1)
    )


def add_checkpoint_for_system(session: Session, row: Mapping[str, Any]) -> bool:
    """Whether it is new."""
    return insert_or_ignore(session, CheckpointRow, [row]) == 1
