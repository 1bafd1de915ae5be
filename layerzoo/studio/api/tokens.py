"""Tokens of programs that use the API."""

from __future__ import annotations

from dataclasses import dataclass

from layerzoo.studio.routing import service
from layerzoo.studio.routing.call import Role
from layerzoo.studio.studio import Request


@dataclass
class NewToken:
    """A token to make."""

    name: str
    role: Role = "run"


@dataclass
class MadeToken:
    """A token and its text, which is shown once."""

    name: str
    role: Role
    token: str


@dataclass
class KnownToken:
    """A token without its text."""

    name: str
    role: Role
    created: float


@service("GET", "/api/tokens", role="admin", answer=list[KnownToken])
def list_tokens(call: Request) -> list[KnownToken]:
    """The tokens of programs."""
    return [KnownToken(one.name, one.role, one.created) for one in call.studio.tokens.all()]


@service("POST", "/api/tokens", role="admin", body=NewToken, answer=MadeToken)
def add_token(call: Request) -> MadeToken:
    """Make a token for a program; its text is shown this once."""
    text = call.studio.tokens.add(call.body.name, call.body.role)
    return MadeToken(call.body.name, call.body.role, text)


@service("DELETE", "/api/tokens/{name}", role="admin")
def remove_token(call: Request) -> dict[str, str]:
    """Let a token be valid no longer."""
    call.studio.tokens.remove(call.path["name"])
    return {"removed": call.path["name"]}
