"""C3D, a fork of V1's time for video: 3-D layers made N-dimensional ones.

Its axes are frames, height and width; height and width have one size between them. Both of its ways of
writing are read: ``convolution_param`` and ``pooling_param`` with fields for the frames, as published, and
messages of their own (``convolution3d_param``, ``pooling3d_param``).
"""

from __future__ import annotations

from typing import Final

from layerzoo.errors import Fault
from layerzoo.legacy.tree import made_of, text_of
from layerzoo.nodes import Node

_TYPES: Final = {
    "CONVOLUTION3D": "Convolution",
    "DECONVOLUTION3D": "Deconvolution",
    "POOLING3D": "Pooling",
}
_DECONVOLUTION: Final = ("DECONVOLUTION3D", "34", "MVN")
"""34 on the wire, which is MVN's number in Caffe."""

# Today's field, C3D's for the frames, C3D's for height and width, and what those are when absent.
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
    """Make a 3-D layer an N-dimensional one; False where it isn't one."""
    found = node.first("type")
    own = node.first("convolution3d_param") or node.first("pooling3d_param")
    if found is None or found.text is None or (own is None and found.text not in _TYPES):
        return False
    if own is None:
        new_type = _TYPES[found.text]
        own = node.first("pooling_param" if new_type == "Pooling" else "convolution_param")
    elif own.key == "pooling3d_param":
        new_type = "Pooling"
    else:
        new_type = "Deconvolution" if found.text in _DECONVOLUTION else "Convolution"
    found.text, found.quoted = new_type, True
    if own is None or own.children is None:
        return True  # a layer without sizes: for its own type to complain of
    pooling = new_type == "Pooling"
    own.key = "pooling_param" if pooling else "convolution_param"
    sizes: list[Node] = []
    for key, frames, plane, default in _POOLING_SIZES if pooling else _CONVOLUTION_SIZES:
        sizes += _size(own, key, own.first(frames), own.first(plane), default)
    for key in ("kernel_depth", "kernel_size"):
        if own.first(key) is None:
            name = text_of(node, "name")
            faults.append(Fault(f"a 3-D layer without {key}", own.origin, "it needs both sizes", name))
    replaced = {key for size in _CONVOLUTION_SIZES for key in size[1:3]} | {"filter_group"}
    own.children = sizes + [child for child in own.children if child.key not in replaced]
    return True


def _size(own: Node, key: str, frames: Node | None, plane: Node | None, default: str | None) -> list[Node]:
    """Three values for frames, height and width; none where all are as they are when absent."""
    if frames is None and plane is None:
        return []
    return [
        made_of(node or own, key, node.text if node is not None else default or "0")
        for node in (frames, plane, plane)
    ]
