"""Texts with expressions in them: ``res${stage}_branch${i + 1}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from layerzoo.expressions.evaluate import Steps, evaluate, name_of, text_of
from layerzoo.expressions.parse import MAX_LENGTH, parse
from layerzoo.expressions.tree import (
    Binary,
    Call,
    Conditional,
    Expression,
    ExpressionError,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Unary,
    Value,
)

OPENING: Final = "${"
_LITERAL: Final = "$${"


@dataclass(frozen=True)
class Template:
    """A text, split at its expressions.

    Attributes:
        parts: its literal pieces and its expressions, in order; positions are those in the text.
    """

    parts: tuple[str | Expression, ...]

    @cached_property
    def whole(self) -> Expression | None:
        """The expression that is the whole text; None if the text has anything beside it."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Expression) else None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that its expressions refer to."""
        return frozenset(n.name for part in self.parts if isinstance(part, Expression) for n in part.names())

    def value(self, values: Mapping[str, Value], steps: Steps | None = None) -> Value:
        """The value of a single expression; otherwise the text with the values in their places.

        Raises:
            ExpressionError: an expression has no value, or one that can't stand in a text.
        """
        if self.whole is not None:
            return evaluate(self.whole, values, steps)
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = evaluate(part, values, steps)
            if isinstance(value, str):
                pieces.append(value)
                continue
            if isinstance(value, list | dict):
                raise ExpressionError.of(
                    part, f"{name_of(value)} inside a text", "select a value of it by [ ]"
                )
            pieces.append(text_of(value))
        return "".join(pieces)


def split(text: str) -> Template | None:
    """Split a text at its expressions; None if it has none, not even the escape ``$${``.

    Raises:
        ExpressionError: an expression is malformed.
    """
    if OPENING not in text:
        return None
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a text with expressions has at most {MAX_LENGTH:,} characters", 0)
    parts: list[str | Expression] = []
    literal, at = "", 0
    while (opening := text.find(OPENING, at)) >= 0:
        if opening > at and text[opening - 1] == "$":  # $${ is the text ${
            literal += text[at : opening - 1] + OPENING
            at = opening + len(OPENING)
            continue
        literal += text[at:opening]
        expression, at = parse(text, opening + len(OPENING), closer="}")
        parts += [literal, expression] if literal else [expression]
        literal = ""
    literal += text[at:]
    return Template((*parts, literal) if literal or not parts else tuple(parts))


def folded(expression: Expression, values: Mapping[str, Value], steps: Steps | None = None) -> str:
    """The text of an expression in which every part that has a value already stands as that value.

    Raises:
        ExpressionError: a part that refers only to ``values`` has no value.
    """
    if all(name.name in values for name in expression.names()):
        return _literal(evaluate(expression, values, steps))
    match expression:
        case Name():
            return expression.name
        case Index(index=Literal(value=str(key))) if key.isidentifier():
            return f"{folded(expression.of, values, steps)}.{key}"
        case Index():
            return f"{folded(expression.of, values, steps)}[{folded(expression.index, values, steps)}]"
        case Unary():
            return f"({expression.operator} {folded(expression.operand, values, steps)})"
        case Binary():
            left, right = (folded(one, values, steps) for one in expression.parts())
            return f"({left} {expression.operator} {right})"
        case Conditional():
            value, condition, other = (folded(one, values, steps) for one in expression.parts())
            return f"({value} if {condition} else {other})"
        case Call():
            return (
                f"{expression.function}({', '.join(folded(a, values, steps) for a in expression.arguments)})"
            )
        case ListOf():
            return f"[{', '.join(folded(item, values, steps) for item in expression.items)}]"
        case MapOf():
            pairs = zip(expression.keys, expression.values, strict=True)
            return "{" + ", ".join(f'"{key}": {folded(value, values, steps)}' for key, value in pairs) + "}"
    raise AssertionError(expression)


def _literal(value: Value) -> str:
    """A value as an expression has it."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(one)}" for key, one in value.items()) + "}"
    return f"({value})" if not isinstance(value, bool) and value < 0 else text_of(value)
