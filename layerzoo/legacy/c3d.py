"""Upgrade the 3-D layers of C3D, a V1-era fork for video, to N-dimensional layers.

The axes are frames, height and width; one field gives the size of both height and width. Both notations are
read: ``convolution_param`` and ``pooling_param`` with fields for the frames, as published, and the separate
messages ``convolution3d_param`` and ``pooling3d_param``.
"""

from __future__ import annotations

from typing import Final

from layerzoo.errors import Fault
from layerzoo.legacy.tree import new_node, text_of
from layerzoo.nodes import Node

_TYPES: Final = {
    "CONVOLUTION3D": "Convolution",
    "DECONVOLUTION3D": "Deconvolution",
    "POOLING3D": "Pooling",
}
_DECONVOLUTION: Final = ("DECONVOLUTION3D", "34", "MVN")
"""The enum number is 34, which is MVN in Caffe."""

# The current field, C3D's field for the frames, C3D's field for height and width, and their default.
_CONVOLUTION_SIZES: Final = (
    ("kernel_size", "kernel_depth", "kernel_size", None),
    ("stride", "temporal_stride", "stride", "1"),
    ("pad", "temporal_pad", "pad", "0"),
)
_POOLING_SIZES: Final = (
    ("kernel_shape", "kernel_depth", "kernel_size", None),
    ("stride_shape", "temporal_stride", "stride", "1"),
    ("pad_shape", "temporal_pad", "pad", "0"),
)


def upgrade_layer(node: Node, faults: list[Fault]) -> bool:
    """Upgrade a 3-D layer; False if the layer is not a 3-D layer of C3D."""
    type_node = node.first("type")
    own = node.first("convolution3d_param") or node.first("pooling3d_param")
    if type_node is None or type_node.text is None or (own is None and type_node.text not in _TYPES):
        return False
    if own is None:
        new_type = _TYPES[type_node.text]
        own = node.first("pooling_param" if new_type == "Pooling" else "convolution_param")
    elif own.key == "pooling3d_param":
        new_type = "Pooling"
    else:
        new_type = "Deconvolution" if type_node.text in _DECONVOLUTION else "Convolution"
    type_node.text, type_node.quoted = new_type, True
    if own is None or own.children is None:
        return True  # the layer type reports the missing sizes
    pooling = new_type == "Pooling"
    own.key = "pooling_param" if pooling else "convolution_param"
    sizes: list[Node] = []
    for key, frames, plane, default in _POOLING_SIZES if pooling else _CONVOLUTION_SIZES:
        sizes += _size(own, key, own.first(frames), own.first(plane), default)
    for key in ("kernel_depth", "kernel_size"):
        if own.first(key) is None:
            name = text_of(node, "name")
            hint = "set both kernel_depth and kernel_size"
            faults.append(Fault(f"a 3-D layer without {key}", own.origin, hint, name))
    replaced = {key for size in _CONVOLUTION_SIZES for key in size[1:3]} | {"filter_group"}
    own.children = sizes + [child for child in own.children if child.key not in replaced]
    return True


def _size(own: Node, key: str, frames: Node | None, plane: Node | None, default: str | None) -> list[Node]:
    """The nodes of three sizes, for frames, height and width; none if neither field is set."""
    if frames is None and plane is None:
        return []
    return [
        new_node(node or own, key, node.text if node is not None else default or "0")
        for node in (frames, plane, plane)
    ]
