"""What the layers of a net cost: measured on a device, or estimated by a GPU's rates.

A data layer costs nothing: it reads batches ahead, beside the passes.
"""

from __future__ import annotations

from collections.abc import Iterable

from layerzoo.engine.rates import Work, backward_work, forward_work
from layerzoo.engine.timing import LayerTime
from layerzoo.graph import Graph, GraphLayer
from layerzoo.scaling.prediction import LayerCost
from layerzoo.scaling.training import Training

_FLOAT_BYTES = 4


def measured_costs(graph: Graph, times: Iterable[LayerTime]) -> list[LayerCost]:
    """The costs of layers whose times were measured."""
    gradients = _gradients(graph)
    return [
        LayerCost(
            each.layer.name,
            0.0 if _is_ahead(each.layer) else each.forward,
            each.backward,
            gradients.get(each.layer.index, ()),
        )
        for each in times
    ]


def estimated_costs(graph: Graph, matrix: float, memory: float | None = None) -> list[LayerCost]:
    """The costs of layers on a GPU that is not here: the longer of their operations and their memory traffic.

    Args:
        graph: the net's graph.
        matrix: operations per second; a multiply-add is two.
        memory: bytes per second that the GPU's memory reads and writes; None if traffic takes no time.
    """
    gradients = _gradients(graph)

    def time(work: Work) -> float:
        return max(work.operations / matrix, work.bytes / memory if memory else 0.0)

    return [
        LayerCost(
            layer.name,
            0.0 if _is_ahead(layer) else time(forward_work(graph, layer)),
            time(backward_work(graph, layer)),
            gradients.get(layer.index, ()),
        )
        for layer in graph.layers
    ]


def update_time(graph: Graph, memory: float | None, training: Training | None = None) -> float:
    """Seconds of an update, as long as the memory takes.

    Args:
        graph: the net's graph.
        memory: bytes per second that the memory reads and writes; None if traffic takes no time.
        training: what the solver says; default: SGD with momentum.
    """
    passes = (training or Training()).update_passes
    size = sum(sum(sizes) for sizes in _gradients(graph).values())
    return passes * size / memory if memory else 0.0


def _is_ahead(layer: GraphLayer) -> bool:
    return layer.kind.is_data or layer.kind.is_input


def _gradients(graph: Graph) -> dict[int, tuple[int, ...]]:
    """Bytes of the gradients that each layer's backward pass finishes, by the layer's index.

    The gradient of a shared param is finished by the first of its layers, whose backward pass comes last.
    """
    found: dict[int, tuple[int, ...]] = {}
    for param in reversed(graph.params):
        users = [user for user, _ in param.users if graph.layers[user].needs_backward]
        if users and param.lr_mult and param.own.learns:
            found[min(users)] = (*found.get(min(users), ()), _FLOAT_BYTES * param.count)
    return found
