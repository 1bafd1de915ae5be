"""Check the blobs that take the place of params of layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

from layerzoo.errors import Fault
from layerzoo.graph.facts import LayerType, ParamFacts, Shape
from layerzoo.graph.model import GraphLayer
from layerzoo.graph.param_blobs import blob_slots

_OF_LEARNED: Final = {
    "name": "a blob is read by its name; several layers may name it",
    "share_mode": "Reshape gives the blob another shape",
    "lr_mult": "set it in the layers that compute the blob",
    "decay_mult": "set it in the layers that compute the blob",
}
"""Fields of ParamSpec that mean nothing beside ``blob``, each with what to do instead."""


def spec_faults(layer: GraphLayer) -> list[Fault]:
    """Faults of fields beside a ``blob``, and of a ``blob`` for all params."""
    found = []
    for index in blob_slots(layer.param):
        spec = layer.param.param[index]
        if not spec.blob:
            found.append(_fault(layer, index, "the name of a blob is empty", "name a top of a layer above"))
        for field, hint in _OF_LEARNED.items():
            if spec.HasField(field):
                found.append(_fault(layer, index, f"{field} of a param that is the blob '{spec.blob}'", hint))
    if layer.param.all_params.HasField("blob"):
        message = "a blob can't stand for all params of a layer"
        origin = layer.origin("all_params.blob")
        found.append(Fault(message, origin, "name it in a 'param' of its own", layer.name))
    return found


def shape_faults(layer: GraphLayer, params: Sequence[ParamFacts], blobs: Sequence[Shape]) -> list[Fault]:
    """Faults of blobs that can't stand for the params of a layer.

    Args:
        layer: the layer.
        params: the params that it would own, in its order.
        blobs: the shapes of the blobs in their place, in the order of `blob_slots`.
    """
    found = []
    for (index, name), shape in zip(blob_slots(layer.param).items(), blobs, strict=True):
        if index >= len(params):
            names = ", ".join(param.name for param in params)
            hint = f"its params are {names}" if names else "it has none"
            message = f"param {index} is the blob '{name}', but the layer has {_count(len(params))}"
            found.append(_fault(layer, index, message, hint))
            continue
        param = params[index]
        if (refusal := _refusal(layer.kind, param)) is not None:
            found.append(
                _fault(layer, index, f"{refusal[0]}: the blob '{name}' can't stand for it", refusal[1])
            )
        elif tuple(param.shape) != shape:
            message = f"blob '{name}' is {shape}, but param '{param.name}' is {tuple(param.shape)}"
            found.append(_fault(layer, index, message, _shape_hint(param, shape)))
    return found


def _refusal(kind: LayerType, param: ParamFacts) -> tuple[str, str] | None:
    """Why no blob can stand for a param, and what to do; None if one can."""
    if param.path:
        return (
            f"param '{param.name.rpartition('.')[2]}' is one of layer '{param.path}' of a subnet",
            "let that layer name a blob of the subnet, which can be one of its inputs",
        )
    if not param.learns:
        return f"the layer itself writes param '{param.name}'", "only params that are learned can be blobs"
    if kind.fixed_params and not param.made:
        return f"param '{param.name}' is fixed", kind.fixed_params
    return None


def _shape_hint(param: ParamFacts, shape: Shape) -> str | None:
    expected = tuple(param.shape)
    if shape[1:] == expected:
        return "a param is the same for all samples of a batch, so it has no axis for them"
    if shape[::-1] == expected and len(shape) == 2:
        return "permute_param { order: 1 order: 0 } of a Permute layer transposes it"
    return "a Reshape layer gives it that shape" if prod(shape) == prod(expected) else None


def _count(number: int) -> str:
    return f"{number} param{'s' * (number != 1)}" if number else "no params"


def _fault(layer: GraphLayer, index: int, message: str, hint: str | None) -> Fault:
    return Fault(message, layer.origin("param.blob", index), hint, layer.name)
