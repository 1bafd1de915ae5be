"""The syntax tree of an expression; every part knows its position in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Value = int | float | bool | str | list["Value"] | dict[str, "Value"]
"""The value of an expression."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of an expression.

    Attributes:
        at: its offset in the text that was parsed.
        length: its number of characters.
    """

    at: int
    length: int

    def parts(self) -> Iterator[Expression]:
        """The expressions that it is made of, in the order of the text."""
        for slot in self.__slots__:
            value = getattr(self, slot)
            yield from (
                one
                for one in (value if isinstance(value, tuple) else (value,))
                if isinstance(one, Expression)
            )

    def names(self) -> Iterator[Name]:
        """The names that it refers to."""
        if isinstance(self, Name):
            yield self
        for part in self.parts():
            yield from part.names()


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A number, a string, true or false."""

    value: int | float | bool | str


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A constant, a parameter, or the variable of a repetition."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf(Expression):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Expression):
    """``{key: value}``; a key is a name, a string, or a number."""

    keys: tuple[str, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """``-a``, ``+a``, ``not a``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """``a + b``, ``a < b``, ``a and b``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    """``a if condition else b``."""

    value: Expression
    condition: Expression
    other: Expression


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """``a[i]``, or ``a.name`` for ``a["name"]``."""

    of: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """``min(a, b)``."""

    function: str
    arguments: tuple[Expression, ...]


class ExpressionError(Exception):
    """An expression is malformed or has no value.

    Args:
        message: what is wrong.
        at: offset of the faulty part in the text.
        length: its number of characters.
        hint: how to fix it.
    """

    def __init__(self, message: str, at: int, length: int = 1, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.at, self.length, self.hint = message, at, max(1, length), hint

    @classmethod
    def of(cls, part: Expression, message: str, hint: str | None = None) -> ExpressionError:
        """The error of a part of an expression."""
        return cls(message, part.at, part.length, hint)


class TooManyStepsError(ExpressionError):
    """All expressions of a config together take too long."""
