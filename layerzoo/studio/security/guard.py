"""What every request passes before a route sees it: host, origin, user, limits, headers of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response

from layerzoo.studio.routing import User
from layerzoo.studio.security.accounts import Accounts
from layerzoo.studio.security.sessions import Sessions
from layerzoo.studio.security.site import Site
from layerzoo.studio.security.tokens import Tokens

Message = MutableMapping[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

USER: Final = "layerzoo.user"
CSRF_HEADER: Final = "x-csrf-token"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN: Final = ("/static/", "/login")
"""Paths that need no user: without them the login page has no style."""

POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}


class Guard:
    """The outermost part of the application.

    A request whose Host is not one of the site's is refused: a page of another site whose name leads to this
    machine (DNS rebinding) has another one. A change needs the Origin of the site and the token of the page,
    or comes from a program, which has no cookie but a token in the header Authorization.
    """

    def __init__(
        self, app: App, site: Site, sessions: Sessions, tokens: Tokens, accounts: Accounts | None, cookie: str
    ) -> None:
        self.app, self.site, self.cookie = app, site, cookie
        self.sessions, self.tokens, self.accounts = sessions, tokens, accounts

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent.setdefault(name, value)
                sent.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    def _refusal(self, scope: Message, headers: Headers) -> Response | None:
        """The answer to a request that goes no further; sets the user of one that does."""
        if headers.get("host") not in self.site.hosts:
            return PlainTextResponse(
                "This address is not one of the studio's. Open the address that it printed; "
                "behind a proxy start it with -public_url.",
                421,
            )
        origin, method = headers.get("origin"), scope["method"]
        foreign = origin is not None and origin not in self.site.origins
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            navigates = method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
            if not navigates:  # a link may lead here; a program of another site may not call
                return JSONResponse({"error": "a request of another site"}, 403)
        user, by_cookie = self._user(scope, headers)
        path = scope["path"].removeprefix(self.site.base)
        if user is None:
            if path.startswith(_OPEN):
                user = User("", "view")
            elif path.startswith("/api/"):
                return JSONResponse({"error": "no valid token"}, 401, headers={"www-authenticate": "Bearer"})
            else:
                return Response(status_code=303, headers={"location": f"{self.site.base}/login"})
        changes = by_cookie and method not in _SAFE and path != "/login"
        if changes and (origin is None or not user.csrf or headers.get(CSRF_HEADER) != user.csrf):
            return JSONResponse({"error": "the page's token is missing or old; load the page again"}, 403)
        scope.setdefault("state", {})[USER] = user
        return None

    def _user(self, scope: Message, headers: Headers) -> tuple[User | None, bool]:
        """The user of a request, and whether a cookie says so."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            text = token.strip()
            return self.sessions.owner(text) or self.tokens.user(text), False
        value = HTTPConnection(scope).cookies.get(self.cookie)
        user = self.sessions.user(value) if value else None
        if user is not None and user.name:  # the role is what the file says today
            role = None if self.accounts is None else self.accounts.role(user.name)
            user = None if role is None else User(user.name, role, user.csrf)
        return user, True
