"""``caffe.pycaffe``: its names, including the functions that Caffe attaches to ``Net`` as methods."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from layerzoo.pycaffe import io
from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.parallel import NCCL, Timer
from layerzoo.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
)

__all__ = [
    "NCCL",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "NesterovSolver",
    "Net",
    "OrderedDict",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
    "io",
]

_Net_blobs = Net.blobs
_Net_blob_loss_weights = Net.blob_loss_weights
_Net_layer_dict = Net.layer_dict
_Net_params = Net.params
_Net_inputs = Net.inputs
_Net_outputs = Net.outputs
_Net_forward = Net.forward
_Net_backward = Net.backward
_Net_forward_all = Net.forward_all
_Net_forward_backward_all = Net.forward_backward_all
_Net_set_input_arrays = Net.set_input_arrays
_Net_batch = Net._batch


def _Net_get_id_name(func: Callable[[Net, int], Iterable[int]], field: str) -> property:  # noqa: N802 (Caffe's)
    """Make a property of `Net` that maps each layer's name to names of blobs.

    Args:
        func: returns the indices of the blobs for a net and a layer's index.
        field: the attribute that caches the result.
    """

    def names(net: Net) -> OrderedDict[str, list[str]]:
        if field not in net.__dict__:
            blobs = list(net.blobs)
            blob_names = ([blobs[b] for b in func(net, layer)] for layer in range(len(net.layers)))
            net.__dict__[field] = OrderedDict(zip(net._layer_names, blob_names, strict=True))
        cached: OrderedDict[str, list[str]] = net.__dict__[field]
        return cached

    return property(names)
