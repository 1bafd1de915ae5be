"""Compute the value of an expression.

Every expression ends, quickly: there are no functions of one's own and no loops, numbers have at most
63 bits, strings and lists a largest length, and all expressions of a net together a largest number of steps.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from layerzoo.errors import did_you_mean, nearest
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
    TooManyStepsError,
    Unary,
    Value,
)

MAX_STEPS: Final = 1_000_000
"""The largest number of operations of all expressions of a net."""
MAX_STRING: Final = 10_000
"""The largest number of characters of a string."""
MAX_VALUES: Final = 100_000
"""The largest number of values in a list, those of lists inside it included."""
_BITS: Final = 63

Environment = Mapping[str, Value]


@dataclass(slots=True)
class Steps:
    """Counts the operations of expressions, up to `MAX_STEPS`."""

    count: int = 0

    def add(self, part: Expression, steps: int = 1) -> None:
        """Count operations.

        Raises:
            TooManyStepsError: there were too many.
        """
        self.count += steps
        if self.count > MAX_STEPS:
            raise TooManyStepsError.of(part, f"all expressions together take more than {MAX_STEPS:,} steps")


def evaluate(expression: Expression, values: Environment, steps: Steps | None = None) -> Value:
    """Compute the value of an expression.

    Args:
        expression: the expression.
        values: the values of the names that it may refer to.
        steps: counts its operations together with those of other expressions.

    Raises:
        ExpressionError: it has no value, for an unknown name or a wrong type for one; or it exceeds a limit.
    """
    if isinstance(expression, Name) and expression.name in values:  # by far the most frequent
        if steps is not None:
            steps.add(expression)
        return values[expression.name]
    return _Evaluation(values, steps or Steps()).value(expression)


def name_of(value: Value) -> str:
    """What kind of value it is, for messages: ``a number``, ``a list``."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "a map"


def count_values(value: Value) -> int:
    """The number of values in a value, those of lists and maps inside it included; it stops at the limit."""
    if not isinstance(value, list | dict):
        return 1
    total = 1
    for inner in value.values() if isinstance(value, dict) else value:
        total += count_values(inner)
        if total > MAX_VALUES:
            break
    return total


