"""The parameters of a block: texts and numbers that differ between its uses, as few as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

_LETTERS = ("n", "m", "k", "l", "o", "q", "r", "s")


def literal(text: str) -> str:
    """A text in which ``${`` begins no expression."""
    return text.replace("${", "$${")


@dataclass
class Variables:
    """The parameters of a block, found while its texts and numbers are written.

    Attributes:
        values: for each parameter, its value in each use: all of them texts, or all of them numbers.
    """

    values: dict[str, tuple[str, ...] | tuple[int, ...]] = field(default_factory=dict)

    def text(self, texts: Sequence[str]) -> str:
        """One text for those of all uses, with expressions where they differ."""
        if len(set(texts)) == 1:
            return literal(texts[0])
        before = _common_start(texts)
        rest = [text[len(before) :] for text in texts]
        after = _common_start([text[::-1] for text in rest])[::-1]
        parts = tuple(text[: len(text) - len(after)] for text in rest)
        return literal(before) + self._expression(parts) + literal(after)

    def number(self, numbers: Sequence[int]) -> str:
        """One number for those of all uses, or an expression."""
        if len(set(numbers)) == 1:
            return str(numbers[0])
        return self._expression(tuple(numbers))

    def _expression(self, parts: tuple[str, ...] | tuple[int, ...]) -> str:
        """An expression that has these values: a parameter, a known one scaled and shifted, or a new one."""
        numbers = _numbers(parts)
        for name, known in self.values.items():
            if known == (numbers if isinstance(known[0], int) else parts):
                return f"${{{name}}}"
            if numbers is not None and isinstance(known[0], int):
                linear = _linear(name, [int(value) for value in known], numbers)
                if linear is not None:
                    return f"${{{linear}}}"
        taken = len(self.values)
        letters = _LETTERS if numbers is not None else ("p", *(f"p{k}" for k in range(2, 50)))
        name = next((one for one in letters if one not in self.values), f"v{taken}")
        self.values[name] = numbers if numbers is not None else parts
        return f"${{{name}}}"


def _common_start(texts: Sequence[str]) -> str:
    """The characters that all texts begin with."""
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in columns)


def _numbers(parts: tuple[str, ...] | tuple[int, ...]) -> tuple[int, ...] | None:
    """The values as whole numbers, if they are written as Layerzoo would write them."""
    numbers = [int(part) for part in parts if isinstance(part, int) or _is_number(part)]
    return tuple(numbers) if len(numbers) == len(parts) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and str(int(text)) == text


def _linear(name: str, known: Sequence[int], wanted: Sequence[int]) -> str | None:
    """``a * name + b`` that gives the wanted values; None if there is none."""
    pairs = list(zip(known, wanted, strict=True))
    first = pairs[0]
    other = next((pair for pair in pairs if pair[0] != first[0]), None)
    if other is None or (other[1] - first[1]) % (other[0] - first[0]):
        return None
    factor = (other[1] - first[1]) // (other[0] - first[0])
    shift = first[1] - factor * first[0]
    if factor == 0 or any(factor * value + shift != result for value, result in pairs):
        return None
    scaled = name if factor == 1 else f"{factor} * {name}"
    return scaled if shift == 0 else f"{scaled} {'+' if shift > 0 else '-'} {abs(shift)}"
