"""The application: the only place where parts are joined."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from inspection import armour
from inspection.actions.context import Context
from inspection.api import docs, problem_json
from inspection.api import routes as api_routes
from inspection.documents import notice
from inspection.domain.clock import Clock
from inspection.pages import assets, health, phone, refusals
from inspection.pages import routes as desk_routes
from inspection.pages.session import DeskSession
from inspection.settings import Settings
from inspection.storage import evidence_store
from inspection.storage.audit_key import AuditKey
from inspection.storage.db import db, engine_options, prepare_engine
from inspection.storage.evidence_store import EvidenceStore
from inspection.storage.factor_key import FactorKey
from inspection.storage.vault import Vault


class HashConverter(BaseConverter):
    """A SHA-256 in lowercase hex."""

    regex = "[0-9a-f]{64}"


@dataclass(frozen=True)
class Parts:
    """What a request or job is given to work with."""

    settings: Settings
    clock: Clock
    evidence: EvidenceStore
    audit_key: AuditKey
    vault: Vault

    def context(self) -> Context:
        """A context on the session of the present app context."""
        return Context(
            session=db.session(),
            clock=self.clock,
            evidence=self.evidence,
            audit_key=self.audit_key,
            vault=self.vault,
            render_notice=notice.render,
            password_rules=self.settings.password_rules,
            factor_roles=self.settings.second_factor,
            factor_key=FactorKey(self.settings.secret_key),
        )


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """A Flask application with its database, evidence store and routes. `clock` is another than the system's."""
    app = Flask("inspection", root_path=None, static_folder=None, template_folder="pages/templates")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.converters["hash"] = HashConverter
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # no other site asks, so none is answered
    url = make_url(settings.database_url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url),
    )
    app.session_interface = DeskSession()
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    app.extensions["inspection"] = Parts(
        settings=settings,
        clock=clock or Clock(settings.zone),
        evidence=evidence_store.from_url(settings.evidence_url, settings.data_dir),
        audit_key=AuditKey(settings.audit_key),
        vault=Vault(settings.lead_keys),
    )
    unusable = (OperationalError, InternalError, PoolTimeout)
    armour.register(app)
    problem_json.register(app, unusable=unusable, twin=IntegrityError, page=refusals.render)
    app.register_blueprint(api_routes.api)
    app.register_blueprint(docs.docs)
    app.register_blueprint(desk_routes.desk)
    app.register_blueprint(assets.assets)
    app.register_blueprint(phone.phone)
    app.register_blueprint(health.health)
    return app


def parts_of(app: Flask) -> Parts:
    parts: Parts = app.extensions["inspection"]
    return parts
