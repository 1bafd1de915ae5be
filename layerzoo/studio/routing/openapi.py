"""The description of the API, in OpenAPI's form, from the table of routes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any, Final

from layerzoo.studio.routing.record import schema
from layerzoo.studio.routing.route import Route
from layerzoo.version import __version__

_ERROR: Final = {
    "type": "object",
    "title": "Error",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}


def document(table: Iterable[Route], base: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes that are not pages.

    Args:
        table: the routes.
        base: the path that the addresses start with.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        if not route.is_page:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Layerzoo Studio", "version": __version__},
        "servers": [{"url": base or "/"}],
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _ERROR},
        },
        "paths": paths,
    }


def _operation(route: Route) -> dict[str, Any]:
    words = re.findall(r"[A-Za-z0-9]+", f"{route.method.lower()} {route.path.removeprefix('/api')}")
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answers: dict[str, Any] = {
        "200": {"description": "the answer"},
        "400": {"description": "a mistake in the request", "content": error},
        "401": {"description": "no token", "content": error},
        "403": {"description": "the role does not allow it", "content": error},
        "404": {"description": "it does not exist", "content": error},
    }
    if route.answer is not None:
        answers["200"]["content"] = {"application/json": {"schema": schema(route.answer)}}
    operation: dict[str, Any] = {
        "operationId": "_".join(words),
        "summary": route.summary,
        "description": f"Role: {route.role}.",
        "parameters": _parameters(route),
        "responses": answers,
    }
    if route.body is not None:
        content = {"application/json": {"schema": schema(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.raw:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)(?::\w+)?}", route.path)
    ]
    if route.query is not None:
        described = schema(route.query)
        needed = set(described.get("required", []))
        found += [
            {
                "name": one.name,
                "in": "query",
                "required": one.name in needed,
                "schema": described["properties"][one.name],
            }
            for one in dataclasses.fields(route.query)
        ]
    return found
