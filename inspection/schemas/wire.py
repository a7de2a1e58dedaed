"""The shapes that go over the wire: fields whose errors are codes, and how errors become faults with pointers.

A field's error text is `code` or `code:name=value,…`; the texts for people stand by code in `domain/texts/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, date, tzinfo
from typing import Any, ClassVar, Final, TypeVar

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from inspection.domain.errors import Fault, Refused, pointer
from inspection.domain.incoming import Read

ZONE: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
"""The zone in which moments are written, set per request."""

FIRST_DATE, LAST_DATE = date(1990, 1, 1), date(2100, 1, 1)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""Control characters, and those that turn the direction of what follows: a name would read otherwise than it is."""

SHA256: Final = r"^[0-9a-f]{64}$"

CODES: Final = {
    "required": "required",
    "null": "null_not_allowed",
    "validator_failed": "not_allowed_here",
    "invalid": "wrong_type",
    "type": "wrong_type",
    "unknown": "unknown_key",
}


class Wire(Schema):
    """Unknown keys are faults; every message is a code.

    `plain`: the view's fields are the wire's, in name and shape, so that it is written as it is; a list of many lines
    would otherwise spend most of its time here.
    """

    plain: ClassVar[bool] = False

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "unknown_key", "type": "wrong_type"}


def _coded(**more: str) -> dict[str, str]:
    return {**CODES, **more}


class Text(fields.String):
    """Text of bounded length without control characters (line breaks and tabs are text)."""

    default_error_messages = _coded(invalid_utf8="wrong_type", control="control_character")

    def __init__(self, most: int, least: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=least, max=most, error="length:min={min},max={max}"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if CONTROL.search(text):
            raise self.make_error("control")
        return text


class Words(Text):
    """Text that says something: more than blanks, which are taken off its ends."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if text and not text.strip():
            raise self.make_error("required")
        return text.strip()


class Pattern(validate.Regexp):
    """Of the whole text: a `$` alone would let a line break at its end pass."""

    def __call__(self, value: str) -> str:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Sha256(fields.String):
    default_error_messages = _coded(invalid_utf8="wrong_type")

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=Pattern(SHA256, error="not_a_hash"), **options)


class Id(fields.UUID):
    default_error_messages = _coded(invalid_uuid="not_a_uuid")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, str) or len(value) != 36:
            raise self.make_error("invalid_uuid")
        return super()._deserialize(value, attr, data, **options)


class Whole(fields.Integer):
    """A bounded integer, never a boolean, a text or a fraction."""

    default_error_messages = _coded(too_large="wrong_type")

    def __init__(self, least: int, most: int, **options: Any) -> None:
        check = validate.Range(min=least, max=most, error="range:min={min},max={max}")
        super().__init__(strict=True, validate=check, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **options)


class Number(fields.Float):
    default_error_messages = _coded(too_large="wrong_type", special="wrong_type")

    def __init__(self, least: float, most: float, **options: Any) -> None:
        check = validate.Range(min=least, max=most, error="range:min={min},max={max}")
        super().__init__(allow_nan=False, validate=check, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **options)


class Truth(fields.Boolean):
    """True or false, and nothing that looks like it."""

    default_error_messages = _coded()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(fields.Date):
    """A civil date, `YYYY-MM-DD`."""

    default_error_messages = _coded(invalid="date_malformed", format="date_malformed", out_of_range="date_out_of_range")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")
        day = super()._deserialize(value, attr, data, **options)
        if not FIRST_DATE <= day <= LAST_DATE:
            raise self.make_error("out_of_range")
        return day


class Moment(fields.AwareDateTime):
    """A moment with its offset (RFC 3339), written in the configured zone."""

    default_error_messages = _coded(
        invalid="moment_malformed",
        invalid_awareness="offset_missing",
        format="moment_malformed",
        out_of_range="date_out_of_range",
    )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        moment = super()._deserialize(value, attr, data, **options)
        if not FIRST_DATE <= moment.date() <= LAST_DATE:
            raise self.make_error("out_of_range")
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        if value is None:
            return None
        return value.astimezone(ZONE.get()).isoformat()


class Choice(fields.String):
    default_error_messages = _coded(invalid_utf8="wrong_type")

    def __init__(self, choices: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(choices, error="not_a_choice:choices={choices}"), **options)


class ListOf(fields.List):
    default_error_messages = _coded()

    def __init__(self, inner: fields.Field[Any], most: int, **options: Any) -> None:
        super().__init__(inner, validate=validate.Length(max=most, error="too_many:max={max}"), **options)


class MapOf(fields.Dict):
    default_error_messages = _coded()

    def __init__(self, keys: fields.Field[Any], values: fields.Field[Any], most: int, **options: Any) -> None:
        super().__init__(
            keys=keys, values=values, validate=validate.Length(max=most, error="too_many:max={max}"), **options
        )


class Part(fields.Nested):
    """An object of its own schema."""

    default_error_messages = _coded()


class Anything(fields.Raw):
    """A value that something else than the schema judges."""

    default_error_messages = _coded()


def faults_of(messages: Any, schema: Schema) -> list[Fault]:
    """Marshmallow's nested messages as faults, each with its JSON pointer."""
    return list(_walk(messages, schema, ()))


def _walk(messages: Any, shape: Any, path: tuple[str | int, ...]) -> list[Fault]:
    if isinstance(messages, str):
        return [_fault(messages, path)]
    if isinstance(messages, list):
        return [fault for message in messages for fault in _walk(message, shape, path)]
    faults: list[Fault] = []
    for key, below in messages.items():
        if key == "_schema":
            faults += _walk(below, None, path)
        elif isinstance(shape, Part):
            faults += _walk({key: below}, shape.schema, path)
        elif isinstance(shape, fields.List):
            faults += _walk(below, shape.inner, (*path, key))
        elif isinstance(shape, fields.Dict):
            for part, field in (("key", shape.key_field), ("value", shape.value_field)):
                if part in below:
                    faults += _walk(below[part], field, (*path, key))
        elif isinstance(shape, Schema):
            field = shape.fields.get(key)
            name = field.data_key if field is not None and field.data_key else key
            faults += _walk(below, field, (*path, name))
        else:
            faults += _walk(below, None, (*path, key))
    return faults


def _fault(message: str, path: tuple[str | int, ...]) -> Fault:
    code, _, rest = message.partition(":")
    params: dict[str, Any] = {}
    if rest.startswith("choices="):
        params["choices"] = rest.removeprefix("choices=").split(", ")
    elif rest:
        params = dict(pair.split("=", 1) for pair in rest.split(","))
    return Fault(pointer(*path), code, params)


T = TypeVar("T")


def reader(schema: Schema, make: Callable[[Mapping[str, Any]], T]) -> Callable[[bytes], Read[T]]:
    """Bytes → value and faults. Where some parts are malformed, `make` gets the well-formed ones and may still
    build a value of them (KeyError: it cannot), so that the checklist's faults are told together with the shape's."""

    def parse(raw: bytes) -> Read[T]:
        data = load_json(raw)
        try:
            return Read(make(schema.load(data)))
        except ValidationError as error:
            faults = tuple(faults_of(error.messages, schema))
            partial = error.valid_data if isinstance(error.valid_data, dict) else {}
        try:
            return Read(make(partial), faults)
        except (KeyError, TypeError, AttributeError):
            return Read(None, faults)

    return parse


def load_json(raw: bytes) -> Any:
    """Strict JSON in UTF-8; `Refused("malformed_json")` for anything else."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused("malformed_json") from None
