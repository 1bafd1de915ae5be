"""The way in: the printed address, or a name and a password."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import JSONResponse, RedirectResponse, Response

from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import ForbiddenError, User, page, service
from layerzoo.studio.security.sessions import LIFETIME
from layerzoo.studio.studio import Request


@dataclass
class Token:
    """What the printed address ends in."""

    token: str = ""


@dataclass
class Password:
    """A name and a password."""

    name: str
    password: str


@page("/login", query=Token)
def login(call: Request) -> Response:
    """Come in by the printed address, or be asked for a name."""
    if call.query.token:
        user = call.studio.sessions.owner(call.query.token)
        if user is not None:
            return _welcome(call, user, RedirectResponse(f"{call.studio.site.base}/", 303))
    return render(
        call,
        "login.html",
        "",
        "Log in",
        accounts=call.studio.accounts is not None,
        wrong=bool(call.query.token),
    )


@service("POST", "/login", body=Password)
def check(call: Request) -> Response:
    """Come in by name and password."""
    accounts = call.studio.accounts
    if accounts is None:
        raise ForbiddenError("this studio has no accounts; open the address that it printed")
    if accounts.is_paused():
        return JSONResponse(
            {"error": "too many failed tries; wait a minute"}, 429, headers={"retry-after": "60"}
        )
    user = accounts.user(call.body.name, call.body.password)
    if user is None:
        raise ForbiddenError("no such name and password")
    return _welcome(call, user, JSONResponse({"name": user.name, "role": user.role}))


@service("POST", "/logout")
def logout(call: Request) -> Response:
    """Forget this browser."""
    answer = JSONResponse({})
    answer.delete_cookie(call.studio.cookie, path=call.studio.site.base or "/")
    return answer


def _welcome(call: Request, user: User, answer: Response) -> Response:
    """Let the browser keep a cookie."""
    answer.set_cookie(
        call.studio.cookie,
        call.studio.sessions.cookie(user),
        max_age=LIFETIME,
        path=call.studio.site.base or "/",
        secure=call.studio.site.secure,
        httponly=True,
        samesite="lax",
    )
    return answer
