"""Values of any blob version of a pass, with their autograd graph; layers and their tops by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from torch import Tensor

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Blob, GraphLayer
from layerzoo.net import Net, Plan
from layerzoo.net.feed import in_type, whole_inputs

_MOST_NAMES = 20


def values_of(net: Net, batch: Tensor, wanted: Collection[int]) -> dict[int, Tensor]:
    """Compute blob versions of a pass layer by layer, each layer as it stands in the config.

    Args:
        net: a net with one input.
        batch: the input; if it requires gradients, so do the values that depend on it.
        wanted: indices of blob versions.

    Returns:
        the values by index; those that an in-place layer follows are from before it.

    Raises:
        UsageError: the net has several inputs, or the batch doesn't fit.
    """
    only = _above(net, wanted)
    plan = Plan(net.graph, net.ordered_layers(), wanted, only=only)
    given = whole_inputs(net.graph, (), {input_of(net).name: batch})
    held = net.run(net.fetch() | in_type(given, net.dtype), plan)
    return {index: value for index in wanted if (value := held[index]) is not None}


def input_of(net: Net) -> Blob:
    """The input of a net.

    Raises:
        UsageError: it has none or several.
    """
    inputs = net.graph.inputs
    if len(inputs) != 1:
        names = ", ".join(blob.name for blob in inputs) or "none"
        raise UsageError(f"net '{net.name}' has the inputs {names}; expected one, of images")
    return inputs[0]


def layer_named(net: Net, name: str) -> GraphLayer:
    """A layer by its name in the config.

    Raises:
        UsageError: the net has no layer of that name.
    """
    layers = {layer.name: layer for layer in net.graph.layers}
    if name not in layers:
        hint = did_you_mean(nearest(name, layers)) or f"it has {listed(layers)}"
        raise UsageError(f"no layer '{name}' in net '{net.name}'; {hint}")
    return layers[name]


def top_of(net: Net, name: str) -> Blob:
    """The first top of a layer, before any in-place layer that follows it.

    Raises:
        UsageError: the net has no layer of that name, or it has no top.
    """
    layer = layer_named(net, name)
    if not layer.tops:
        raise UsageError(f"layer '{name}' of net '{net.name}' has no top; name another layer")
    return net.graph.blobs[layer.tops[0]]


def listed(names: Iterable[str]) -> str:
    """Names as text, not too many of them."""
    known = list(names)
    more = f" and {len(known) - _MOST_NAMES:,} more" if len(known) > _MOST_NAMES else ""
    return (", ".join(known[:_MOST_NAMES]) or "none") + more


def _above(net: Net, wanted: Collection[int]) -> set[int]:
    """Indices of the layers that blob versions depend on."""
    graph = net.graph
    found: set[int] = set()
    waiting = [graph.blobs[index].producer for index in wanted]
    while waiting:
        layer = waiting.pop()
        if layer not in found:
            found.add(layer)
            waiting += [graph.blobs[bottom].producer for bottom in graph.layers[layer].bottoms]
    return found
