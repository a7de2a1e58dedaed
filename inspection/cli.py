"""The commands. Each opens one application context and calls actions."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import orjson
from flask import Flask

from checklists.lint import lint
from checklists.loader import LintError, load
from inspection import demo, logs, record_commands, serving
from inspection.actions import backups, calendars, checklists, imports, setup
from inspection.actions.accounts import renew_activation
from inspection.actions.context import Context
from inspection.actions.doctor import examine
from inspection.actions.sweep import sweep
from inspection.actions.verification import mission_faults
from inspection.app import create_app, parts_of
from inspection.documents import backup, tables
from inspection.domain.clock import FixedClock
from inspection.domain.errors import Refused
from inspection.domain.incoming import Incoming
from inspection.domain.texts import backup_text, detail, fault_text, finding_text
from inspection.schemas.backups import ENTRY_READERS, read_backup
from inspection.schemas.calendar import read_year, year_calendar
from inspection.settings import BadSetting, Settings
from inspection.storage import migrations
from inspection.storage.db import db

log = logging.getLogger("inspection.cli")
MOST_FAULTS = 1000
FARTHEST = timedelta(days=3653)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    logs.set_up()
    given = _parser().parse_args(arguments)
    try:
        if given.command == "checklist" and given.what == "lint":
            return lint_checklists(given.files)
        return int(given.run(given))
    except BadSetting as fault:
        print(f"inspection: {fault}", file=sys.stderr)
        return 2
    except Exception as error:  # a stack as Python shows it has the statement's values in it
        log.critical("the command failed", exc_info=error)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inspection", description="School-safety inspections: server and tools")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    command("serve", lambda given: serving.serve(Settings.from_env(), given.bind), "gunicorn").add_argument(
        "--bind", default="127.0.0.1:8000"
    )
    command("worker", run_worker, "the scheduler; any number may run")
    command("migrate", migrate, "bring the schema to head and add what every installation holds")
    up = command("up", bring_up, "migrate, seed demo data if empty, serve, and run the worker beside it")
    up.add_argument("--bind", default="127.0.0.1:8000")
    admin = command("admin", create_administrator, "the first security administrator, by a one-time code")
    admin.add_argument("what", choices=["create"])
    admin.add_argument("name")
    command("demo", seed_demo, "demo data into an empty database")
    command("sweep", run_sweep, "one deadline pass").add_argument("--today", type=_day, metavar="YYYY-MM-DD")
    command("doctor", run_doctor, "what is wrong with this installation")
    command(
        "verify",
        _in_app(record_commands.run_verify),
        "re-hash everything and check that no problem was lost; exit 1 if anything is wrong",
    )
    places = command("institutions", import_places, "institutions from a CSV or XLSX file: all rows or none")
    places.add_argument("what", choices=["import"])
    places.add_argument("file", type=Path)
    people = command("users", import_people, "people from a CSV or XLSX file, or a new activation code for one of them")
    people.add_argument("what", choices=["import", "code"])
    people.add_argument("file", help="the file, or the user name")
    people.add_argument("--codes", type=Path, help="write the activation codes to this new file, not to the screen")
    saved = command("import-backup", import_backup, "what a phone exported as a last resort; again is harmless")
    saved.add_argument("file", type=Path)
    days = command("calendar", edit_calendar, "show a year of the calendar as JSON, or replace it by a file like that")
    days.add_argument("what", choices=["show", "set"])
    days.add_argument("year", type=int)
    days.add_argument("file", nargs="?", type=Path)
    chain = command(
        "audit", _in_app(record_commands.run_audit), "the log and its verifier, what somebody has read, or another key"
    )
    chain.add_argument("what", choices=["export", "reads", "rotate-key"])
    chain.add_argument("target", type=Path, nargs="?", help="a new folder; for `reads` a new CSV file")
    chain.add_argument("--of", metavar="USERNAME", help="whose reads")
    ages = command(
        "retention",
        _in_app(record_commands.run_retention),
        "what is due to be erased; `run` erases it, as the worker does daily",
    )
    ages.add_argument("what", choices=["show", "run"], nargs="?", default="show")
    held = command(
        "hold",
        _in_app(record_commands.run_hold),
        "nothing handed in about an institution is erased until its hold has ended",
    )
    held.add_argument("what", choices=["begin", "end"])
    held.add_argument("institution", type=UUID)
    held.add_argument("--reason", default="", help="by whose written request, 5 to 500 characters")
    lead = command(
        "leads",
        _in_app(record_commands.change_lead_key),
        "a new key for the leads of a region",
    )
    lead.add_argument("what", choices=["rotate-key"])
    lead.add_argument("region")
    about = command("checklist", publish_checklist, "lint or publish checklists")
    about.add_argument("what", choices=["lint", "publish"])
    about.add_argument("files", nargs="+", type=Path)
    return parser


def _in_app(run: Callable[[Flask, argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    return lambda given: run(_app(), given)


def _app() -> Flask:
    return create_app(Settings.from_env())


def migrate(given: argparse.Namespace) -> int:
    del given
    app = _app()
    with app.app_context():
        migrations.upgrade(db.engine)
        added = setup.prepare(parts_of(app).context())
    print("schema at", migrations.head_revision(), "- added:", ", ".join(added) or "nothing")
    return 0


def bring_up(given: argparse.Namespace) -> int:
    settings = Settings.from_env()
    app = create_app(settings)
    with app.app_context():
        migrations.upgrade(db.engine)
        ctx = parts_of(app).context()
        setup.prepare(ctx)
        if demo.is_empty(ctx):
            print("seeding demo data …", flush=True)
            demo.seed(ctx, demo.password(settings))
        db.session.remove()
        db.engine.dispose()
    print(demo.welcome(given.bind, settings), flush=True)
    return serving.serve_with_worker(settings, given.bind)


def run_worker(given: argparse.Namespace) -> int:
    from inspection import worker

    del given
    worker.run(_app())
    return 0


def create_administrator(given: argparse.Namespace) -> int:
    app = _app()
    with app.app_context():
        try:
            code = setup.create_first_administrator(parts_of(app).context(), given.name)
        except Refused:
            print(f"inspection: {given.name}: this name is taken", file=sys.stderr)
            return 1
    print(f"{given.name} chooses a password with this code within 14 days (POST /api/v1/auth/activation): {code}")
    return 0


def seed_demo(given: argparse.Namespace) -> int:
    del given
    settings = Settings.from_env()
    app = create_app(settings)
    with app.app_context():
        ctx = parts_of(app).context()
        if not demo.is_empty(ctx):
            print("inspection: the database is not empty; nothing was done", file=sys.stderr)
            return 1
        demo.seed(ctx, demo.password(settings))
    print(demo.accounts_table(settings))
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a date like 2026-11-24") from None


def run_sweep(given: argparse.Namespace) -> int:
    app = _app()
    with app.app_context():
        ctx = parts_of(app).context()
        if given.today is not None:
            if abs(given.today - ctx.today()) > FARTHEST:
                print("inspection: --today: within ten years of today", file=sys.stderr)
                return 2
            if given.today > ctx.today() and not setup.is_demo(ctx):
                print("inspection: a day in the future only on demo data", file=sys.stderr)
                return 1
            noon = datetime.combine(given.today, time(12), ctx.clock.zone).astimezone(UTC)
            ctx = ctx.at(FixedClock(ctx.clock.zone, noon))
        swept = sweep(ctx)
        faults = list(mission_faults(ctx))
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(swept.kinds.items()) if count) or "none"
    print(f"{swept.looked_at} clocks, {swept.stages} stages reached, {swept.lapsed} proofs lapsed, messages: {told}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def run_doctor(given: argparse.Namespace) -> int:
    del given
    settings = Settings.from_env()
    app = create_app(settings)
    well = True
    with app.app_context():
        for finding in examine(parts_of(app).context(), settings.data_dir, proxy_hops=settings.proxy_hops):
            print("ok   " if finding.well else "WRONG", finding_text(finding.code, "en", finding.params))
            well = well and finding.well
    return 0 if well else 1


def import_places(given: argparse.Namespace) -> int:
    def run(ctx: Context) -> None:
        done = imports.import_institutions(ctx, None, tables.read(given.file.read_bytes()))
        print(f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged")

    return _attempt(run)


def import_people(given: argparse.Namespace) -> int:
    def run(ctx: Context) -> None:
        if given.what == "code":
            print(renew_activation(ctx, given.file))
            return
        table = tables.read(Path(given.file).read_bytes())
        with _codes_to(given.codes) as keep:
            done = imports.import_users(ctx, None, table, keep)
        print(f"{done.new} new people; each chooses a password with his code within 14 days", file=sys.stderr)

    return _attempt(run)


@contextmanager
def _codes_to(path: Path | None) -> Iterator[Callable[[imports.Codes], None]]:
    """How codes are kept: on the screen, or in a new file that only its owner reads and that a refusal removes. After
    any other fault the file stays, since the accounts may stand."""

    def text(codes: imports.Codes) -> str:
        return tables.listed([("用户名", "姓名", "激活码"), *codes])

    if path is None:
        yield lambda codes: print(text(codes), end="", flush=True)
        return
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig", newline=""
    ) as file:

        def write(codes: imports.Codes) -> None:
            file.write(text(codes))
            file.flush()
            os.fsync(file.fileno())

        try:
            yield write
        except (Refused, OSError):
            path.unlink(missing_ok=True)
            raise


def import_backup(given: argparse.Namespace) -> int:
    """A line for each record, and for each photo that is not in; exit 1 unless the whole file is."""

    def run(ctx: Context) -> int:
        with given.file.open("rb") as file:
            known = backup.opened(file, read_backup)
            owner = backups.owner_of(ctx, known.backup)
            if owner is None:
                about = {"name": known.backup.name, "username": known.backup.username}
                print("inspection:", backup_text("unknown_user", "zh_CN", about), file=sys.stderr)
                return 1
            outcomes = backups.take_in(ctx, owner, known.backup, known.sha256, known.parts(), ENTRY_READERS)
        print(*backup.report(outcomes, known.rest), sep="\n")
        return 0 if all(one.is_in for one in outcomes) and not known.rest else 1

    return _attempt(run)


def _attempt(run: Callable[[Context], int | None]) -> int:
    """A command that may be refused: a line for each fault, exit 1; else the code that it returns, or 0."""
    app = _app()
    with app.app_context():
        try:
            return run(parts_of(app).context()) or 0
        except Refused as refused:
            _explain(refused)
            return 1
        except tables.Unreadable as unreadable:
            print("inspection:", fault_text(unreadable.code, "zh_CN", unreadable.params), file=sys.stderr)
            return 1
        except OSError as error:
            said = error.strerror or error
            print("inspection:", *([f"{error.filename}:"] if error.filename else []), said, file=sys.stderr)
            return 1


def edit_calendar(given: argparse.Namespace) -> int:
    """`set` reads what `show` prints; without a file, standard input."""

    def run(ctx: Context) -> None:
        known = calendars.get_year(ctx, given.year)
        if given.what == "set":
            raw = given.file.read_bytes() if given.file else sys.stdin.buffer.read()
            known = calendars.set_year(ctx, None, given.year, Incoming(raw, read_year)).value
        shown = year_calendar(given.year, known)
        del shown["year"]
        print(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())

    return _attempt(run)


def _explain(refused: Refused) -> None:
    """A refusal in plain words, a line for each fault."""
    print("inspection:", detail(refused.code, "zh_CN", refused.params), file=sys.stderr)
    for fault in refused.faults[:MOST_FAULTS]:
        print(f"{fault.pointer}: {fault_text(fault.code, 'zh_CN', fault.params)}", file=sys.stderr)
    if len(refused.faults) > MOST_FAULTS:
        print(f"… {len(refused.faults) - MOST_FAULTS} more", file=sys.stderr)


def lint_checklists(files: Sequence[Path]) -> int:
    faults = [fault for path in files for fault in lint(path)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def publish_checklist(given: argparse.Namespace) -> int:
    app = _app()
    with app.app_context():
        for path in given.files:
            try:
                checklist = load(path)
                new = checklists.publish(parts_of(app).context(), checklist)
            except LintError as error:
                print(*error.faults, sep="\n")
                return 1
            except Refused:
                print(f"{path}: this version is published already with other content; raise its version")
                return 1
            print(f"{checklist.code} version {checklist.version}: {'published' if new else 'was published already'}")
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
