"""Say which fork is meant where a type of several forks, or of Caffe and one, has no field that tells.

The rest of the net tells: the forks of SegNet and PSPNet are older than the Input layer, caffe-windows isn't.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from layerzoo.legacy.tree import count, message_in, new_node, put, text_of
from layerzoo.nodes import Node

_OF_SEGNET: Final = frozenset(("scale_filler", "shift_filler", "bn_mode"))
_OF_OTHERS: Final = frozenset(("slope_filler", "bias_filler", "momentum", "eps", "frozen"))
_SEGNET_LOSS: Final = frozenset(("weight_by_label_freqs", "class_weighting"))


def decide(root: Node) -> list[str]:
    """Set ``bn_param.dialect`` and ``accuracy_param.segnet_classes`` where the rest of the net decides them.

    Args:
        root: the net's tree, with ``input`` fields as they are; rewritten in place.

    Returns:
        a short line for each kind of change.
    """
    layers = [child for child in root.children or () if child.key == "layer" and child.children is not None]
    norms = [layer for layer in layers if text_of(layer, "type") == "BN"]
    scores = [layer for layer in layers if text_of(layer, "type") == "Accuracy" and len(layer.all("top")) > 1]
    if not norms and not scores:
        return []
    headed = root.first("input") is not None
    inputs = any(text_of(layer, "type") == "Input" for layer in layers)
    segnet = any(map(_is_segnets, layers))
    others = any(_fields(layer, "bn_param") & _OF_OTHERS for layer in norms)
    done: Counter[str] = Counter()
    for layer in norms:
        fields = _fields(layer, "bn_param")
        if "dialect" in fields or fields & _OF_SEGNET:
            continue
        if (segnet or (headed and not inputs)) and not others:
            dialect = "SEGNET"
        elif inputs:
            dialect = "CAFFE_WINDOWS"
        else:
            continue
        put(message_in(layer, "bn_param", layer), new_node(layer, "dialect", dialect))
        done[f"BN of {{}} taken as {dialect}"] += 1
    for layer in scores if segnet or (headed and not inputs) else ():
        if "segnet_classes" not in _fields(layer, "accuracy_param"):
            put(message_in(layer, "accuracy_param", layer), new_node(layer, "segnet_classes", "true"))
            done["accuracy by class of {} taken as SegNet's"] += 1
    return [line.format(count(number, "layer")) for line, number in done.items()]


def _fields(layer: Node, message: str) -> set[str]:
    """Keys of a message of a layer."""
    part = layer.first(message)
    return {child.key for child in part.children or ()} if part is not None else set()


def _is_segnets(layer: Node) -> bool:
    """Whether only SegNet's fork has such a layer."""
    kind = text_of(layer, "type")
    return (
        (kind == "Upsample" and len(layer.all("bottom")) > 1)
        or kind == "DenseImageData"
        or bool(_fields(layer, "bn_param") & _OF_SEGNET)
        or bool(_fields(layer, "loss_param") & _SEGNET_LOSS)
    )
