"""Every text for people, by code, in Chinese and English: `zh_CN.toml` and `en.toml` beside this module, those of
the phone client in `phone.zh_CN.toml` and `phone.en.toml`, and those of the desk by noun in `desk/`.

The files of the two languages have the same keys; a test holds them together.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("zh_CN", "en")
SHARED_WITH_PHONE: Final = (
    "severity",
    "status",
    "deadline_class",
    "holder",
    "event",
    "flag",
    "fault",
    "role",
    "kind",
    "mode",
    "attribute",
    "na",
)


@cache
def texts(language: str) -> dict[str, dict[str, str]]:
    """All texts of a language: section → code → text."""
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def phone_texts(language: str) -> dict[str, dict[str, str]]:
    """The phone client's own texts, and the words that it shares with the desk."""
    own = tomllib.loads(Path(__file__).with_name(f"phone.{language}.toml").read_text(encoding="utf-8"))
    shared = texts(language)
    return {**{section: shared[section] for section in SHARED_WITH_PHONE}, **own}


@cache
def desk_texts(language: str) -> dict[str, dict[str, Any]]:
    """The desk's texts: noun → code → text, or a table of texts."""
    folder = Path(__file__).with_name("desk")
    return {
        path.name.partition(".")[0]: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob(f"*.{language}.toml"))
    }


def language_of(accept: str) -> str:
    """Of an `Accept-Language` header: English where it is preferred to Chinese, else Chinese."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept.split(",")):
        tag, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("zh", "en") and weight > 0:
            ranked.append((-weight, position, "en" if primary == "en" else "zh_CN"))
    return min(ranked)[2] if ranked else "zh_CN"


def title(code: str, language: str) -> str:
    return texts(language)["title"][code]


def detail(code: str, language: str, params: Mapping[str, Any]) -> str:
    return _filled(texts(language)["detail"][code], params)


def fault_text(code: str, language: str, params: Mapping[str, Any]) -> str:
    return _filled(texts(language)["fault"][code], params)


def notification_text(kind: str, language: str, params: Mapping[str, Any]) -> str:
    """What is not known, such as the number of a problem that has none yet, is shown as a dash; `unmet` says that
    `text` is what an item requires, and not what was found."""
    known = texts(language)
    shown = {name: "—" if value is None else value for name, value in params.items()}
    if params.get("unmet"):
        shown["text"] = known["problem"]["unmet"] + params["text"]
    if params.get("reason") in known["reason"]:
        shown["reason"] = known["reason"][params["reason"]]
    return _filled(known["notification"][kind], shown)


def backup_text(code: str, language: str, params: Mapping[str, Any]) -> str:
    return _filled(texts(language)["backup"][code], params)


def finding_text(code: str, language: str, params: Mapping[str, Any]) -> str:
    """What `doctor` found."""
    return _filled(desk_texts(language)["system"]["finding"][code], params)


def word(section: str, code: str, language: str) -> str:
    return texts(language)[section][code]


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _filled(text: str, params: Mapping[str, Any]) -> str:
    shown = {
        key: "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for key, value in params.items()
    }
    return text.format_map(_Given(shown))