class _Evaluation:
    """One evaluation: the values of names, and the count of steps."""

    def __init__(self, values: Environment, steps: Steps) -> None:
        self.values, self.steps = values, steps

    def value(self, part: Expression) -> Value:
        """The value of a part of the expression."""
        self.steps.add(part)
        if isinstance(part, Name):
            return self.values[part.name] if part.name in self.values else self._unknown(part)
        if isinstance(part, Literal):
            return part.value
        return _METHODS[type(part)](self, part)

    def _list(self, part: ListOf) -> Value:
        return _bounded([self.value(item) for item in part.items], part)

    def _map(self, part: MapOf) -> Value:
        return _bounded(dict(zip(part.keys, map(self.value, part.values), strict=True)), part)

    def _chosen(self, part: Conditional) -> Value:
        return self.value(part.value if self._truth(part.condition) else part.other)

    def _unknown(self, part: Name) -> Value:
        """Report a name without a value."""
        hint = did_you_mean(nearest(part.name, self.values))
        if hint is None:
            known = ", ".join(list(self.values)[:8])
            hint = f"known here: {known}" if known else "declare it with 'let'"
        raise ExpressionError.of(part, f"unknown name '{part.name}'", hint)

    def _truth(self, part: Expression) -> bool:
        value = self.value(part)
        if not isinstance(value, bool):
            hint = "compare it: … == 1, … > 0"
            raise ExpressionError.of(part, f"expected true or false, not {_shown(value)}", hint)
        return value

    def _indexed(self, part: Index) -> Value:
        of, index = self.value(part.of), self.value(part.index)
        if isinstance(of, dict):
            key = str(index)
            if key not in of:
                hint = did_you_mean(nearest(key, of)) or f"it has {', '.join(list(of)[:12]) or 'no keys'}"
                raise ExpressionError.of(part.index, f"the map has no '{key}'", hint)
            return of[key]
        if not isinstance(of, list | str):
            raise ExpressionError.of(part.of, f"expected a list, a map or a string, not {_shown(of)}")
        if isinstance(index, bool) or not isinstance(index, int):
            raise ExpressionError.of(part.index, f"expected a whole number as index, not {_shown(index)}")
        if not -len(of) <= index < len(of):
            message = f"index {index} of {len(of)} values"
            raise ExpressionError.of(part.index, message, "the first has index 0")
        return of[index]

    def _signed(self, part: Unary) -> Value:
        if part.operator == "not":
            return not self._truth(part.operand)
        value = _number(self.value(part.operand), part.operand)
        return -value if part.operator == "-" else value

    def _combined(self, part: Binary) -> Value:
        if part.operator in {"and", "or"}:
            first = self._truth(part.left)
            return self._truth(part.right) if first == (part.operator == "and") else first
        left, right = self.value(part.left), self.value(part.right)
        if part.operator in {"==", "!="}:
            self.steps.add(part, min(count_values(left), count_values(right)))
            return (left == right) == (part.operator == "==")
        if part.operator == "in":
            return self._contained(part, left, right)
        if part.operator in {"<", "<=", ">", ">="}:
            if isinstance(left, str) and isinstance(right, str):
                return bool(_ORDER[part.operator](left, right))
            return bool(_ORDER[part.operator](_number(left, part.left), _number(right, part.right)))
        if part.operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _bounded(left + right, part)
        if part.operator == "+" and isinstance(left, list) and isinstance(right, list):
            return _bounded(left + right, part)
        if part.operator == "*" and isinstance(left, list):
            return self._repeated(part, left, right)
        if part.operator == "+" and (isinstance(left, str) or isinstance(right, str)):
            message = f"'+' of {name_of(left)} and {name_of(right)}"
            raise ExpressionError.of(part, message, "in a string write ${…}${…}, or use str(…)")
        a, b = _number(left, part.left), _number(right, part.right)
        return _checked(_arithmetic(part, a, b), part)

    def _repeated(self, part: Binary, values: list[Value], times: Value) -> Value:
        if isinstance(times, bool) or not isinstance(times, int) or times < 0:
            message = f"expected a whole number from 0 as times, not {_shown(times)}"
            raise ExpressionError.of(part.right, message)
        if (count_values(values) - 1) * times >= MAX_VALUES:  # before there is such a list
            raise ExpressionError.of(part, f"a list has at most {MAX_VALUES:,} values")
        self.steps.add(part, len(values) * times)
        return values * times

    def _contained(self, part: Binary, left: Value, right: Value) -> bool:
        if isinstance(right, str) and isinstance(left, str):
            return left in right
        if isinstance(right, str) or not isinstance(right, list | dict):
            raise ExpressionError.of(part.right, f"expected a list or a map, not {_shown(right)}")
        self.steps.add(part, count_values(right))
        return str(left) in right if isinstance(right, dict) else left in right

    def _called(self, part: Call) -> Value:
        function = _FUNCTIONS.get(part.function)
        if function is None:
            hint = did_you_mean(nearest(part.function, _FUNCTIONS)) or f"there are {', '.join(_FUNCTIONS)}"
            raise ExpressionError.of(part, f"unknown function '{part.function}'", hint)
        arguments = [self.value(argument) for argument in part.arguments]
        self.steps.add(part, sum(len(a) for a in arguments if isinstance(a, list)))
        try:
            return _bounded(_checked(function(*arguments), part), part)
        except (TypeError, ValueError, OverflowError) as error:
            shown = ", ".join(map(_shown, arguments))
            hint = USAGE[part.function]
            message = (
                str(error)
                if isinstance(error, _RefusedError)
                else f"{part.function}({shown:.80}) has no value"
            )
            raise ExpressionError.of(part, message, hint) from None


_METHODS: Final[Mapping[type[Expression], Callable[[_Evaluation, Any], Value]]] = {
    ListOf: _Evaluation._list,
    MapOf: _Evaluation._map,
    Conditional: _Evaluation._chosen,
    Index: _Evaluation._indexed,
    Unary: _Evaluation._signed,
    Binary: _Evaluation._combined,
    Call: _Evaluation._called,
}


class _RefusedError(ValueError):
    """A function's argument is out of its range; the message says which."""


_ORDER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _arithmetic(part: Binary, a: int | float, b: int | float) -> int | float:
    if part.operator == "+":
        return a + b
    if part.operator == "-":
        return a - b
    if part.operator == "*":
        return a * b
    if part.operator == "**":
        return _power(part, a, b)
    if b == 0:
        raise ExpressionError.of(part.right, "a division by zero")
    if part.operator == "/":
        return a / b
    return a // b if part.operator == "//" else a % b


