"""Configs and messages by reflection over the schema: fields, types and names that exist, with any values."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from google.protobuf.message import Message

from layerzoo.layer import LAYERS
from layerzoo.schema import Field, NetParameter, SolverParameter, fields, message_class
from tests.fuzz.mutations import NUMBERS, TEXTS, encodable

Tree = list[tuple[str, Any]]
"""Fields of a config in order: a value is text, or a Tree."""

_SMALL = ("0", "1", "1", "2", "3", "-1", "0.5", "0.5", "1.5", "0.01", "1e-4")
_WHOLE = ("0", "1", "1", "1", "2", "2", "3", "4", "5", "8")
_NAMES = ("a", "b", "c", "data", "label", "x", "y", "ip1", "conv1", "loss", "a/b", "a b", "é")


@cache
def words() -> list[str]:
    """Field names, enum values and layer types of the schema."""
    found: set[str] = set()
    seen: set[str] = set()
    stack = [NetParameter.DESCRIPTOR, SolverParameter.DESCRIPTOR]
    while stack:
        descriptor = stack.pop()
        if descriptor.full_name in seen:
            continue
        seen.add(descriptor.full_name)
        for field in fields(descriptor).values():
            found |= {field.name, *field.values}
            if field.message is not None:
                stack.append(field.message)
    return sorted(found | set(LAYERS))


def random_tree(random: Random, of: Any, depth: int = 0, most: int = 5, odd: float = 0.05) -> Tree:
    """Some fields of a message; a share of about ``odd`` comes twice, is unknown or has an invalid value."""
    known = [field for field in fields(of).values() if field.extension is None]
    tree: Tree = []
    for _ in range(random.randrange(1, most + 1)):
        if not known or random.random() < odd / 2:
            tree.append((random.choice(words()), quoted(random)))
            continue
        field = random.choice(known)
        for _ in range(random.choice((1, 1, 1, 2, 4)) if field.repeated else 1 + (random.random() < odd / 4)):
            tree.append((field.name, random_value(random, field, depth, odd)))
    return tree


def random_value(random: Random, field: Field, depth: int = 0, odd: float = 0.05) -> Any:
    """A value of a field as text, or a tree; most often of its type."""
    if random.random() < odd / 2:
        return random.choice((quoted(random), random.choice(NUMBERS), [], [("a", "1")]))
    match field.kind:
        case "message":
            return random_tree(random, field.message, depth + 1, 3, odd) if depth < 4 else []
        case "enum":
            return (
                random.choice(list(field.values))
                if random.random() >= odd
                else random.choice(("0", "99", "NO"))
            )
        case "bool":
            return random.choice(("true", "false")) if random.random() >= odd else random.choice("10x")
        case "int" | "float":
            small = _WHOLE if field.kind == "int" else _SMALL
            return random.choice(small) if random.random() >= 2 * odd else random.choice(NUMBERS)
        case _:
            return quoted(random)


def quoted(random: Random) -> str:
    """A string in quotes."""
    text = random.choice(_NAMES) if random.random() < 0.8 else random.choice(TEXTS)
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\0", "\\0") + '"'
    )


def prototxt(random: Random, tree: Tree, depth: int = 0) -> str:
    """A tree as prototxt, in one of its notations."""
    pad = "  " * depth if random.random() < 0.9 else ""
    lines = []
    for key, value in tree:
        if isinstance(value, str):
            lines.append(f"{pad}{key}: {value}")
        elif random.random() < 0.1:
            lines.append(f"{pad}{key} < {prototxt(random, value, 0)} >")
        else:
            colon = ":" if random.random() < 0.1 else ""
            lines.append(f"{pad}{key}{colon} {{\n{prototxt(random, value, depth + 1)}\n{pad}}}")
    return random.choice(("\n", "\n", "\n", " ", "\n# x\n", ", ", "; ")).join(lines)


def yaml(random: Random, tree: Tree, depth: int = 0) -> str:
    """A tree as YAML; a key that comes several times becomes a list."""
    pad, lines = "  " * depth, []
    for key, values in _grouped(tree).items():
        if random.random() < 0.1:
            lines.append(f"{pad}{key}: {_flow(values)}")
        elif len(values) == 1 and isinstance(values[0], str):
            lines.append(f"{pad}{key}: {values[0]}")
        elif len(values) == 1 and random.random() < 0.5:
            lines.append(f"{pad}{key}:\n{yaml(random, values[0], depth + 1)}")
        else:
            lines.append(f"{pad}{key}:")
            for value in values:
                if isinstance(value, str):
                    lines.append(f"{pad}- {value}")
                else:
                    lines.append(f"{pad}-\n{yaml(random, value, depth + 1)}" if value else f"{pad}- {{}}")
    return "\n".join(lines)


def _flow(values: list[Any]) -> str:
    def one(value: Any) -> str:
        if isinstance(value, str):
            return value
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in _grouped(value).items()) + "}"

    return one(values[0]) if len(values) == 1 else "[" + ", ".join(map(one, values)) + "]"


def _grouped(tree: Tree) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for key, value in tree:
        grouped.setdefault(key, []).append(value)
    return grouped


def random_message(random: Random, of: type[Message], depth: int = 0, most: int = 6) -> Message:
    """A message with some fields, all of their types."""
    message = of()
    known = [field for field in fields(of).values() if field.extension is None]
    for _ in range(random.randrange(most + 1) if known else 0):
        field = random.choice(known)
        count = random.choice((0, 1, 2, 2, 4, 9)) if field.repeated else 1
        for _ in range(count):
            if field.message is not None:
                if depth < 4:
                    part = random_message(random, message_class(field.message), depth + 1, 4)
                    target = getattr(message, field.name)
                    (target.add() if field.repeated else target).CopyFrom(part)
                continue
            value = _scalar(random, field)
            if field.repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def _scalar(random: Random, field: Field) -> Any:
    match field.kind:
        case "int":
            low, high = field.range or (0, 1)
            value = (
                random.choice((0, 1, 2, 3, 4, 5))
                if random.random() < 0.8
                else random.choice((low, high, -1, 255))
            )
            return max(low, min(high, value))
        case "float":
            return random.choice((0.0, 1.0, -1.0, 0.5, 1e30, float("inf"), float("nan"), 1e-40))
        case "bool":
            return random.random() < 0.5
        case "enum":
            return random.choice(list(field.values.values()))
        case "bytes":
            return random.randbytes(random.choice((0, 1, 4, 12, 48)))
        case _:
            text = random.choice(_NAMES) if random.random() < 0.8 else random.choice(TEXTS)
            return encodable(text).encode("utf-8", "replace").decode()
