"""A request, as a route's function sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from layerzoo.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

Role = Literal["view", "run", "admin"]
RANKS: dict[Role, int] = {"view": 0, "run": 1, "admin": 2}
S = TypeVar("S")


class NotFoundError(UsageError):
    """What an address names does not exist."""


class ForbiddenError(UsageError):
    """The user's role does not allow it."""


@dataclass(frozen=True)
class User:
    """Who calls.

    Attributes:
        name: empty for the owner of the machine, who came by the printed address.
        role: what they may do.
        csrf: the token that their pages send along with changes; empty for programs.
    """

    name: str = ""
    role: Role = "admin"
    csrf: str = ""

    def may(self, role: Role) -> bool:
        """Whether the user's role includes another one."""
        return RANKS[self.role] >= RANKS[role]


@dataclass
class Call(Generic[S]):
    """A request.

    Attributes:
        studio: what the routes work on.
        user: who calls.
        request: the request itself, for what is not declared (streams, headers).
        path: values of the names in the route's path.
        query: parameters of the address, of the route's ``query`` type.
        body: of the route's ``body`` type.
        change: what `Events.version` was before the function was called.
    """

    studio: S
    user: User
    request: Request
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    change: str = ""
