"""The web application: the table of routes, behind the guard."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.routing import Route as HttpRoute

from layerzoo.errors import ConfigError, LayerzooError, UsageError
from layerzoo.studio import api, pages
from layerzoo.studio.assets import Assets
from layerzoo.studio.pages.rendering import problem
from layerzoo.studio.routing import Call, ForbiddenError, NotFoundError, Route, routes
from layerzoo.studio.routing.record import read, read_query, written
from layerzoo.studio.security.guard import USER, Guard
from layerzoo.studio.studio import Studio
from layerzoo.studio.watcher import Watcher

log = logging.getLogger("layerzoo.studio")

_SMALLEST_GZIP: Final = 1000


def application(studio: Studio) -> Any:
    """The application of a studio, for an ASGI server."""
    api.load()
    pages.load()
    table = [HttpRoute(one.path, partial(_answer, studio, one), methods=[one.method]) for one in routes()]
    base = studio.site.base
    served = [Mount("/static", Assets()), *table]
    app = Starlette(
        routes=[Mount(base, routes=served)] if base else served,
        exception_handlers={HTTPException: _http_error, Exception: _failure},
        lifespan=partial(_lifespan, studio),
    )
    app.add_middleware(GZipMiddleware, minimum_size=_SMALLEST_GZIP)
    return Guard(app, studio.site, studio.sessions, studio.tokens, studio.accounts, studio.cookie)


@asynccontextmanager
async def _lifespan(studio: Studio, _: Starlette) -> AsyncIterator[None]:
    watcher = Watcher(studio.index, studio.queue, studio.events)
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()
        studio.events.close()
        studio.workers.close()
        studio.bench.close()
        studio.datasets.previews.close()


async def _answer(studio: Studio, route: Route, request: HttpRequest) -> Response:
    """Answer a request by a route: check user, parameters and body, call the function, send the result."""
    user = request.scope["state"][USER]
    try:
        if not user.may(route.role):
            raise ForbiddenError(f"your role, {user.role}, does not allow this; it takes {route.role}")
        call = Call(studio, user, request, request.path_params, change=studio.events.version)
        if route.query is not None:
            call.query = read_query(route.query, request.query_params.multi_items())
        async with _limit(route.seconds):
            if route.body is not None:
                call.body = read(route.body, await _json(request, route.body_bytes))
            result = await _called(route.call, call)
    except TimeoutError:
        return _error(f"no answer within {route.seconds:g} seconds", 504, route, request)
    except _TooLargeError as error:
        return _error(str(error), 413, route, request)
    except LayerzooError as error:
        return _error(error, _status(error), route, request)
    except OSError as error:
        return _error(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), 500, route, request)
    return result if isinstance(result, Response) else JSONResponse(written(result))


def _limit(seconds: float) -> asyncio.Timeout:
    return asyncio.timeout(seconds or None)


async def _called(function: Callable[..., Any], call: Call[Studio]) -> Any:
    if inspect.iscoroutinefunction(function):
        awaited: Awaitable[Any] = function(call)
        return await awaited
    return await run_in_threadpool(function, call)  # one that takes too long goes on; the client is answered


class _TooLargeError(UsageError):
    """A body is larger than its route takes."""


async def body_bytes(request: HttpRequest, limit: int) -> bytes:
    """The body of a request.

    Raises:
        UsageError: it is larger than the limit.
    """
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > limit:
            raise _TooLargeError(f"the body has more than {limit:,} bytes, the limit")
    return bytes(data)


async def _json(request: HttpRequest, limit: int) -> object:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise UsageError("the body must be JSON, with the header Content-Type: application/json")
    data = await body_bytes(request, limit)
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is no JSON: {error}") from None
    return value


def _status(error: LayerzooError) -> int:
    return 404 if isinstance(error, NotFoundError) else 403 if isinstance(error, ForbiddenError) else 400


def _error(error: LayerzooError | str, status: int, route: Route, request: HttpRequest) -> Response:
    text = str(error)
    if route.is_page:
        return problem(request, status, text)
    answer: dict[str, Any] = {"error": text}
    if isinstance(error, ConfigError):
        answer["faults"] = [str(fault) for fault in error.faults]
    return JSONResponse(answer, status)


async def _http_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    texts = {404: f"no page {request.url.path}", 405: f"{request.method} is not allowed here"}
    text = texts.get(error.status_code, error.detail)
    if "/api/" in request.url.path:
        return JSONResponse({"error": text}, error.status_code)
    return problem(request, error.status_code, text)


async def _failure(request: HttpRequest, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    with suppress(Exception):
        if "/api/" not in request.url.path:
            return problem(request, 500, "an error of the studio's own; its log says more")
    return JSONResponse({"error": "an error of the studio's own; its log says more"}, 500)
