"""One's second factor: what an authenticator is told, and the codes that are shown once."""

from __future__ import annotations

import io
from typing import Final

import segno
from flask import Response, session, url_for
from markupsafe import Markup

from inspection.actions import second_factors as actions
from inspection.actions.context import Context
from inspection.domain.actor import Actor
from inspection.domain.texts import desk_texts
from inspection.pages.account import begin_anew
from inspection.pages.desk import deed, done, language, page, place
from inspection.pages.forms import Form, incoming
from inspection.schemas.accounts import read_code, read_removal, read_secret

DOT: Final = 5
"""Pixels of a QR code's dot."""


@place("/account/second-factor", "account.enrol")
def second_factor(ctx: Context, actor: Actor) -> Response:
    """What there is, or the next step towards it."""
    begun = actions.enrolment_begun(ctx, actor)
    picture = _picture(begun.address) if begun is not None else None
    factor = actions.second_factor_of(ctx, actor)
    return page("second_factor.html", factor=factor, begun=begun, picture=picture)


def _picture(address: str) -> Markup:
    """A QR code as SVG, to stand in the page itself; made of dots alone."""
    made = io.BytesIO()
    segno.make(address, error="m").save(made, kind="svg", scale=DOT, xmldecl=False, svgns=False, light="#fff")
    return Markup(made.getvalue().decode())


@deed("/account/second-factor/secret", "account.enrol", again=second_factor)
def begin_enrolment(ctx: Context, actor: Actor, form: Form) -> Response:
    """A new secret, for who knows the password."""
    actions.begin_enrolment(ctx, actor, incoming(form.body("password"), read_secret).load()["password"])
    return done(desk_texts(language())["account"]["factor"]["begun"], url_for("desk.second_factor"))


@deed("/account/second-factor", "account.enrol", again=second_factor, name="enrol")
def enrol(ctx: Context, actor: Actor, form: Form) -> Response:
    """Confirmed by a code; the recovery codes are shown this once."""
    codes, token = actions.enrol(ctx, actor, incoming(form.body("otp"), read_code).load()["otp"])
    begin_anew(token or session["token"])
    return page("recovery_codes.html", codes=codes)


@deed("/account/second-factor/recovery-codes", "account.enrol", again=second_factor)
def renew_recovery_codes(ctx: Context, actor: Actor, form: Form) -> Response:
    """Ten others, shown this once."""
    codes = actions.renew_recovery_codes(ctx, actor, incoming(form.body("otp"), read_code).load()["otp"])
    return page("recovery_codes.html", codes=codes)


@deed("/account/second-factor/removal", "account.enrol", again=second_factor)
def remove_second_factor(ctx: Context, actor: Actor, form: Form) -> Response:
    """The password alone signs in again."""
    given = incoming(form.body("password", "otp"), read_removal).load()
    begin_anew(actions.remove(ctx, actor, given["password"], given["otp"]) or session["token"])
    return done(desk_texts(language())["account"]["factor"]["removed"], url_for("desk.second_factor"))
