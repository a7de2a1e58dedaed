"""Commands about what is on record: that it is as it was received, its log, how long it is kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from flask import Flask

from inspection.actions import retention
from inspection.actions.audit import reads_of
from inspection.actions.audit_export import export_log
from inspection.actions.checkpoints import rotate_audit_key
from inspection.actions.lead_keys import drop_old_keys, rotate_key
from inspection.actions.verification import verify
from inspection.app import parts_of
from inspection.documents import tables
from inspection.domain.errors import Refused
from inspection.domain.inspections import Submission
from inspection.domain.retention import RECORDS
from inspection.domain.texts import detail
from inspection.schemas.inspections import read_inspection


def run_verify(app: Flask, given: argparse.Namespace) -> int:
    del given
    count = 0
    with app.app_context():
        for fault in verify(parts_of(app).context(), _submission):
            print(fault)
            count += 1
    print(f"{count} faults" if count else "everything is as it was received, and no problem is lost")
    return 1 if count else 0


def export_audit(app: Flask, folder: Path) -> int:
    with app.app_context():
        try:
            count = export_log(parts_of(app).context(), folder)
        except OSError as error:
            print(f"inspection: {folder}: {error.strerror}", file=sys.stderr)
            return 1
    print(f"{count} entries; to verify them anywhere: python3 {folder / 'verify_audit.py'} {folder}")
    return 0


def run_audit(app: Flask, given: argparse.Namespace) -> int:
    """`export FOLDER`, `reads FILE` of one account, or `rotate-key`."""
    if given.what == "rotate-key":
        with app.app_context():
            try:
                old, new = rotate_audit_key(parts_of(app).context())
            except (OSError, ValueError) as error:
                print(f"inspection: {parts_of(app).settings.audit_key}: {error}", file=sys.stderr)
                return 1
        print(f"{new} signs from now on, in the place of {old}: write it down where the old one is written down")
        return 0
    if given.target is None:
        print("inspection: audit: where to?", file=sys.stderr)
        return 2
    if given.what == "export":
        return export_audit(app, given.target)
    if given.of is None:
        print("inspection: --of: whose reads?", file=sys.stderr)
        return 2
    with app.app_context():
        try:
            written = tables.listed(list(reads_of(parts_of(app).context(), given.of)))
        except Refused:
            print(f"inspection: {given.of}: no such user name", file=sys.stderr)
            return 1
        try:
            with given.target.open("x", encoding="utf-8-sig", newline="") as file:
                file.write(written)
        except OSError as error:
            print(f"inspection: {given.target}: {error.strerror}", file=sys.stderr)
            return 1
    return 0


def run_retention(app: Flask, given: argparse.Namespace) -> int:
    parts = parts_of(app)
    with app.app_context():
        if given.what == "run":
            for name, count in retention.erase_expired(parts.context(), parts.settings.retention).items():
                print(f"{name}: {count} erased")
            return 0
        waiting = retention.due(parts.context(), parts.settings.retention)
    for name, period in parts.settings.retention.by_class().items():
        print(f"{name}: kept for {period.days} days" + (f", {waiting[name]} due" if name in waiting else ""))
    print(f"records: {waiting['records']} inspections older than {RECORDS.days} days await their appraisal")
    return 0


def run_hold(app: Flask, given: argparse.Namespace) -> int:
    with app.app_context():
        ctx = parts_of(app).context()
        if given.what == "end":
            print(f"{retention.end_holds(ctx, given.institution)} holds ended")
            return 0
        if not 5 <= len(given.reason.strip()) <= 500:
            print("inspection: --reason: 5 to 500 characters", file=sys.stderr)
            return 2
        try:
            print("hold", retention.hold(ctx, given.institution, given.reason.strip()))
        except Refused:
            print(f"inspection: {given.institution}: no such institution", file=sys.stderr)
            return 1
    return 0


def _submission(body: bytes) -> Submission:
    read = read_inspection(body).value
    assert read is not None  # it was taken in
    return read


def change_lead_key(app: Flask, given: argparse.Namespace) -> int:
    with app.app_context():
        try:
            ctx = parts_of(app).context()
            rotate_key(ctx, given.region)
            drop_old_keys(ctx, given.region)
        except Refused as refused:
            if refused.code == "not_found":
                print(f"inspection: {given.region}: no leads of this region are known", file=sys.stderr)
                return 1
            print("inspection:", detail(refused.code, "zh_CN", refused.params), file=sys.stderr)
            return 1
    print(f"the leads of {given.region} are locked under a new key; keep a copy of it, apart from the backups")
    return 0
