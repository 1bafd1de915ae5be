"""Upgrade early V2: input fields, transform fields in data layers, the params of BatchNorm."""

from __future__ import annotations

from typing import Final

from layerzoo.errors import Fault
from layerzoo.legacy.tree import count, message_in, new_node, put, text_of
from layerzoo.nodes import Node

_DATA_PARAMS: Final = frozenset(("data_param", "image_data_param", "window_data_param"))
_TRANSFORMS: Final = ("scale", "mean_file", "crop_size", "mirror")
_RATES: Final = ("lr_mult", "decay_mult")
_AXES: Final = 4
"""The number of ``input_dim`` for each input."""
_STATISTICS: Final = 3
"""The number of blobs of BatchNorm; none of them is learned."""


def upgrade_inputs(root: Node, faults: list[Fault]) -> list[str]:
    """Turn ``input``, ``input_shape`` and ``input_dim`` into a layer of type Input, the first of the net.

    Inputs without a shape are dropped, as in Caffe, if a layer produces the blob or no layer reads it.
    """
    inputs, shapes, dims = root.all("input"), root.all("input_shape"), root.all("input_dim")
    first = inputs[0]
    if not shapes and not dims:
        return _drop_inputs(root, inputs, faults)
    if not shapes:
        if len(dims) != _AXES * len(inputs):
            faults.append(_odd_dims(inputs, dims))
            return []
        for start in range(0, len(dims), _AXES):
            shapes.append(new_node(dims[start], "shape", children=dims[start : start + _AXES]))
    elif len(shapes) != len(inputs):
        faults.append(
            Fault(f"{count(len(inputs), 'input')}, but {count(len(shapes), 'input_shape')}", first.origin)
        )
        return []
    for node in inputs:
        node.key, node.listed = "top", False
    for node in shapes:
        node.key, node.listed = "shape", False
    for node in dims:
        node.key, node.listed = "dim", False
    layer = new_node(first, "layer")
    layer.children = [
        new_node(first, "name", "input", quoted=True),
        new_node(first, "type", "Input", quoted=True),
        *inputs,
        new_node(shapes[0], "input_param", children=shapes),
    ]
    moved = {id(node) for node in (*inputs, *shapes, *dims)}
    rest = [child for child in root.children or () if id(child) not in moved]
    at = next((i for i, child in enumerate(rest) if child.key == "layer"), len(rest))
    root.children = [*rest[:at], layer, *rest[at:]]
    return ["input fields to a layer of type Input"]


def _drop_inputs(root: Node, inputs: list[Node], faults: list[Fault]) -> list[str]:
    """Drop inputs without a shape; one that a layer reads and none produces is a fault."""
    layers = root.all("layer")
    tops = {top.text for layer in layers for top in layer.all("top")}
    bottoms = {bottom.text for layer in layers for bottom in layer.all("bottom")}
    open_bottoms = bottoms - tops
    for node in inputs:
        if node.text in open_bottoms:
            hint = "add input_shape { dim: … }, or a layer of type Input"
            faults.append(Fault(f"input '{node.text}' has no shape", node.origin, hint))
    root.children = [child for child in root.children or () if child.key != "input"]
    return [f"{count(len(inputs), 'input field')} without a shape dropped"]


def _odd_dims(inputs: list[Node], dims: list[Node]) -> Fault:
    return Fault(
        f"{len(dims)} input_dim; expected {_AXES * len(inputs)} for {count(len(inputs), 'input')}",
        dims[0].origin,
        "list number, channels, height and width, or use input_shape { dim: … } for other numbers of axes",
    )


def upgrade_layers(root: Node) -> list[str]:
    """Move transform fields out of the messages of data layers; set the rates of BatchNorm's blobs to 0."""
    moved = fixed = 0
    for layer in root.children or ():
        if layer.key != "layer" or layer.children is None:
            continue
        keys = [child.key for child in layer.children]  # one pass, for nets of a thousand layers
        if not _DATA_PARAMS.isdisjoint(keys):
            moved += _move_transforms(layer)
        if keys.count("param") == _STATISTICS and text_of(layer, "type") == "BatchNorm":
            fixed += _freeze_statistics(layer.all("param"))
    done = [f"transform fields of {count(moved, 'data layer')} to transform_param"] if moved else []
    return done + ([f"rates of {count(fixed, 'BatchNorm layer')} to 0"] if fixed else [])


def _move_transforms(layer: Node) -> bool:
    """Move scale, mean_file, crop_size and mirror of a data layer's own message to its transform_param."""
    old: list[Node] = []
    for param in layer.children or ():
        if param.key not in _DATA_PARAMS or param.children is None:
            continue
        rest: list[Node] = []
        for child in param.children:
            if child.key == "transform_param" and child.children is not None:
                old += child.children  # transform_param was inside the message for some months of 2014
            else:
                (old if child.key in _TRANSFORMS else rest).append(child)
        param.children = rest
    if not old:
        return False
    transform = message_in(layer, "transform_param", old[0])
    last = {child.key: child for child in old if child.key in _TRANSFORMS}
    kept = [child for child in transform.children or () if child.key not in last]
    transform.children = kept + [child for child in old if last.get(child.key, child) is child]
    return True


def _freeze_statistics(params: list[Node]) -> bool:
    """Set all rates to 0; False if they already are."""
    if all(_is_zero(text_of(param, key)) for param in params for key in _RATES):
        return False
    for param in params:
        for key in _RATES:
            put(param, new_node(param.first(key) or param, key, "0"))
    return True


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
