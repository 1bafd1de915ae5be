"""What forks of Caffe write otherwise and mean alike: their fields become Caffe's, or go where they change
nothing that a net computes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerzoo.legacy.tree import count, put
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
    # Caffe's own, with a meaning, where it isn't among these
    "image_data_param": _OF_DATA - {"shuffle"},
}
_ROUNDS: Final = dict.fromkeys(("true", "True", "t", "1"), "CEIL") | dict.fromkeys(
    ("false", "False", "f", "0"), "FLOOR"
)


def upgrade_fields(root: Node) -> list[str]:
    """Rewrite the fields of forks in a net of today's format.

    ``pooling_param.ceil_mode`` (PSPNet's line) says what ``round_mode`` says; how NVIDIA's fork reads, holds
    and multiplies numbers is the machine's affair, and goes. All else of the forks is an unknown field.
    """
    rounded, gone = 0, Counter[str]()
    for layer in root.children or ():
        if layer.key != "layer":
            continue
        for param in layer.children or ():
            if param.key == "pooling_param":
                rounded += _name_rounding(param)
            elif param.key in _READERS:
                _drop(param, _READERS[param.key], gone)
    _drop(root, _OF_NETS, gone)
    done = [f"ceil_mode of {count(rounded, 'layer')} to round_mode"] if rounded else []
    return done + ([f"left out, of no effect here: {', '.join(sorted(gone))}"] if gone else [])


def _name_rounding(param: Node) -> bool:
    node = param.first("ceil_mode")
    rounding = _ROUNDS.get(node.text or "") if node is not None and not node.quoted else None
    if node is None or rounding is None or param.first("round_mode"):
        return False
    node.key, node.text = "round_mode", rounding
    put(param, node)
    return True


def _drop(message: Node, keys: frozenset[str], gone: Counter[str]) -> None:
    found = [child.key for child in message.children or () if child.key in keys]
    if found and message.children is not None:
        message.children = [child for child in message.children if child.key not in keys]
        gone.update(found)
