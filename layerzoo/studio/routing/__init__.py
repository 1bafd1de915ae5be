"""The table of routes: what each takes, needs and answers."""

from layerzoo.studio.routing.call import Call, ForbiddenError, NotFoundError, Role, User
from layerzoo.studio.routing.openapi import document
from layerzoo.studio.routing.route import Route, page, routes, service

__all__ = [
    "Call",
    "ForbiddenError",
    "NotFoundError",
    "Role",
    "Route",
    "User",
    "document",
    "page",
    "routes",
    "service",
]
