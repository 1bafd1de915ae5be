"""Collect the layers and weights of a net that is made of an ONNX model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from layerzoo.migration.onnx_model import Array, OnnxModel
from layerzoo.schema import LayerParameter, NetParameter


class NotSaid(Exception):  # noqa: N818 (a reason, which becomes a fault of the model)
    """A node can't be written as layers; the message is the reason."""


class Importer:
    """The net so far.

    Args:
        model: the model.
        name: name of the net.

    Attributes:
        model: the model.
        message: the net.
        weights: arrays of each layer with weights, by layer.
    """

    def __init__(self, model: OnnxModel, name: str) -> None:
        self.model = model
        self.message = NetParameter(name=name)
        self.weights: dict[str, list[Array]] = {}
        self._aliases: dict[str, str] = {}
        self._names: set[str] = set()
        for blob in model.inputs:
            layer = self.add(blob, "Input", [], blob)
            layer.input_param.shape.add(dim=model.shapes.get(blob, ()))

    def layer(self, node: Any, kind: str, bottoms: Sequence[str] | None = None) -> LayerParameter:
        """Add a layer for a node: of its first input, unless ``bottoms`` are given, to its first output."""
        return self.add(self.name(node), kind, bottoms or [node.input[0]], node.output[0])

    def add(self, name: str, kind: str, bottoms: Sequence[str], *tops: str) -> LayerParameter:
        """Add a layer; a name that another has gets a number."""
        unique, number = _plain(name), 2
        while unique in self._names:
            unique, number = f"{_plain(name)}_{number}", number + 1
        self._names.add(unique)
        found = [self.blob(bottom) for bottom in bottoms]
        return self.message.layer.add(
            name=unique, type=kind, bottom=found, top=[self.blob(top) for top in tops]
        )

    def blobs(self, layer: LayerParameter, *values: Array) -> None:
        """Give a layer its weights."""
        self.weights[layer.name] = [np.array(value, np.float32, order="C") for value in values]

    def alias(self, name: str, of: str) -> None:
        """Let a value be the blob of another one."""
        self._aliases[name] = of

    def blob(self, name: str) -> str:
        """The blob's name of a value."""
        while name in self._aliases:
            name = self._aliases[name]
        return _plain(name)

    def name(self, node: Any) -> str:
        """A layer's name for a node: that of the node, else of its first output."""
        return str(node.name or node.output[0])

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a value.

        Raises:
            NotSaid: it is not known.
        """
        if name not in self.model.shapes:
            raise NotSaid(f"the shape of '{name}' is not known")
        return self.model.shapes[name]

    def weight(self, node: Any, index: int) -> Array:
        """A constant input of a node.

        Raises:
            NotSaid: the input is not constant.
        """
        found = self.optional(node, index)
        if found is None:
            raise NotSaid(f"its input {index} is computed; only constants can be weights")
        return found

    def optional(self, node: Any, index: int) -> Array | None:
        """A constant input of a node; None if the node doesn't have it.

        Raises:
            NotSaid: the input is not constant.
        """
        if index >= len(node.input) or not node.input[index]:
            return None
        found = self.model.constant(node.input[index])
        if found is None:
            raise NotSaid(f"its input {index} is computed; only constants can be weights")
        return found


def _plain(name: str) -> str:
    """A name without what a config or a log can't hold: spaces and control characters."""
    return re.sub(r"[^\w./:@+-]+", "_", name) or "_"
