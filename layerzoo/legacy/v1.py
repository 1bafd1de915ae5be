"""Upgrade V1: ``layers { type: CONVOLUTION blobs_lr: 1 … }``, an enum of types, four lists for ``param``."""

from __future__ import annotations

from typing import Final

from layerzoo.errors import Fault
from layerzoo.legacy import c3d
from layerzoo.legacy.tree import count, message_in, new_node
from layerzoo.nodes import Node
from layerzoo.schema import fields, legacy_net

_TYPES: Final = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "ELTWISE_PRODUCT": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "NONE": "",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
    # types of forks
    "ELTWISE_AFFINE": "EltwiseAffine",
    "INSANITY": "Insanity",
    "LOCAL": "Local",
    "NORMALIZE": "Normalize",
    "RELU6": "ReLU6",
    "ROIPOOLING": "ROIPooling",
    "TRIPLET_LOSS": "TripletLoss",
    "VIDEO_DATA": "VideoData",
    "VOLUME_DATA": "VolumeData",
}

_PARAM_LISTS: Final = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}
"""The lists with a value for each param blob, and the field of ParamSpec that holds the value now."""


def upgrade_layers(root: Node, faults: list[Fault]) -> list[str]:
    """Upgrade every ``layers`` to ``layer``."""
    old = root.all("layers")
    video = 0
    for node in old:
        node.key = "layer"
        video += c3d.upgrade_layer(node, faults)
        _upgrade_type(node)
        upgrade_params(node)
    # Nets had a format number for some weeks of 2014; nothing read it.
    root.children = [node for node in root.children or () if node.key != "version"]
    done = [f"{count(len(old), 'layer')} of format V1"] if old else []
    if video:
        done.append(f"{count(video, '3-D layer')} of C3D")
    return done


def _upgrade_type(node: Node) -> None:
    """Replace the type's enum by its name; an unknown one stays and is reported when the graph is built."""
    type_node = node.first("type")
    if type_node is None or type_node.text is None:
        return
    old = _name_of(type_node.text) if type_node.text.isdecimal() else type_node.text
    if old == "ELTWISE_PRODUCT":
        param = message_in(node, "eltwise_param", type_node)
        if param.children is not None and param.first("operation") is None:
            param.children.append(new_node(type_node, "operation", "PROD"))
    type_node.text, type_node.quoted = _TYPES.get(old, old), True


def _name_of(number: str) -> str:
    """The enum name of a type's number; the number itself if it is unknown."""
    layer = fields(legacy_net())["layers"].message
    assert layer is not None
    values = fields(layer)["type"].values
    return next((name for name, value in values.items() if str(value) == number), number)


def upgrade_params(node: Node) -> None:
    """Merge the four lists into one list of ``param``, at the position of the first of them."""
    children = node.children or []
    if not any(child.key in _PARAM_LISTS for child in children):
        return
    params: list[Node] = []
    seen = dict.fromkeys(_PARAM_LISTS, 0)
    rest: list[Node] = []
    at = 0
    for child in children:
        if child.key not in _PARAM_LISTS or child.children is not None:
            rest.append(child)
            continue
        if not params:
            at = len(rest)
        index = seen[child.key]
        seen[child.key] += 1
        if index == len(params):
            params.append(new_node(child, "param"))
        child.key, child.listed = _PARAM_LISTS[child.key], False
        spec = params[index].children
        assert spec is not None
        spec.append(child)
    node.children = [*rest[:at], *params, *rest[at:]]
