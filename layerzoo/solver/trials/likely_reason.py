"""The likely reason why two runs that should be equal differ."""

from __future__ import annotations

from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.solver.trials.run_hashes import Difference
from layerzoo.user_code import by_user, where

_KEPT = (
    "a param of lr_mult 0 (self.blobs.add_blob) or a buffer (register_buffer), which snapshots hold, or "
    "compute it from the bottoms"
)
_RANDOM = "random numbers have to follow from the seed and the number of the batch"
_DEVICE = "some operations of a GPU add in any order: try -deterministic"


def likely_reason(first: Difference, graph: Graph, *, resumed: bool) -> str:
    """The likely reason of the first difference between two runs.

    Args:
        first: the difference.
        graph: the training net.
        resumed: it appeared after a resume; otherwise in a run that was not disturbed.
    """
    spec = next((layer for layer in graph.layers if layer.name == first.layer), None)
    if first.kind == "gradients" and spec is not None:
        return _of_gradients(spec, graph, resumed)
    own = _own_code(spec) if spec is not None and first.kind in ("samples", "tops") else ""
    if own:
        what = "other samples" if first.kind == "samples" else "other tops for the same bottoms"
        return _of_own_code(f"{own} gives {what}", resumed)
    if first.kind == "samples":
        return (
            "the source gives other samples when it is read again: does another program write to it, or does "
            "it depend on the time or on the order of reading?"
        )
    if first.kind == "tops":
        return f"the layer computes other values from the same bottoms: {_DEVICE}"
    layers = [(layer.name, own) for layer in graph.layers if (own := _own_code(layer))]
    if layers:
        shown = ", ".join(f"layer '{name}' ({own})" for name, own in layers[:3])
        return f"all that layers computed is equal when they run one by one; look at {shown}"
    return f"all that layers computed is equal when they run one by one: {_DEVICE}"


def _of_gradients(spec: GraphLayer, graph: Graph, resumed: bool) -> str:
    """The reason of a difference between gradients of a layer's tops: the layers above it."""
    users = {layer for top in spec.tops for layer, _ in graph.blobs[top].consumers}
    above = [graph.layers[index] for index in sorted(users)]
    for layer in above:
        if own := _own_code(layer):
            return _of_own_code(f"{own} of layer '{layer.name}' gives another gradient", resumed)
    names = ", ".join(f"'{layer.name}'" for layer in above)
    return f"the backward pass of {names or 'a layer above'} differs: {_DEVICE}"


def _of_own_code(what: str, resumed: bool) -> str:
    if resumed:
        return f"{what}: it has state that no snapshot holds; keep it in {_KEPT}"
    return f"{what} in a run that was not resumed: {_RANDOM}"


def _own_code(spec: GraphLayer) -> str:
    """The user's class of a layer; empty if the layer is built in."""
    python = spec.param.python_param
    if python.module:
        return f"the Python class {python.module}.{python.layer}"
    cls = LAYERS[spec.kind.type_name]
    return f"your class {cls.__name__} ({where(cls)})" if by_user(cls) else ""
