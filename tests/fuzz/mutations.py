"""Mutate bytes, texts and JSON values; every choice comes from the random generator that is passed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_NUMBERS = """
0 -0 1 -1 2 3 7 8 255 256 65535 65536 2147483647 2147483648 -2147483649 4294967296 9223372036854775807
9223372036854775808 18446744073709551616 1e38 1e39 1e308 1e309 1e999 1e-45 5e-324 0.1 -0.5 .5 5. 1.e3 1e+ inf
-inf nan Infinity 0x10 0x7fffffff 0xffffffffffffffffff 017 0o17 1f 1_000 +1 1,000
"""
_LONG = ("9" * 20, "9" * 400, "0." + "1" * 400, "1e" + "9" * 30, "0x" + "f" * 300, "\N{FULLWIDTH DIGIT ONE}")
NUMBERS = (*_NUMBERS.split(), *_LONG)
"""Numbers at and beyond the limits of their types, as text."""

_MARKS = """
{ } [ ] < > ( ) : ; , # & * ! | % @ ` = ~ - ? ' " \\ / . .. ../x /dev/zero // {{ }} [[ ]] {} [] <<: *a &a
true false True yes no null None TRAIN TEST MAX "" '' "a" !!python/object:os \\x \\777 \\u0000
"""
_CONTROLS = (
    "\n", "\r", "\r\n", "\t", " ", "\n\n", "\0", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff",
    "é", "\U0001f600", "\udc80", "#x\n", "--- ", "...\n", "%YAML 1.2\n", "- ", ": ", "? ", "|\n", ">-\n",
)  # fmt: skip
_REPEATED = tuple(text * 50 for text in ("(", "{", "[", "a{", "- ", "long"))
TEXTS = (*NUMBERS, *_MARKS.split(), *_CONTROLS, *_REPEATED)
"""Pieces of text that readers may mishandle."""

_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_BYTES = (0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x20, 0x22, 0x7B)
_INTEGERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    2**63 - 1,
    2**64 - 1,
)
_JSON_SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**64, 10**30, 1e308, float("inf"), float("nan"), 0.5,
    "", "0",
    "a", "../x", "/dev/zero", "a/b", "\x1b[31mred", "\0", "\udc80", "é" * 40, "x" * 300, [], {}, [[]],
    {"": 0},
)  # fmt: skip


def few(random: Random, most: int = 6) -> int:
    """A small number of times, 1 more often than more."""
    count = 1
    while count < most and random.random() < 0.45:
        count += 1
    return count


def mutate_bytes(random: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Change some bytes: values, integers, ranges, the end, or a part of another seed."""
    changed = bytearray(data)
    for _ in range(few(random)):
        random.choice(_BYTE_CHANGES)(random, changed)
    if others and random.random() < 0.1:
        other = random.choice(others)
        at, start = random.randrange(len(changed) + 1), random.randrange(len(other) + 1)
        changed[at:] = other[start:]
    return bytes(changed)


def mutate_text(random: Random, text: str, words: Sequence[str] = (), others: Sequence[str] = ()) -> str:
    """Change some tokens: remove, repeat, swap or replace them, insert words or `TEXTS`."""
    tokens = _TOKEN.findall(text)
    for _ in range(few(random)):
        if not tokens:
            tokens = [random.choice(TEXTS)]
        at = random.randrange(len(tokens))
        choice = random.randrange(9)
        if choice == 0:
            del tokens[at : at + few(random)]
        elif choice == 1:
            tokens[at:at] = tokens[at : at + random.randrange(1, 30)]
        elif choice == 2:
            other = random.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif choice == 3:
            tokens[at] *= random.choice((2, 3, 50))
        elif choice == 4:
            tokens[at:] = _TOKEN.findall(random.choice(others)) if others and random.random() < 0.5 else []
        elif choice == 5:
            tokens[at] = random.choice(NUMBERS)
        elif choice == 6 and words:
            tokens[at] = random.choice(words)
        else:
            piece = random.choice(words) if words and random.random() < 0.4 else random.choice(TEXTS)
            tokens[at : at + random.randrange(2)] = [piece]
    return "".join(tokens)


def as_bytes(random: Random, text: str) -> bytes:
    """Encode a text; now and then with a byte-order mark, as UTF-16, or with a byte changed."""
    data = text.encode("utf-8", "surrogateescape" if random.random() < 0.9 else "surrogatepass")
    choice = random.randrange(40)
    if choice == 0:
        return b"\xef\xbb\xbf" + data
    if choice == 1:
        return text.encode("utf-16", "surrogatepass")
    return mutate_bytes(random, data) if choice < 4 else data


