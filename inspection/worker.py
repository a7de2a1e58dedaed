"""The scheduler's process: it keeps time and calls actions, and has no logic of its own. Any number may run."""

from __future__ import annotations

import logging
import signal
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from inspection.actions.checkpoints import sign_heads
from inspection.actions.lead_keys import propose_transfers
from inspection.actions.retention import erase_expired
from inspection.actions.sweep import beat, sweep, sweep_temporary
from inspection.actions.verification import lost_faults
from inspection.app import parts_of

log = logging.getLogger("inspection.worker")
SWEEP_MINUTES = 15


def run(app: Flask) -> None:
    """A sweep at the start and every quarter of an hour, a heartbeat every minute, until a signal."""
    parts = parts_of(app)
    scheduler = BlockingScheduler(timezone=parts.settings.zone)
    common = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    now = parts.clock.now()
    scheduler.add_job(pass_over, "interval", [app], minutes=SWEEP_MINUTES, next_run_time=now, **common)
    scheduler.add_job(alive, "interval", [app], minutes=1, next_run_time=now, **common)
    scheduler.add_job(sign, "interval", [app], hours=1, next_run_time=now, **common)
    scheduler.add_job(tidy, "interval", [app], hours=24, next_run_time=now, **common)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()


def pass_over(app: Flask) -> None:
    with app.app_context():
        ctx = parts_of(app).context()
        swept = sweep(ctx)
        beat(ctx, "worker", swept=True)
        log.info("swept", extra={"count": swept.looked_at, "stages": swept.stages, "messages": swept.messages})
        for fault in lost_faults(ctx):
            log.error("a problem is lost", extra={"fault": fault})


def alive(app: Flask) -> None:
    with app.app_context():
        beat(parts_of(app).context(), "worker")


def sign(app: Flask) -> None:
    """Every hour: the first hour of a new day signs it, whenever that was missed."""
    with app.app_context():
        sign_heads(parts_of(app).context())


def tidy(app: Flask) -> None:
    with app.app_context():
        ctx = parts_of(app).context()
        sweep_temporary(ctx)
        for name, count in erase_expired(ctx, parts_of(app).settings.retention).items():
            log.info("erased", extra={"subject": name, "count": count})
        propose_transfers(ctx)
