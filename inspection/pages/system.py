"""系统状态: what `inspection doctor` finds, in plain words, for who looks after the server."""

from __future__ import annotations

from flask import Response, current_app

from inspection.actions.context import Context
from inspection.actions.doctor import examine, workers
from inspection.domain.actor import Actor
from inspection.domain.texts import finding_text
from inspection.pages.desk import language, page, place


@place("/system", "system.examine")
def system(ctx: Context, actor: Actor) -> Response:
    """Looked at anew each time; what needs somebody comes first."""
    del actor
    settings = current_app.extensions["inspection"].settings
    findings = examine(ctx, settings.data_dir, proxy_hops=settings.proxy_hops, every_file=False)
    found = sorted(findings, key=lambda finding: finding.well)
    looked = any(finding.code == "usable" for finding in found)  # else what comes after it is not known
    told = [(finding, finding_text(finding.code, language(), finding.params)) for finding in found]
    return page(
        "system.html",
        findings=told,
        wrong=sum(not finding.well for finding in found),
        set_aside=sum(finding.code == "set_aside" for finding in found) if looked else None,
        workers=workers(ctx),
    )
