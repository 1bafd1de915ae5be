"""What an editor asks of a text: faults, layers and pictures; completion; explanations; layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from layerzoo.catalogue.shipped import CONFIGS
from layerzoo.studio.checker import Given
from layerzoo.studio.nets import read, shipped_text
from layerzoo.studio.routing import ForbiddenError, service
from layerzoo.studio.studio import Request

_CHECK_S = 30.0
_QUICK_S = 10.0
_BODY = 4 << 20


@dataclass
class Check:
    """A text to be checked.

    Attributes:
        text: the text.
        path: its file, which need not exist: what the text refers to is found from there.
        config: in place of a path: the shipped config that it is.
        phase: TRAIN or TEST; by default the first that the net is meant for.
        fold: draw each block as one box.
        draw: send pictures.
        key: the page that asks; its older question is given up.
    """

    text: str
    path: str = ""
    config: str = ""
    phase: str = ""
    fold: bool = True
    draw: bool = True
    key: str = ""


@dataclass
class Place:
    """A place in a text, in UTF-16 units as browsers count."""

    text: str
    offset: int
    path: str = ""
    config: str = ""
    key: str = ""


@dataclass
class Plain:
    """A text and its file."""

    text: str
    path: str = ""


@dataclass
class Name:
    """A layer type, solver, policy, filler or field, such as ``Convolution`` or ``lr_policy``."""

    name: str


@dataclass
class Formatted:
    """A text in uniform layout."""

    text: str


@dataclass
class Explained:
    """What a name means."""

    name: str
    text: str


@service("POST", "/api/nets/check", body=Check, body_bytes=_BODY, seconds=90)
def check(call: Request) -> dict[str, Any]:
    """Faults of a text with line, column and fix; layers with shapes and figures; totals; pictures as SVG."""
    wanted: Check = call.body
    path, text = _where(call, wanted.path, wanted.config), wanted.text
    if not call.user.may("run"):  # a text of their own could name any file of this machine
        text = _stored(call, wanted.path, wanted.config)
    try:
        found: dict[str, Any] = call.studio.workers.whole.ask(
            "check",
            wanted.key and f"{call.user.name} {wanted.key}",
            _CHECK_S,
            folders=_folders(call),
            text=text,
            path=path,
            phase=wanted.phase,
            fold=wanted.fold,
            draw=wanted.draw,
        )
    except Given:
        return {"given_up": True}
    return {"given_up": False, **found}


@service("POST", "/api/nets/complete", role="run", body=Place, body_bytes=_BODY)
def complete(call: Request) -> dict[str, Any]:
    """What may be typed at a place: label, text, kind, detail, meaning; and the word that it replaces."""
    return _asked(call, "complete") or {"start": call.body.offset, "end": call.body.offset, "items": []}


@service("POST", "/api/nets/hover", role="run", body=Place, body_bytes=_BODY)
def hover(call: Request) -> dict[str, Any]:
    """The explanation of what stands at a place; an empty text if there is none."""
    return _asked(call, "hover") or {"start": call.body.offset, "end": call.body.offset, "text": ""}


@service("POST", "/api/nets/format", role="run", body=Plain, body_bytes=_BODY, answer=Formatted)
def layout(call: Request) -> Formatted:
    """A text in uniform layout, as `layerzoo fmt` writes it."""
    path = _where(call, call.body.path, "")
    return Formatted(call.studio.workers.quick.ask("format", text=call.body.text, path=path))


@service("GET", "/api/nets/explain", query=Name, answer=Explained)
def explain(call: Request) -> Explained:
    """What a layer type, field, solver, policy or filler is."""
    name = call.query.name
    return Explained(name, call.studio.workers.quick.ask("explain", name=name))


def _asked(call: Request, task: str) -> dict[str, Any] | None:
    """The answer of the quick process on a place; None if there is none, or a newer question came."""
    place: Place = call.body
    path = _where(call, place.path, place.config)
    key = place.key and f"{call.user.name} {place.key}"
    values = {"text": place.text, "offset": place.offset, "path": path}
    try:
        found: dict[str, Any] | None = call.studio.workers.quick.ask(
            task, key, _QUICK_S, folders=_folders(call), **values
        )
    except Given:
        return None
    return found


def _where(call: Request, path: str, config: str) -> str:
    """The file from which what a text refers to is found."""
    if config:
        shipped_text(config)
        return str(CONFIGS / config.removeprefix("configs/"))
    return str(call.studio.roots.path(path or "net.prototxt"))


def _folders(call: Request) -> list[str]:
    """The folders that a text may refer to; the owner of the machine may read all files anyway."""
    return [str(folder) for folder in call.studio.roots.folders] if call.user.name else []


def _stored(call: Request, path: str, config: str) -> str:
    if config:
        return shipped_text(config).text
    if not path:
        raise ForbiddenError(f"your role, {call.user.role}, may look at files only; name one by 'path'")
    return read(call.studio.roots.existing(path)).text
