"""Settings: how many jobs run at a time, tokens of programs, and what this studio is."""

from __future__ import annotations

from starlette.responses import Response

from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request


@page("/settings", role="admin")
def settings(call: Request) -> Response:
    """Limits, tokens and folders."""
    return render(
        call,
        "settings.html",
        "settings",
        "Settings",
        limits=call.studio.queue.limits,
        tokens=call.studio.tokens.all(),
        folders=[str(folder) for folder in call.studio.roots.folders],
        state=str(call.studio.settings.folder),
        accounts=sorted((call.studio.accounts.users if call.studio.accounts else {}).items()),
        url=call.studio.site.url,
    )
