"""Compare configs field by field; fields are named as for ``-set``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from layerzoo.schema import Field, fields


def differences(configs: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """The fields in which configs differ, each with its value in every config.

    Args:
        configs: results of `flat`. A missing field is shown as empty; ``snapshot_prefix`` is ignored, as it
            differs for each run.
    """
    paths = dict.fromkeys(path for config in configs for path in config if path != "snapshot_prefix")
    values_of = {path: [config.get(path, "") for config in configs] for path in paths}
    return {path: values for path, values in values_of.items() if len(set(values)) > 1}


def flat(message: Message, prefix: str = "") -> dict[str, str]:
    """All fields of a message that are set or have a default, by path.

    Messages that are not set are left out. Layers are addressed by name, and by phase if two have the same
    name; elements of other lists by index.
    """
    return dict(_fields(message, prefix))


def _fields(message: Message, prefix: str) -> Iterator[tuple[str, str]]:
    present = {descriptor.name for descriptor, _ in message.ListFields()}
    for name, field in fields(type(message)).items():
        value = field.of(message)
        path = f"{prefix}{name}"
        if field.repeated:
            for key, one in _keyed(field, value):
                yield from _one(field, one, f"{path}[{key}]")
        elif name in present or (field.default is not None and field.kind != "message"):
            yield from _one(field, value, path)


def _one(field: Field, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if field.kind == "message":
        yield from _fields(value, f"{path}.")
    else:
        yield path, _scalar(field, value)


def _keyed(field: Field, values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Elements of a list with their keys, the text in brackets."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        key = str(index)
        if field.type_name == "LayerParameter" and value.name:
            key = value.name
            if key in seen and value.include:
                key += ",TEST" if value.include[0].phase else ",TRAIN"
        key = key if key not in seen else str(index)
        while key in seen:  # the name of another layer
            key += "#"
        seen.add(key)
        yield key, value


def _scalar(field: Field, value: Any) -> str:
    match field.kind:
        case "bool":
            return "true" if value else "false"
        case "enum":
            return next((name for name, number in field.values.items() if number == value), str(value))
        case "float":
            return f"{value:.7g}"
        case _:
            return str(value)
