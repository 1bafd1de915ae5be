"""Caffe's ``debug_info``: the mean size of every blob, gradient and param, in Caffe's lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.log import number
from layerzoo.net import Net

log = logging.getLogger("layerzoo")


class DebugInfo(Observer):
    """Logs what each layer makes in every so manyth iteration, which runs layer by layer.

    Args:
        net: the training net.
        every: iterations between two that are logged; 0 logs none.
        scale: the loss scale of FP16, if any; what is logged is free of it.
    """

    def __init__(self, net: Net, every: int, scale: LossScale | None = None) -> None:
        self.net = net
        self.every = every
        self.scale = scale
        self._names = _display_names(net)
        self._before: list[Tensor] = []

    def wants_layers(self, iteration: int) -> bool:
        """Whether an iteration is one of those that are logged."""
        return bool(self.every) and iteration % self.every == 0

    def begin(self, iteration: int) -> None:
        """Keep the params for `ended`."""
        if self.wants_layers(iteration):
            self._before = [param.detach().clone() for param in self.net.learnable]

    @contextmanager
    def watch(self, runner: Layerwise) -> Iterator[None]:
        """Log what each layer makes in a pass forward and backward."""
        forward, backward = partial(self._say_forward, runner), partial(self._say_backward, runner)
        runner.after_forward.append(forward)
        runner.after_backward.append(backward)
        try:
            yield
        finally:  # the runner may be a program's, which goes on after an exception
            runner.after_forward.remove(forward)
            runner.after_backward.remove(backward)
        self._say_all()

    def ended(self, iteration: int) -> None:
        """Log what the update has changed."""
        if not self.wants_layers(iteration):
            return
        before, self._before = self._before, []
        for spec, param, old in zip(self.net.graph.params, self.net.learnable, before, strict=True):
            layer, index = spec.users[0]
            log.info(
                "    [Update] Layer %s, param %s data: %s; diff: %s",
                self.net.graph.layers[layer].name,
                self._names[layer][index],
                _mean_abs(old),
                _mean_abs(old - param.detach()),
            )

    @property
    def _factor(self) -> float:
        """What gradients are multiplied by."""
        return 1.0 if self.scale is None else self.scale.value

    def _say_forward(self, runner: Layerwise, index: int) -> None:
        spec, blobs = self.net.graph.layers[index], self.net.graph.blobs
        for top in spec.tops:
            size = _mean_abs(runner.blobs[top].values.tensor())
            log.info("    [Forward] Layer %s, top blob %s data: %s", spec.name, blobs[top].name, size)
        for name, param in zip(self._names[index], runner.layers[index].blobs, strict=True):
            log.info("    [Forward] Layer %s, param blob %s data: %s", spec.name, name, _mean_abs(param))

    def _say_backward(self, runner: Layerwise, index: int) -> None:
        spec, blobs = self.net.graph.layers[index], self.net.graph.blobs
        if not spec.needs_backward:
            return
        for bottom, wanted in zip(spec.bottoms, runner.needs_grad(spec), strict=True):
            diff = runner.blobs[bottom].gradients
            if wanted and diff.there:
                size, name = _mean_abs(diff.tensor() / self._factor), blobs[bottom].name
                log.info("    [Backward] Layer %s, bottom blob %s diff: %s", spec.name, name, size)
        for position, param in enumerate(spec.params):
            grad = self.net.learnable[param].grad
            if grad is not None:
                size = _mean_abs(grad / self._factor)
                log.info("    [Backward] Layer %s, param blob %d diff: %s", spec.name, position, size)

    def _say_all(self) -> None:
        params = self.net.learnable
        data = torch.cat([param.detach().flatten() for param in params])
        diff = torch.cat([param.grad.flatten() for param in params if param.grad is not None]) / self._factor
        log.info(
            "    [Backward] All net params (data, diff): L1 norm = (%s, %s); L2 norm = (%s, %s)",
            *(number(float(each.norm(p))) for p in (1, 2) for each in (data, diff)),
        )


def _display_names(net: Net) -> list[list[str]]:
    """What Caffe calls the params of each layer: the name that the config gives, else the number."""
    return [
        [net.graph.params[param].shared_name or str(position) for position, param in enumerate(spec.params)]
        for spec in net.graph.layers
    ]


def _mean_abs(tensor: Tensor) -> str:
    return number(float(tensor.detach().abs().mean(dtype=torch.float32))) if tensor.numel() else "0"