def encodable(text: str) -> str:
    """A text without surrogates that have no byte, so that every encoding of `as_bytes` accepts it."""
    return "".join(
        c if not 0xD800 <= ord(c) < 0xDC80 and not 0xDD00 <= ord(c) <= 0xDFFF else "?" for c in text
    )


def mutate_json(random: Random, value: Any, words: Sequence[str] = ()) -> Any:
    """Change some parts of a JSON value: types, keys, lengths, depth. The value itself is left unchanged."""
    value = json.loads(json.dumps(value))
    for _ in range(few(random)):
        value = _change_json(random, value, words)
    return value


def _change_json(random: Random, value: Any, words: Sequence[str]) -> Any:
    inside = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    if inside and random.random() < 0.8:
        key = random.choice(inside)
        choice = random.randrange(8)
        if choice == 0:
            del value[key]
        elif choice == 1 and isinstance(value, dict):
            value[_word(random, words)] = value.pop(key)
        elif choice == 2 and isinstance(value, list):
            value[key:key] = [value[key]] * random.choice((1, 2, 40))
        elif choice == 3 and isinstance(value, dict):
            value[_word(random, words)] = random.choice(_JSON_SCALARS)
        else:
            value[key] = _change_json(random, value[key], words)
        return value
    choice = random.randrange(6)
    if choice == 0:
        return [value]
    if choice == 1:
        return {"a": value}
    if choice == 2 and isinstance(value, int | float):
        return random.choice(
            (-value, value + 1, value * 2, str(value), float(value) if abs(value) < 1e300 else 0)
        )
    if choice == 3 and isinstance(value, str):
        return encodable(mutate_text(random, value, words))
    if choice == 4 and random.random() < 0.2:
        for _ in range(random.choice((10, 100, 1500))):
            value = [value]
        return value
    return random.choice(_JSON_SCALARS)


def json_text(random: Random, value: Any) -> str:
    """A value as JSON text: compact, indented, or with mistakes."""
    try:
        text = json.dumps(value, indent=random.choice((None, None, 1, 2)))
    except (ValueError, RecursionError):
        return "[" * 5000
    return mutate_text(random, text) if random.random() < 0.15 else text


def _word(random: Random, words: Sequence[str]) -> str:
    return random.choice(words) if words and random.random() < 0.7 else encodable(random.choice(TEXTS))


def _set_byte(random: Random, data: bytearray) -> None:
    if data:
        value = random.choice(_BYTES) if random.random() < 0.5 else random.randrange(256)
        data[random.randrange(len(data))] = value


def _flip_bit(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set_integer(random: Random, data: bytearray) -> None:
    size = random.choice((1, 2, 4, 8))
    value = random.choice(_INTEGERS) & (256**size - 1)
    if len(data) >= size:
        at = random.randrange(len(data) - size + 1)
        data[at : at + size] = value.to_bytes(size, random.choice(("little", "big")))


def _change_integer(random: Random, data: bytearray) -> None:
    size = random.choice((1, 2, 4, 8))
    if len(data) >= size:
        at, order = random.randrange(len(data) - size + 1), "little" if random.random() < 0.7 else "big"
        value = int.from_bytes(data[at : at + size], order) + random.randrange(-9, 10)  # type: ignore[arg-type]  # a literal
        data[at : at + size] = (value % 256**size).to_bytes(size, order)  # type: ignore[arg-type]  # a literal


def _delete(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice((1, 2, 4, 8, 40, 500))]


def _insert(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = bytes([random.choice(_BYTES)]) * random.choice((1, 2, 4, 8, 100))


def _repeat(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = data[at : at + random.choice((1, 4, 8, 40, 500))] * random.choice((1, 2, 20))


def _cut(random: Random, data: bytearray) -> None:
    del data[random.randrange(len(data) + 1) :]


def _move(random: Random, data: bytearray) -> None:
    size = random.choice((1, 4, 8, 40, 500))
    start, to = random.randrange(len(data) + 1), random.randrange(len(data) + 1)
    piece = data[start : start + size]
    data[to : to + len(piece)] = piece


_BYTE_CHANGES: Sequence[Callable[[Random, bytearray], None]] = (
    _set_byte, _set_byte, _flip_bit, _flip_bit, _set_integer, _set_integer, _change_integer, _change_integer,
    _delete, _insert, _repeat, _cut, _move,
)  # fmt: skip
