"""``-watch``: statistics of blobs, params and gradients at each display."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from itertools import chain, islice
from typing import Any

from torch import Tensor, nn

from layerzoo.engine import Observer
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.statistics import Statistics
from layerzoo.errors import MAX_SHOWN_FAULTS, UsageError, did_you_mean, nearest
from layerzoo.graph import Graph
from layerzoo.graph.facts import param_label
from layerzoo.net import Net
from layerzoo.solver.callbacks.callback import Displayed, Output
from layerzoo.solver.train_state import TrainState

log = logging.getLogger("layerzoo")

GRADIENT = ".grad"
_MAX_NAMED = 20


class BlobWatch(Output, Observer):
    """Logs statistics of the watched tensors, in the iterations that are displayed.

    They are those of the training step itself: nothing runs a second time. With ``iter_size`` a blob is that
    of the last batch; the gradient of a param is the sum over all batches, before clipping and decay.

    Args:
        net: the training net.
        names: of blobs (the last version of each), of params (``conv1.weight`` or ``conv1.0``), or either
            with ``.grad`` for its gradient.
        state: progress of the run.
        display: iterations between two displays.
        scale: the loss scale of FP16, if any.

    Raises:
        UsageError: a blob or param does not exist, or has no gradient.
    """

    title = "-watch"

    def __init__(
        self, net: Net, names: Sequence[str], state: TrainState, display: int, scale: LossScale | None = None
    ) -> None:
        super().__init__()
        self.state = state
        self.display = display
        self.scale = scale
        self.names = list(dict.fromkeys(names))
        self._seen: dict[str, Statistics] = {}
        self._params: dict[str, nn.Parameter] = {}
        for fault in watch_faults(net.graph, self.names):
            raise UsageError(fault)
        params = _named_params(net)
        for name in self.names:
            of, gradient = name.removesuffix(GRADIENT), name.endswith(GRADIENT)
            if of in net.graph.last:
                self._watch_blob(net, name, of, gradient)
            else:
                self._params[name] = params[of]
                if gradient and not params[of].requires_grad:
                    raise UsageError(f"-watch {name}: '{of}' has no gradient: it is frozen")

    @property
    def is_due(self) -> bool:
        """Whether the current iteration will be displayed."""
        return bool(self.display) and self.state.iteration % self.display == 0 and not self.effort.failed

    def displayed(self, shown: Displayed) -> None:
        """Log the statistics of this iteration."""
        for name in self.names:
            seen = self._seen.pop(name, None)
            log.info("    Watch %s: %s", name, "not reached in this iteration" if seen is None else seen)

    def _watch_blob(self, net: Net, name: str, of: str, gradient: bool) -> None:
        blob = net.graph.last[of]
        position = net.graph.layers[blob.producer].tops.index(blob.index)
        layer = net.ordered_layers()[blob.producer]
        layer.register_forward_hook(partial(self._look_at_top, name, position, gradient))

    def _look_at_top(
        self, name: str, position: int, gradient: bool, layer: nn.Module, given: Any, made: Any
    ) -> None:
        if not self.is_due:
            return
        top: Tensor = made[position] if isinstance(made, tuple) else made
        if not gradient:
            with self.effort:
                self._seen[name] = Statistics.of(top)
        elif top.requires_grad:
            top.register_hook(partial(self._look_at_gradient, name))  # type: ignore[no-untyped-call]

    def _look_at_gradient(self, name: str, gradient: Tensor) -> None:
        with self.effort:
            self._seen[name] = Statistics.of(gradient / self._scale)

    def before_update(self, iteration: int) -> None:
        """Take the statistics of params and gradients."""
        if not self.is_due:
            return
        with self.effort:
            for name, param in self._params.items():
                if not name.endswith(GRADIENT):
                    self._seen[name] = Statistics.of(param)
                elif param.grad is not None and param.requires_grad:  # it may stand still in this update
                    self._seen[name] = Statistics.of(param.grad / self._scale)

    @property
    def _scale(self) -> float:
        """The factor on the gradients; 1 without FP16."""
        return 1.0 if self.scale is None else self.scale.value


def watch_faults(graph: Graph, names: Sequence[str]) -> list[str]:
    """Messages for names to watch that are no blob or param of the training net, or have no gradient."""
    learns: dict[str, bool] = {}
    for layer in graph.layers:
        for index, param in enumerate(graph.params[p] for p in layer.params):
            learns[f"{layer.name}.{index}"] = learns[param_label(layer.name, param.own)] = bool(
                param.lr_mult or graph.force_backward
            )
    losses = dict(graph.losses)
    found = []
    for name in names:
        of, gradient = name.removesuffix(GRADIENT), name.endswith(GRADIENT)
        blob = graph.last.get(of)
        if blob is not None:
            if gradient and not blob.needs_grad and not losses.get(blob.index):
                found.append(f"-watch {name}: blob '{of}' has no gradient: no learnable param is below it")
        elif of not in learns:
            hint = None
            if len(found) < MAX_SHOWN_FAULTS:
                hint = did_you_mean(nearest(of, chain(graph.last, learns)))
            known = f"blobs: {', '.join(islice(graph.last, _MAX_NAMED))}"
            more = ", …" if len(graph.last) > _MAX_NAMED else ""
            found.append(f"-watch {name}: no blob or param '{of}'; {hint or known + more}")
        elif gradient and not learns[of]:
            found.append(f"-watch {name}: '{of}' has no gradient: its lr_mult is 0")
    return found


def _named_params(net: Net) -> dict[str, nn.Parameter]:
    """Params by ``layer.name`` and by ``layer.index``."""
    found = {}
    for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
        for index, (own, blob) in enumerate(zip(layer.own_params, layer.blobs, strict=True)):
            found[param_label(spec.name, own)] = found[f"{spec.name}.{index}"] = blob
    return found
