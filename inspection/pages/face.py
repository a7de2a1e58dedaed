"""The front page: what this is, and where to go. In Chinese and English."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from inspection.actions.setup import is_demo
from inspection.domain.texts import LANGUAGES, language_of, texts
from inspection.web import context, page

pages = Blueprint("pages", __name__, static_folder="static", static_url_path="/static", template_folder="templates")


@pages.get("/")
def index() -> Response:
    """Both languages on one page, the reader's first."""
    first = language_of(request.headers.get("Accept-Language", ""))
    ordered = sorted(LANGUAGES, key=lambda language: language != first)
    return page(
        render_template(
            "face.html",
            languages=[(language.replace("_", "-"), texts(language)["face"]) for language in ordered],
            demo=is_demo(context()),
        )
    )


@pages.get("/favicon.ico")
def favicon() -> Response:
    return pages.send_static_file("icon.svg")
