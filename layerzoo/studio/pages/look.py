"""Look into a trained net: what it answers, and why."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from layerzoo.studio.api.look import net_choices
from layerzoo.studio.jobs.order import shown
from layerzoo.studio.looking.target import Wanted, flags_of, target_of
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.routing.record import written
from layerzoo.studio.studio import Request


@page("/look", query=Wanted)
def look(call: Request) -> Response:
    """Look into a trained net."""
    wanted: Wanted = call.query
    target: dict[str, Any] = {}
    flags: list[str] = []
    title = ""
    if wanted.is_given:
        target = target_of(wanted, call.studio.index, call.studio.roots)
        flags = flags_of(target)
        title = call.studio.index.run(wanted.run).title if wanted.run else wanted.net or target["zoo"]
    return render(
        call,
        "look.html",
        "look",
        f"Look into {title}" if title else "Look",
        choices=net_choices(call),
        wanted=wanted,
        query=written(wanted),
        net_title=title,
        flags=flags,
        chosen=f"run={wanted.run}" if wanted.run else f"zoo={target['zoo']}" if wanted.zoo else "",
        root=str(call.studio.roots.folders[0]),
        command=shown(["classify", *flags, "PICTURE"]) if flags else "",
    )
