"""Parse expressions: operators by precedence, as in Python."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

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
)

MAX_LENGTH: Final = 10_000
"""The largest number of characters of an expression."""
MAX_DEPTH: Final = 50
"""The deepest nesting of an expression."""

_TOKEN: Final = re.compile(
    r"""\s*+(?:
        (?P<number>(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)
        |(?P<name>[A-Za-z_]\w*+)
        |(?P<string>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')
        |(?P<mark>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\]{},:.])
        |(?P<end>\Z)
        |(?P<other>.))""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t"}
_COMPARISONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">=", "in"))
_BINDING: Final = {
    "or": 2,
    "and": 3,
    **dict.fromkeys(_COMPARISONS, 5),
    "+": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "//": 7,
    "%": 7,
    "**": 9,
}
"""How strongly each operator binds its operands."""
_CONDITIONAL, _NOT, _SIGN = 1, 4, 8
_KEYWORDS: Final = frozenset(("if", "else", "and", "or", "not", "in"))
_CONSTANTS: Final = {"true": True, "false": False, "True": True, "False": False}
_FOREIGN: Final = {"&": "and", "|": "or", "!": "not", "=": "==", "?": "a if condition else b", "^": "**"}


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse(text: str, start: int = 0, *, closer: str = "") -> tuple[Expression, int]:
    """Parse an expression.

    Args:
        text: the text that holds it.
        start: where it begins in the text.
        closer: the mark that ends it, ``}`` in ``${…}``; empty: the end of the text.

    Returns:
        the expression, with positions in ``text``, and the offset behind its closer.

    Raises:
        ExpressionError: it is malformed, or exceeds a limit.
    """
    parser = _Parser(text, start)
    expression = parser.expression(0)
    token = parser.token
    if token.text != closer:
        if token.kind == "end":
            raise ExpressionError("this '${' is never closed", start - 2, 2, "put it in quotes, or add '}'")
        raise parser.unexpected(f"an operator or '{closer}'" if closer else "an operator or the end")
    return expression, token.at + len(token.text)


