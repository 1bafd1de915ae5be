"""What changed while V2 was the format: input fields, transform fields in data layers, BatchNorm's param."""

from __future__ import annotations

from typing import Final

from layerzoo.errors import Fault
from layerzoo.legacy.tree import count, made_of, message_in, put, text_of
from layerzoo.nodes import Node

_DATA_PARAMS: Final = frozenset(("data_param", "image_data_param", "window_data_param"))
_TRANSFORMS: Final = ("scale", "mean_file", "crop_size", "mirror")
_RATES: Final = ("lr_mult", "decay_mult")
_AXES: Final = 4
"""Sizes that ``input_dim`` gives for each input."""
_STATISTICS: Final = 3
"""Blobs of BatchNorm, none of which learns."""


def upgrade_inputs(root: Node, faults: list[Fault]) -> list[str]:
    """Make ``input``, ``input_shape`` and ``input_dim`` one layer of type Input, the net's first.

    Inputs without any shape are dropped, as Caffe does, where a layer makes the blob or none takes it.
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
            shapes.append(made_of(dims[start], "shape", children=dims[start : start + _AXES]))
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
    layer = made_of(first, "layer")
    layer.children = [
        made_of(first, "name", "input", quoted=True),
        made_of(first, "type", "Input", quoted=True),
        *inputs,
        made_of(shapes[0], "input_param", children=shapes),
    ]
    gone = {id(node) for node in (*inputs, *shapes, *dims)}
    rest = [child for child in root.children or () if id(child) not in gone]
    at = next((i for i, child in enumerate(rest) if child.key == "layer"), len(rest))
    root.children = [*rest[:at], layer, *rest[at:]]
    return ["input fields to a layer of type Input"]


def _drop_inputs(root: Node, inputs: list[Node], faults: list[Fault]) -> list[str]:
    layers = root.all("layer")
    made = {top.text for layer in layers for top in layer.all("top")}
    taken = {bottom.text for layer in layers for bottom in layer.all("bottom")}
    for node in inputs:
        if node.text in taken - made:
            hint = "add input_shape { dim: … }, or a layer of type Input"
            faults.append(Fault(f"input '{node.text}' has no shape", node.origin, hint))
    root.children = [child for child in root.children or () if child.key != "input"]
    return [f"{count(len(inputs), 'input field')} without a shape dropped"]


def _odd_dims(inputs: list[Node], dims: list[Node]) -> Fault:
    return Fault(
        f"{len(dims)} of input_dim, {_AXES * len(inputs)} expected for {count(len(inputs), 'input')}",
        dims[0].origin,
        "input_dim gives number, channels, height and width; input_shape { dim: … } any number of axes",
    )


def upgrade_layers(root: Node) -> list[str]:
    """Move transform fields out of data layers' messages; set the rates of BatchNorm's statistics to 0."""
    moved = fixed = 0
    for layer in root.children or ():
        if layer.key != "layer" or layer.children is None:
            continue
        keys = [child.key for child in layer.children]  # one pass: nets of a thousand layers come by
        if not _DATA_PARAMS.isdisjoint(keys):
            moved += _move_transforms(layer)
        if keys.count("param") == _STATISTICS and text_of(layer, "type") == "BatchNorm":
            fixed += _rest_statistics(layer.all("param"))
    done = [f"transform fields of {count(moved, 'data layer')} to transform_param"] if moved else []
    return done + ([f"rates of {count(fixed, 'BatchNorm layer')} to 0"] if fixed else [])


def _move_transforms(layer: Node) -> bool:
    """Scale, mean_file, crop_size and mirror of a data layer's own message to its transform_param."""
    old: list[Node] = []
    for param in layer.children or ():
        if param.key not in _DATA_PARAMS or param.children is None:
            continue
        kept: list[Node] = []
        for child in param.children:
            if child.key == "transform_param" and child.children is not None:
                old += child.children  # it stood here for some months of 2014
            else:
                (old if child.key in _TRANSFORMS else kept).append(child)
        param.children = kept
    for child in old:
        transform = message_in(layer, "transform_param", child)
        if child.key in _TRANSFORMS:
            put(transform, child)
        elif transform.children is not None:
            transform.children.append(child)
    return bool(old)


def _rest_statistics(params: list[Node]) -> bool:
    """All rates 0; False where they are already."""
    if all(_is_zero(text_of(param, key)) for param in params for key in _RATES):
        return False
    for param in params:
        for key in _RATES:
            put(param, made_of(param.first(key) or param, key, "0"))
    return True


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0
    except ValueError:
        return False
