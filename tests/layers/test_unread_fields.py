"""Fields of each registered layer type: read, or declared and reported as unread."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message

from layerzoo.contract.example import Example, run
from layerzoo.errors import LayerFault
from layerzoo.graph.model import GraphLayer
from layerzoo.graph.unread import unread_fields
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter
from tests.layers.examples import each_type, each_types_examples


class Recorder:
    """A message that records which of its fields are read, including those of its ``*_param`` messages."""

    def __init__(self, message: Message, seen: set[str], path: str = "") -> None:
        self.__dict__.update(_message=message, _seen=seen, _path=path)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._message, name)
        if name in self._message.DESCRIPTOR.fields_by_name:
            self._seen.add(self._path + name)
            if name.endswith("_param") and not self._path:
                return Recorder(value, self._seen, f"{name}.")
        return value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._message, name, value)

    def HasField(self, name: str) -> bool:  # noqa: N802 (protobuf's name)
        self._seen.add(self._path + name)
        return bool(self._message.HasField(name))


CONDITIONAL = {
    "BatchNorm": "batch_norm_param { scale_bias: true }",
    "InfogainLoss": 'infogain_loss_param { source: "given" }',
}
"""Fields to add to a type's examples so that it reads all of its fields."""


def fields_read(examples: list[Example]) -> set[str]:
    """Dotted names of the fields that a layer type reads when its examples are checked, built and run."""
    seen: set[str] = set()
    for example in examples:
        kind, shapes = LAYERS[example.param.type], example.shapes if example.param.type != "Input" else []
        param: Any = Recorder(example.param, seen)
        tops = kind.top_shapes(param, shapes)
        kind.param_shapes(param, shapes)
        kind.check(param, shapes)
        kind.macs(param, shapes, tops)
        run(dataclasses.replace(example, param=param).layer(), example.bottoms)
    if examples[0].param.type in CONDITIONAL:
        param = LayerParameter()
        param.CopyFrom(examples[0].param)
        text_format.Merge(CONDITIONAL[param.type], param)
        with suppress(LayerFault):  # the file is missing
            shapes = examples[0].shapes[: 2 if param.type == "InfogainLoss" else None]
            kind = LAYERS[param.type]
            kind.top_shapes(Recorder(param, seen), shapes)  # type: ignore[arg-type]  # duck-typed
            kind.param_shapes(Recorder(param, seen), shapes)  # type: ignore[arg-type]  # duck-typed
    return seen


@each_types_examples
def test_fields_of_its_messages_are_read_or_declared_unread(examples: list[Example]) -> None:
    kind = LAYERS[examples[0].param.type]
    descriptors = LayerParameter.DESCRIPTOR.fields_by_name
    fields = {
        f"{name}.{field.name}" for name in kind.messages for field in descriptors[name].message_type.fields
    }
    seen, hints, ignores = fields_read(examples), set(kind.hints), set(kind.ignores)
    assert hints | ignores <= fields, "hints and ignores name fields that its messages don't have"
    assert not hints & ignores
    assert fields - seen - hints - ignores == set(), "read them, or declare why not in `ignores`"
    assert (hints | ignores) & seen == set(), "declared unread, but read"
    assert all(kind.ignores.values()), "each with its reason"


@each_type
def test_other_messages_in_a_layer_are_reported(name: str) -> None:
    kind = LAYERS[name]
    for field in LayerParameter.DESCRIPTOR.fields:
        if not field.name.endswith("_param"):
            continue
        param = LayerParameter(name="l", type=name)
        getattr(param, field.name).SetInParent()
        reports = list(unread_fields(GraphLayer(0, "l", param, kind, None)))
        if field.name in kind.messages:
            assert not reports
        else:
            (one,) = reports
            assert f"'{field.name}' in a layer of type '{name}'" in one.fault.message
            assert one.refused == (20000 <= field.number < 21000 or field.number >= 22000)


@each_type
def test_ignored_fields_are_reported_with_their_reason(name: str) -> None:
    kind = LAYERS[name]
    for path, why in kind.ignores.items():
        message_name, _, field_name = path.partition(".")
        param = LayerParameter(name="l", type=name)
        message = getattr(param, message_name)
        field = message.DESCRIPTOR.fields_by_name[field_name]
        if isinstance(getattr(message, field_name), Message):
            getattr(message, field_name).SetInParent()
        elif hasattr(getattr(message, field_name), "add"):
            getattr(message, field_name).add()
        elif hasattr(getattr(message, field_name), "append"):
            getattr(message, field_name).append("1" if field.type == field.TYPE_STRING else 1)
        else:
            setattr(message, field_name, field.default_value)
        (one,) = unread_fields(GraphLayer(0, "l", param, kind, None))
        assert one.fault.message == f"'{field_name}' is not read by a layer of type '{name}': {why}"
        assert not one.refused