def _power(part: Binary, a: int | float, b: int | float) -> int | float:
    whole = isinstance(a, int) and isinstance(b, int) and b >= 0
    if (
        whole and abs(a) > 1 and int(a).bit_length() * b > 2 * _BITS
    ):  # never computed: it could have 10^18 digits
        raise ExpressionError.of(part, f"a number has at most {_BITS} bits")
    try:
        power = a**b if whole else float(a) ** float(b)
    except (OverflowError, ZeroDivisionError):
        raise ExpressionError.of(part, f"{a} ** {b} is not finite") from None
    if isinstance(power, complex):
        raise ExpressionError.of(part, f"{a} ** {b} is not a real number")
    return power


def _number(value: Value, part: Expression) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError.of(part, f"expected a number, not {_shown(value)}")
    return value


def _checked(value: Value, part: Expression) -> Value:
    """The value, if it is not a number out of bounds."""
    if isinstance(value, int) and not -(2**_BITS) <= value < 2**_BITS:
        raise ExpressionError.of(part, f"a number has at most {_BITS} bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError.of(part, f"the value is not finite: {value}")
    return value


def _bounded(value: Value, part: Expression) -> Value:
    """The value, if it is not too long."""
    if isinstance(value, str) and len(value) > MAX_STRING:
        raise ExpressionError.of(part, f"a string has at most {MAX_STRING:,} characters")
    if isinstance(value, list | dict) and count_values(value) > MAX_VALUES:
        raise ExpressionError.of(part, f"a list has at most {MAX_VALUES:,} values")
    return value


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return f"the string '{value[:40]}'"
    if isinstance(value, list | dict):
        return f"{name_of(value)} of {len(value)}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numbers(values: tuple[Value, ...]) -> list[int | float]:
    """The numbers of a function's arguments, or of the list that is its only argument."""
    several: Any = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in several):
        raise TypeError
    return list(several)


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _range(*bounds: Value) -> list[Value]:
    steps = range(*map(_whole, bounds))
    if len(steps) > MAX_VALUES:
        raise _RefusedError(f"a list has at most {MAX_VALUES:,} values")
    return list(steps)


def _round(value: Value, digits: Value = 0) -> Value:
    number = round(_numbers((value,))[0], _whole(digits))
    return number if digits else int(number)


def _text(value: Value) -> str:
    if isinstance(value, list | dict):
        raise TypeError
    return text_of(value)


def _int(value: Value) -> int:
    if isinstance(value, list | dict | bool):
        raise TypeError
    if isinstance(value, str) and len(value) > 20:
        raise ValueError
    return int(value)


def _length(value: Value) -> int:
    if not isinstance(value, list | dict | str):
        raise TypeError
    return len(value)


def text_of(value: Value) -> str:
    """A number, truth or string as a config has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    "len": _length,
    "min": lambda *values: min(_numbers(values)),
    "max": lambda *values: max(_numbers(values)),
    "sum": lambda *values: sum(_numbers(values)),
    "abs": lambda value: abs(_numbers((value,))[0]),
    "round": _round,
    "ceil": lambda value: math.ceil(_numbers((value,))[0]),
    "floor": lambda value: math.floor(_numbers((value,))[0]),
    "sqrt": lambda value: math.sqrt(_numbers((value,))[0]),
    "log2": lambda value: math.log2(_numbers((value,))[0]),
    "range": _range,
    "int": _int,
    "str": _text,
}
USAGE: Final = {
    "len": "len(list): the number of its values",
    "min": "min(a, b, …) or min(list): the smallest number",
    "max": "max(a, b, …) or max(list): the largest number",
    "sum": "sum(list): the sum of its numbers",
    "abs": "abs(number)",
    "round": "round(number) or round(number, digits)",
    "ceil": "ceil(number): the next whole number up",
    "floor": "floor(number): the next whole number down",
    "sqrt": "sqrt(number), of a number from 0",
    "log2": "log2(number), of a number above 0",
    "range": "range(end), range(begin, end) or range(begin, end, step): whole numbers before the end",
    "int": "int(number or string): a whole number",
    "str": "str(number): as a string",
}
"""How each function is called."""
FUNCTIONS: Final = tuple(_FUNCTIONS)
"""The names of the functions."""
