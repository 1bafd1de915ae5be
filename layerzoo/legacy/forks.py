"""Upgrade fields of forks of Caffe: rename those with an equivalent, drop those without effect on results."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerzoo.legacy.tree import count, new_node, put, text_of
from layerzoo.nodes import Node

_OF_NETS: Final = frozenset(
    (
        "bn_stats_batch_size",
        "compile_net_state",
        "default_backward_math",
        "default_backward_type",
        "default_conv_algos_override",
        "default_cudnn_math_override",
        "default_forward_math",
        "default_forward_type",
        "eltwise_mem_sharing",
        "engine",
        "global_grad_scale",
        "global_grad_scale_adaptive",
        "multinode",
        "reduce_buckets",
    )
)
_OF_LAYERS: Final = frozenset(
    (
        "backward_math",
        "backward_type",
        "cudnn_math_override",
        "debug",
        "engine",
        "forward_math",
        "forward_type",
        "mn_activation_param",
        "mn_grad_compress_param",
        "multinode",
        "reshape_every_iter",
        "split_param",
    )
)
_OF_DATA: Final = frozenset(("cache", "parser_threads", "precache", "shuffle", "threads"))
_ENGINE: Final = frozenset(("engine",))
_OF_MESSAGES: Final = {
    "data_param": _OF_DATA,
    "image_data_param": _OF_DATA - {"shuffle"},  # Caffe's ImageData reads shuffle
    "batch_norm_param": frozenset(("engine", "stats_batch_size")),
    "concat_param": frozenset(("engine", "per_fla_fuse")),
    "convolution_param": frozenset(
        ("conv_algorithm", "conv_algos_override", "cudnn_convolution_algo_seeker")
    ),
    "dropout_param": frozenset(("engine", "random_seed")),
    "eltwise_param": _ENGINE,
    "inner_product_param": _ENGINE,
    "relu_param": frozenset(("fuse",)),
}
_INTEL: Final = frozenset(("MKL2017", "MKLDNN"))
"""Values of ``engine`` that choose Intel's libraries."""
_RENAMED: Final = {
    ("batch_norm_param", "use_weight_bias"): "scale_bias",
    ("batch_norm_param", "filler"): "scale_filler",
}
_TYPES: Final = {"SeLu": "SELU"}
_TRUE: Final = frozenset(("true", "True", "t", "1"))
_FALSE: Final = frozenset(("false", "False", "f", "0"))
_ROUNDS: Final = dict.fromkeys(_TRUE, "CEIL") | dict.fromkeys(_FALSE, "FLOOR")


def upgrade_fields(root: Node) -> list[str]:
    """Rewrite the fields of forks in a net of the current format.

    ``pooling_param.ceil_mode`` (of PSPNet and Synopsys) and ``torch_pooling`` (NVIDIA's) become
    ``round_mode``, ``avg_include_pad: false`` (Intel's) becomes ``pool: AVE_EXC_PAD``, scale and bias of
    Intel's BatchNorm get NVIDIA's names, and the type SeLu is SELU. Fields with which forks choose how to
    read data, store numbers and multiply them are dropped. Other fields of forks stay; those without a
    counterpart are unknown.

    Args:
        root: the net's tree, rewritten in place.

    Returns:
        a short line for each kind of upgrade.
    """
    changed, dropped = Counter[str](), Counter[str]()
    for layer in root.children or ():
        if layer.key != "layer":
            continue
        for param in layer.children or ():
            if param.key == "type" and param.text in _TYPES:
                changed[f"type {param.text} of {{}} to {_TYPES[param.text]}"] += 1
                param.text = _TYPES[param.text]
            if param.key == "pooling_param":
                _upgrade_pooling(param, changed)
            _drop(param, _OF_MESSAGES.get(param.key, frozenset()), dropped)
            for child in param.children or ():
                renamed = _RENAMED.get((param.key, child.key))
                if renamed:
                    changed[f"{child.key} of {{}} to {renamed}"] += 1
                    child.key = renamed
                elif child.key == "engine" and child.text in _INTEL:
                    _drop(param, _ENGINE, dropped)
        _drop(layer, _OF_LAYERS, dropped)
    _drop(root, _OF_NETS, dropped)
    done = [line.format(count(number, "layer")) for line, number in changed.items()]
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
            put(layer, new_node(layer, "loss_weight", "0"))
            weighed += 1
    return [f"loss_weight 0 of {count(weighed, 'SmoothL1Loss layer')}, as in Fast R-CNN"] if weighed else []


def _upgrade_pooling(param: Node, changed: Counter[str]) -> None:
    """Turn fields of forks of a ``pooling_param`` into those of the schema."""
    if _name_rounding(param):
        changed["ceil_mode of {} to round_mode"] += 1
    if not any(child.key in ("torch_pooling", "avg_include_pad") for child in param.children or ()):
        return
    floor, without = param.first("torch_pooling"), param.first("avg_include_pad")
    if floor is not None and floor.text in _TRUE | _FALSE and not param.first("round_mode"):
        floor.key, floor.text = "round_mode", "FLOOR" if floor.text in _TRUE else "CEIL"
        changed["torch_pooling of {} to round_mode"] += 1
    if without is not None and without.text in _TRUE | _FALSE:
        pool = param.first("pool")
        if without.text in _FALSE and pool is not None and pool.text == "AVE":
            pool.text = "AVE_EXC_PAD"
        param.children = [child for child in param.children or () if child is not without]
        changed["avg_include_pad of {} to pool"] += 1


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
