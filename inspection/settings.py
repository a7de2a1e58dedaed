"""Settings from the environment: prefix `INSPECTION_`, read once, frozen. Anything else stops the start."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inspection.domain.actor import ROLES
from inspection.domain.passwords import RULES, PasswordRules
from inspection.domain.retention import Periods, periods
from inspection.storage.db import is_usable_url
from inspection.storage.secrets import kept_secret

PREFIX: Final = "INSPECTION_"
KNOWN: Final = {
    "DATABASE_URL": "the database; default: a SQLite file in the data directory; `postgresql+psycopg://…` at scale",
    "DATA_DIR": "where data lives; default `var/`",
    "SECRET_KEY": "signs cookies, at least 32 characters; made and kept in the data directory when absent",
    "EVIDENCE_URL": "where evidence lives; default: a folder in the data directory; `s3://bucket/prefix` at scale",
    "DEMO_PASSWORD": "password of every demo account, at least 10 characters; made and printed when absent",
    "AUDIT_KEY": "file of the key that signs the audit log's heads; default `audit-key` in the data directory",
    "RETENTION": "days that each class of data is kept, as `originals=1095,log=1095` (docs/retention.md)",
    "LEAD_KEYS": "folder of the keys of leads, a file for each region; default `lead-keys` in the data directory",
    "PASSWORD_RULES": "`mlps3` (GB/T 22239-2019, level 3; the default) or `nist` (SP 800-63B-4)",
    "SECOND_FACTOR": "roles that demand a second factor, with commas between; default: none",
    "PROXY_HOPS": "how many proxies of one's own stand in front, whose `X-Forwarded-*` is believed; default 0, none",
    "TRUSTED_HOSTS": "host names that are answered to, with commas between; default: any",
    "TIMEZONE": "the zone of dates and deadlines; default `Asia/Shanghai`",
}
HOST: Final = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]")


class BadSetting(ValueError):
    """One clear line on which setting is wrong, and how."""


@dataclass(frozen=True)
class Settings:
    database_url: str
    data_dir: Path
    secret_key: str
    evidence_url: str
    demo_password: str | None
    audit_key: Path
    retention: Periods
    lead_keys: Path
    password_rules: PasswordRules
    second_factor: frozenset[str]
    proxy_hops: int
    trusted_hosts: tuple[str, ...]
    zone: ZoneInfo

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Raises `BadSetting`. Makes the data directory and, where none is given, a secret key in it."""
        given = os.environ if environment is None else environment
        unknown = sorted(name for name in given if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in KNOWN)
        if unknown:
            raise BadSetting(f"{unknown[0]}: no such setting; known are {', '.join(PREFIX + name for name in KNOWN)}")
        data_dir = Path(given.get(f"{PREFIX}DATA_DIR") or "var").absolute()
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(f"{PREFIX}DATA_DIR: {data_dir} cannot be made: {error.strerror}") from None
        database_url = given.get(f"{PREFIX}DATABASE_URL") or f"sqlite:///{data_dir / 'inspection.sqlite'}"
        if not is_usable_url(database_url):
            raise BadSetting(f"{PREFIX}DATABASE_URL: neither sqlite:///… nor postgresql+psycopg://…")
        evidence_url = given.get(f"{PREFIX}EVIDENCE_URL") or ""
        if "://" in evidence_url and not evidence_url.startswith(("s3://", "file://")):
            raise BadSetting(f"{PREFIX}EVIDENCE_URL: neither a folder nor s3://bucket/prefix")
        password = given.get(f"{PREFIX}DEMO_PASSWORD") or None
        if password is not None and len(password) < 10:
            raise BadSetting(f"{PREFIX}DEMO_PASSWORD: at least 10 characters")
        return cls(
            database_url=database_url,
            data_dir=data_dir,
            secret_key=_secret_key(given.get(f"{PREFIX}SECRET_KEY"), data_dir),
            evidence_url=evidence_url,
            demo_password=password,
            audit_key=Path(given.get(f"{PREFIX}AUDIT_KEY") or data_dir / "audit-key").absolute(),
            retention=_periods(given.get(f"{PREFIX}RETENTION") or ""),
            lead_keys=Path(given.get(f"{PREFIX}LEAD_KEYS") or data_dir / "lead-keys").absolute(),
            password_rules=_password_rules(given.get(f"{PREFIX}PASSWORD_RULES") or "mlps3"),
            second_factor=_roles(given.get(f"{PREFIX}SECOND_FACTOR") or ""),
            proxy_hops=_proxy_hops(given.get(f"{PREFIX}PROXY_HOPS") or "0"),
            trusted_hosts=_trusted_hosts(given.get(f"{PREFIX}TRUSTED_HOSTS") or ""),
            zone=_zone(given.get(f"{PREFIX}TIMEZONE") or "Asia/Shanghai"),
        )


def _periods(given: str) -> Periods:
    try:
        return periods(given)
    except ValueError as error:
        raise BadSetting(f"{PREFIX}RETENTION: {error}") from None


def _password_rules(name: str) -> PasswordRules:
    if name not in RULES:
        raise BadSetting(f"{PREFIX}PASSWORD_RULES: {name!r} is none of {', '.join(RULES)}")
    return RULES[name]


def _roles(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(names.difference(ROLES))
    if unknown:
        raise BadSetting(f"{PREFIX}SECOND_FACTOR: {unknown[0]!r} is no role; known are {', '.join(ROLES)}")
    return names


def _proxy_hops(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise BadSetting(f"{PREFIX}PROXY_HOPS: {text!r} is none of 0 to 9")
    return int(text)


def _trusted_hosts(text: str) -> tuple[str, ...]:
    """`inspection.example`, or `.inspection.example` for that and all beneath it."""
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    wrong = next((name for name in names if not HOST.fullmatch(name)), None)
    if wrong is not None:
        raise BadSetting(f"{PREFIX}TRUSTED_HOSTS: {wrong!r} is no host name; neither a port nor https:// belongs to it")
    return names


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(f"{PREFIX}TIMEZONE: {name!r} is no time zone such as Asia/Shanghai") from None


def _secret_key(given: str | None, data_dir: Path) -> str:
    if given is not None:
        if len(given) < 32:
            raise BadSetting(f"{PREFIX}SECRET_KEY: at least 32 characters")
        return given
    try:
        return kept_secret(data_dir / "secret-key", lambda: secrets.token_urlsafe(48))
    except OSError as error:
        raise BadSetting(f"{PREFIX}SECRET_KEY: none given, and none can be kept: {error.strerror}") from None
