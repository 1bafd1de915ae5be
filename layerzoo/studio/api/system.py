"""The machine, changes as they happen, and the description of this API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import StreamingResponse

from layerzoo.errors import UsageError
from layerzoo.studio.events import MAX_CLIENTS
from layerzoo.studio.jobs.machine import Gpu, Memory, gpus, memory
from layerzoo.studio.routing import document, routes, service
from layerzoo.studio.studio import Request
from layerzoo.version import __version__


@dataclass
class Machine:
    """The machine and the studio."""

    version: str
    memory: Memory
    gpus: list[Gpu]


@service("GET", "/api/machine", answer=Machine)
def machine(call: Request) -> Machine:
    """Memory, processors and GPUs of this machine."""
    return Machine(__version__, memory(), gpus())


@service("GET", "/api/events", seconds=0)
async def events(call: Request) -> StreamingResponse:
    """Changes of runs and jobs as they happen, as server-sent events."""
    if call.studio.events.clients >= MAX_CLIENTS:
        raise UsageError(f"{MAX_CLIENTS} pages listen already")
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(call.studio.events.stream(), media_type="text/event-stream", headers=headers)


@service("GET", "/api/openapi.json")
def openapi(call: Request) -> dict[str, Any]:
    """This API, described in OpenAPI's form."""
    return document(routes(), call.studio.site.base)
