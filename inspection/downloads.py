"""What the API and the pages serve as files: documents, the workbook of the problem list, and photos."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, Final

from flask import Response, send_file

from inspection.actions.context import Context
from inspection.actions.institutions import name_of
from inspection.actions.problems import export_problems
from inspection.documents import problem_list, workbook
from inspection.domain.actor import Actor
from inspection.domain.views import PhotoView
from inspection.schemas.queries import filters_of
from inspection.web import tagged

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def document(data: bytes, name: str) -> Response:
    """A Word document to be saved under a name."""
    response = Response(data, content_type=DOCX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return tagged(response)


def list_of_problems(ctx: Context, actor: Actor, query: dict[str, Any], language: str, name: str) -> Response:
    """The problem list under the conditions of a `ProblemQuery`, which stand in it with the moment of its making."""
    institution = name_of(ctx, actor, query.get("institution"))
    head = problem_list.head(query, institution, ctx.clock.local(ctx.now()), language)
    rows = (problem_list.row(problem, language) for problem in export_problems(ctx, actor, filters_of(query)))
    response: Response = send_file(workbook.write(head, rows), mimetype=XLSX, as_attachment=True, download_name=name)
    return response


def copy(path: Path, sha256: str, name: str) -> Response:
    """A copy of a photo, made of pixels alone; asked for anew each time, and not sent again where it is the same."""
    response: Response = send_file(path, mimetype="image/jpeg", etag=f"{sha256}-{name}", conditional=True)
    return response


def original(handle: IO[bytes], photo: PhotoView) -> Response:
    """The bytes as they came, to be saved under their hash."""
    suffix = photo.type.rsplit("/", 1)[-1].replace("jpeg", "jpg")
    name = f"{photo.sha256}.{suffix}"
    response: Response = send_file(
        handle, mimetype=photo.type, as_attachment=True, download_name=name, etag=photo.sha256
    )
    return response
