"""Templates and the formats of what they show."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from math import isfinite
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response

from layerzoo.studio import assets
from layerzoo.studio.routing import User
from layerzoo.studio.security.guard import USER
from layerzoo.studio.studio import Request
from layerzoo.version import __version__

SECTIONS: Final = (
    ("home", "", "Runs"),
    ("data", "/data", "Data"),
    ("nets", "/nets", "Nets"),
    ("train", "/train", "Train"),
    ("look", "/look", "Look"),
    ("zoo", "/zoo", "Zoo"),
)
"""Name, path and title of the parts of the studio, in the order of the menu."""
FRAGMENT: Final = "x-fragment"
_SPARK: Final = (96, 24)


@cache
def templates() -> Environment:
    """The templates of the package; what they show is escaped, and a name that isn't given is an error."""
    environment = Environment(
        loader=PackageLoader("layerzoo.studio", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": duration,
        "number": number,
        "size": size,
        "count": count,
        "when": when,
        "spark": spark,
        "command": command,
    }
    return environment


def render(call: Request, template: str, section: str, title: str, **values: Any) -> Response:
    """A page.

    Args:
        call: the request.
        template: file name.
        section: the part of the studio that it belongs to, of `SECTIONS`.
        title: in the browser's tab.
        values: what the template shows. ``command`` is the command line that does the same.
    """
    values.setdefault("command", "")
    shown = _render(
        template,
        call.studio.site.base,
        call.user,
        section=section,
        title=title,
        change=call.change,
        **values,
    )
    return HTMLResponse(shown)


def problem(request: HttpRequest, status: int, text: str) -> Response:
    """The page of an error."""
    user = request.scope.get("state", {}).get(USER, User("", "view"))
    base = request.scope.get("root_path", "")
    titles = {404: "Not found", 403: "Not allowed", 400: "That did not work"}
    title = titles.get(status, "Something went wrong")
    shown = _render("problem.html", base, user, section="", title=title, text=text, command="", change="")
    return HTMLResponse(shown, status)


def _render(template: str, base: str, user: User, **values: Any) -> str:
    return (
        templates()
        .get_template(template)
        .render(
            base=base,
            static=f"{base}/static/{assets.version()}",
            sections=SECTIONS,
            user=user,
            may_run=user.may("run"),
            version=__version__,
            **values,
        )
    )


def duration(seconds: float | None) -> str:
    """A length of time in one or two units.

    >>> duration(0.4), duration(75), duration(3 * 3600), duration(None)
    ('0.4 s', '1 min 15 s', '3 h', '')
    """
    if seconds is None or not isfinite(seconds):
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, small, small_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // small
            return f"{whole // unit} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def number(value: float | None, digits: int = 4) -> str:
    """A number with some significant digits; empty for None.

    >>> number(0.97222), number(12345678), number(None)
    ('0.9722', '1.235e+07', '')
    """
    return "" if value is None else f"{value:.{digits}g}"


def count(value: float) -> str:
    """A whole number in groups of three digits.

    >>> count(1200000)
    '1,200,000'
    """
    return f"{value:,.0f}"


def size(value: float) -> str:
    """A number of bytes.

    >>> size(512), size(1536), size(3 * 2**30)
    ('512 B', '1.5 KiB', '3 GiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.3g} {unit}"
        value /= 1024
    raise AssertionError


def when(seconds: float) -> Markup:
    """A time, which the browser shows in the reader's zone."""
    if not seconds:
        return Markup("")
    time = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), time.strftime("%Y-%m-%d %H:%M UTC")
    )


def spark(values: Sequence[float]) -> Markup:
    """A small picture of a curve."""
    if len(values) < 2:
        return Markup("")
    width, height = _SPARK
    low, high = min(values), max(values)
    scale = (height - 4) / (high - low) if high > low else 0.0
    points = " ".join(
        f"{index * width / (len(values) - 1):.1f},{height - 2 - (value - low) * scale:.1f}"
        for index, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<polyline points="{}"/></svg>'
    ).format(width, height, width, height, f"training loss from {values[0]:.3g} to {values[-1]:.3g}", points)


def command(words: Sequence[str]) -> str:
    """A command, as users type it."""
    return shlex.join(["layerzoo", *words])


__all__ = ["FRAGMENT", "SECTIONS", "escape", "problem", "render", "templates"]
