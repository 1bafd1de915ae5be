"""Fields of messages that many layer types read, but that only a type with `reads_weights` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_OF_WEIGHTS: Final = {
    "loss_param": (
        "weight_by_label_freqs",
        "class_weighting",
        "label_smoothing",
        "soft_labels",
        "class_weights",
        "auto_class_weights",
    ),
    "softmax_param": (
        "class_weight",
        "hard_ratio",
        "hard_mining_label",
        "cutting_point",
        "normalize_type",
        "label_smooth_factor",
    ),
}
"""Weights of classes and labels, by message."""


def without_weights(messages: Sequence[str]) -> Mapping[str, str]:
    """Dotted fields of the messages that a type without `reads_weights` ignores, and why."""
    why = "only losses with weights of classes do"
    return {f"{message}.{name}": why for message in messages for name in _OF_WEIGHTS.get(message, ())}