class _Parser:
    """The state of the parser: the next token, and how deep the expression is nested."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.start = text, start
        self.depth = 0
        self.end = start
        self.token = self._read(start)

    def expression(self, binding: int) -> Expression:
        """Parse operands and operators that bind stronger than ``binding``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            at = self.token.at
            raise ExpressionError(f"nested more than {MAX_DEPTH} levels deep, the limit", at)
        left, compared = self._operand(), False
        while (operator := self._operator()) is not None:
            strength = _CONDITIONAL if operator == "if" else _BINDING[operator]
            if strength <= binding:
                break
            token = self._advance()
            if operator == "if":
                condition = self.expression(_CONDITIONAL)
                self._expect("else", "'else': a condition has the form  a if condition else b")
                other = self.expression(_CONDITIONAL - 1)
                left = Conditional(left.at, self._length(left.at), left, condition, other)
                continue
            if operator in _COMPARISONS:
                if compared:
                    hint = "join two comparisons by 'and'"
                    raise ExpressionError("a comparison of a comparison", token.at, len(token.text), hint)
                compared = True
            right = self.expression(strength - 1 if operator == "**" else strength)
            left = Binary(left.at, self._length(left.at), operator, left, right)
        self.depth -= 1
        return left

    def unexpected(self, expected: str) -> ExpressionError:
        """The error about the next token."""
        kind, text, at = self.token
        if kind == "end":
            return ExpressionError(f"the expression ends too early; expected {expected}", max(0, at - 1))
        if kind == "other" and text in "\"'":
            return ExpressionError(f"this string has no closing {text}", at)
        hint = f"write {_FOREIGN[text]}" if text in _FOREIGN else None
        return ExpressionError(f"expected {expected}, found '{text}'", at, len(text), hint)

    def _operator(self) -> str | None:
        text = self.token.text
        known = text == "if" or text in _BINDING
        return text if known and self.token.kind in {"mark", "name"} else None

    def _operand(self) -> Expression:
        kind, text, at = self.token
        if text in {"-", "+", "not"} and kind in {"mark", "name"}:
            self._advance()
            operand = self.expression(_NOT if text == "not" else _SIGN)
            return Unary(at, self._length(at), text, operand)
        return self._indexed(self._primary())

    def _primary(self) -> Expression:
        kind, text, at = self.token
        if kind == "number":
            self._advance()
            return Literal(at, len(text), self._number(text, at))
        if kind == "string":
            self._advance()
            return Literal(at, len(text), _ESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1]))
        if kind == "name" and text not in _KEYWORDS:
            self._advance()
            if text in _CONSTANTS:
                return Literal(at, len(text), _CONSTANTS[text])
            if self.token.text == "(":
                self._advance()
                arguments = self._items(")")
                return Call(at, self._length(at), text, arguments)
            return Name(at, len(text), text)
        if text == "(":
            self._advance()
            inside = self.expression(0)
            self._expect(")", "')'")
            return inside
        if text == "[":
            self._advance()
            items = self._items("]")
            return ListOf(at, self._length(at), items)
        if text == "{":
            self._advance()
            return self._map(at)
        raise self.unexpected("a value")

    def _indexed(self, of: Expression) -> Expression:
        while self.token.text in {"[", "."}:
            if self._advance().text == "[":
                index = self.expression(0)
                self._expect("]", "']'")
            else:
                kind, text, at = self.token
                if kind != "name":
                    raise self.unexpected("a name after '.'")
                self._advance()
                index = Literal(at, len(text), text)
            of = Index(of.at, self._length(of.at), of, index)
        return of

    def _items(self, closer: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while self.token.text != closer:
            items.append(self.expression(0))
            if self.token.text != closer:
                self._expect(",", f"',' or '{closer}'")
        self._advance()
        return tuple(items)

    def _map(self, at: int) -> MapOf:
        keys: list[str] = []
        values: list[Expression] = []
        while self.token.text != "}":
            kind, text, key_at = self.token
            if kind not in {"name", "string", "number"}:
                raise self.unexpected("a key")
            self._advance()
            key = text[1:-1] if kind == "string" else text
            if key in keys:
                raise ExpressionError(f"the key '{key}' is given twice", key_at, len(text))
            keys.append(key)
            self._expect(":", "':' after a key")
            values.append(self.expression(0))
            if self.token.text != "}":
                self._expect(",", "',' or '}'")
        self._advance()
        return MapOf(at, self._length(at), tuple(keys), tuple(values))

    def _number(self, text: str, at: int) -> int | float:
        if not text.isdigit():
            return float(text)
        if len(text) > 1 and text[0] == "0":
            hint = f"write {text.lstrip('0') or 0}"
            raise ExpressionError(f"'{text}' could be octal or decimal", at, len(text), hint)
        if len(text) > 19 or int(text) >= 2**63:
            raise ExpressionError("a number has at most 63 bits", at, len(text))
        return int(text)

    def _expect(self, text: str, expected: str) -> None:
        if self.token.text != text or self.token.kind == "string":
            raise self.unexpected(expected)
        self._advance()

    def _advance(self) -> _Token:
        token = self.token
        self.end = token.at + len(token.text)
        self.token = self._read(self.end)
        return token

    def _read(self, at: int) -> _Token:
        if at - self.start > MAX_LENGTH:
            message = f"an expression has at most {MAX_LENGTH:,} characters"
            raise ExpressionError(message, self.start)
        m = _TOKEN.match(self.text, at)
        assert m is not None
        assert m.lastgroup is not None
        return _Token(m.lastgroup, m[m.lastgroup], m.start(m.lastgroup))

    def _length(self, at: int) -> int:
        """The number of characters from an offset to the last token."""
        return self.end - at
