"""Report labels that a GPU found to be out of range."""

from __future__ import annotations

from layerzoo.functional.loss import LabelCheck
from layerzoo.net import Net


def check_labels(net: Net) -> None:
    """Raise if a label of a pass since the last check was out of range; waits for the GPU.

    Raises:
        DataError: names the layer, the value and the valid range.
    """
    for layer in net.ordered_layers():
        if isinstance(layer, LabelCheck):
            layer.check_labels()
