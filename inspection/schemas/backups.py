"""Wire shape of a backup's first line, and how the body of each of its kinds is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from marshmallow import EXCLUDE

from inspection.domain.backups import FORMAT, VERSION, Backup, Entry, Photo
from inspection.domain.incoming import Read
from inspection.schemas.inspections import read_inspection
from inspection.schemas.problems import read_acknowledgement, read_proof
from inspection.schemas.turns import read_extension, read_objection
from inspection.schemas.wire import Choice, Id, ListOf, Part, Sha256, Text, Whole, Wire, reader

LARGEST: Final = 2**53 - 1
"""The largest whole number that a phone's JSON knows."""


class Told(Wire):
    """What a later client says beyond this is no reason to lose what it saved."""

    class Meta:
        unknown = EXCLUDE


class BackupUser(Told):
    id = Id(required=True)
    username = Text(200, least=0, required=True)
    name = Text(200, least=0, required=True)


class BackupEntry(Told):
    kind = Text(32, required=True)
    id = Id(required=True)
    path = Text(200, required=True)
    length = Whole(0, LARGEST, required=True)
    sha256 = Sha256(required=True)


class BackupPhoto(Told):
    sha256 = Sha256(required=True)
    type = Text(100, least=0, required=True)
    length = Whole(0, LARGEST, required=True)


class BackupLine(Told):
    format = Choice((FORMAT,), required=True)
    version = Whole(VERSION, VERSION, required=True)
    made_at = Text(64, least=0, required=True)  # no moment: a wrong clock refuses nothing
    client_version = Text(200, least=0, required=True)
    user = Part(BackupUser, required=True)
    entries = ListOf(Part(BackupEntry), most=100_000, required=True)
    photos = ListOf(Part(BackupPhoto), most=100_000, required=True)


def _backup(data: Mapping[str, Any]) -> Backup:
    user = data["user"]
    return Backup(
        made_at=data["made_at"],
        client_version=data["client_version"],
        user_id=user["id"],
        username=user["username"],
        name=user["name"],
        entries=[Entry(**entry) for entry in data["entries"]],
        photos=[Photo(**photo) for photo in data["photos"]],
    )


read_backup = reader(BackupLine(), _backup)

ENTRY_READERS: Final[dict[str, Callable[[bytes], Read[Any]]]] = {
    "inspection": read_inspection,
    "rectification": read_proof,
    "extension": read_extension,
    "objection": read_objection,
    "acknowledgement": read_acknowledgement,
}
