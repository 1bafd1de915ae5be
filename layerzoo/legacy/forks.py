"""Upgrade fields of forks of Caffe: rename those with an equivalent, drop those without effect on results."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerzoo.legacy.tree import count, made_of, put, text_of
from layerzoo.nodes import Node

_OF_NETS: Final = frozenset(
    (
        "default_backward_math",
        "default_backward_type",
        "default_conv_algos_override",
        "default_cudnn_math_override",
        "default_forward_math",
        "default_forward_type",
        "eltwise_mem_sharing",
        "reduce_buckets",
    )
)
_OF_DATA: Final = frozenset(("cache", "parser_threads", "precache", "shuffle", "threads"))
_READERS: Final = {
    "data_param": _OF_DATA,
    "image_data_param": _OF_DATA - {"shuffle"},  # Caffe's ImageData reads shuffle
}
_ROUNDS: Final = dict.fromkeys(("true", "True", "t", "1"), "CEIL") | dict.fromkeys(
    ("false", "False", "f", "0"), "FLOOR"
)


def upgrade_fields(root: Node) -> list[str]:
    """Rewrite the fields of forks in a net of the current format.

    ``pooling_param.ceil_mode`` (of PSPNet's fork) becomes ``round_mode``. The fields with which NVIDIA's fork
    chooses how to read data, store numbers and multiply them are dropped. Other fields of forks stay, and are
    reported as unknown.

    Args:
        root: the net's tree, rewritten in place.

    Returns:
        a short line for each kind of upgrade.
    """
    rounded, dropped = 0, Counter[str]()
    for layer in root.children or ():
        if layer.key != "layer":
            continue
        for param in layer.children or ():
            if param.key == "pooling_param":
                rounded += _name_rounding(param)
            elif param.key in _READERS:
                _drop(param, _READERS[param.key], dropped)
    _drop(root, _OF_NETS, dropped)
    done = [f"ceil_mode of {count(rounded, 'layer')} to round_mode"] if rounded else []
    return done + ([f"dropped, without effect: {', '.join(sorted(dropped))}"] if dropped else [])


def weigh_losses(root: Node) -> list[str]:
    """Give a SmoothL1Loss without ``loss_weight`` the weight 0 that it has in Fast R-CNN.

    SSD's layer of the same name counts 1. Where nothing else tells them apart, a net with ``input`` fields is
    Fast R-CNN's, whose fork is older than the Input layer.

    Args:
        root: a net's tree with ``input`` fields, rewritten in place.

    Returns:
        a short line for each kind of upgrade.
    """
    weighed = 0
    for layer in root.all("layer"):
        if text_of(layer, "type") == "SmoothL1Loss" and layer.first("loss_weight") is None:
            put(layer, made_of(layer, "loss_weight", "0"))
            weighed += 1
    return [f"loss_weight 0 of {count(weighed, 'SmoothL1Loss layer')}, as in Fast R-CNN"] if weighed else []


def _name_rounding(param: Node) -> bool:
    """Replace ``ceil_mode`` by ``round_mode``; False if the message has none that can be replaced."""
    node = param.first("ceil_mode")
    rounding = _ROUNDS.get(node.text or "") if node is not None and not node.quoted else None
    if node is None or rounding is None or param.first("round_mode"):
        return False
    node.key, node.text = "round_mode", rounding
    put(param, node)
    return True


def _drop(message: Node, keys: frozenset[str], dropped: Counter[str]) -> None:
    """Remove fields of a message and count them in ``dropped``."""
    fields = [child.key for child in message.children or () if child.key in keys]
    if fields and message.children is not None:
        message.children = [child for child in message.children if child.key not in keys]
        dropped.update(fields)
