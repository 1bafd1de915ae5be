"""Routes: functions with an address."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from layerzoo.studio.routing.call import Role

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
F = TypeVar("F", bound=Callable[..., Any])

BODY_BYTES: Final = 1 << 20
SECONDS: Final = 60.0


@dataclass(frozen=True)
class Route:
    """A route.

    Attributes:
        method: HTTP's.
        path: below the studio's address; names in braces are given to the function.
        call: takes a `Call`, returns a dataclass, a JSON value, or a response of starlette's.
        role: who may use it.
        summary: one line.
        query, body, answer: types of parameters, body and answer, for checks and the API's description.
        body_bytes: the largest body.
        seconds: the longest time; 0 for a stream without an end.
        is_page: it answers with a page.
        raw: the body is bytes that the function reads itself.
    """

    method: Method
    path: str
    call: Callable[..., Any | Awaitable[Any]]
    role: Role
    summary: str
    query: type | None = None
    body: type | None = None
    answer: Any = None
    body_bytes: int = BODY_BYTES
    seconds: float = SECONDS
    is_page: bool = False
    raw: bool = False


_routes: dict[tuple[str, str], Route] = {}


def service(
    method: Method,
    path: str,
    *,
    role: Role = "view",
    query: type | None = None,
    body: type | None = None,
    answer: Any = None,
    body_bytes: int = BODY_BYTES,
    seconds: float = SECONDS,
    raw: bool = False,
) -> Callable[[F], F]:
    """Declare a function as a route of the API; the first line of its docstring is the summary."""

    def declare(call: F) -> F:
        summary = (inspect.getdoc(call) or "").partition("\n")[0]
        _add(Route(method, path, call, role, summary, query, body, answer, body_bytes, seconds, raw=raw))
        return call

    return declare


def page(path: str, *, role: Role = "view", query: type | None = None) -> Callable[[F], F]:
    """Declare a function as a page."""

    def declare(call: F) -> F:
        summary = (inspect.getdoc(call) or "").partition("\n")[0]
        _add(Route("GET", path, call, role, summary, query, is_page=True))
        return call

    return declare


def routes() -> list[Route]:
    """All routes whose modules have been imported; those without names in their path first."""
    return sorted(_routes.values(), key=lambda one: ("{" in one.path, one.path, one.method))


def _add(route: Route) -> None:
    key = (route.method, route.path)
    assert key not in _routes, f"two routes {key}"
    _routes[key] = route
