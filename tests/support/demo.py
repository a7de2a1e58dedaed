"""A site with the demo's story on it, as `make run` serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspection import demo
from inspection.actions.sweep import beat, sweep
from inspection.app import create_app, parts_of
from inspection.storage import migrations
from inspection.storage.db import db
from tests.support import databases
from tests.support.site import ENGINE, Site, site_on


@contextmanager
def demo_site(data_dir: Path) -> Iterator[Site]:
    """Up when it answers, with one deadline pass done and a worker that is taken to be alive."""
    with databases.empty_database(ENGINE) as url:
        app = create_app(databases.settings_for(url, data_dir))
        with app.app_context():
            migrations.upgrade(db.engine)
            ctx = parts_of(app).context()
            demo.seed(ctx, databases.PASSWORD)
            sweep(ctx)
            beat(ctx, "worker", swept=True)
            db.session.remove()
            db.engine.dispose()
        with site_on(url, data_dir) as site:
            yield site
