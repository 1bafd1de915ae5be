"""Caffe's ``debug_info``: the mean absolute value of every blob, gradient and param, in Caffe's log lines."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.layer import Layer
from layerzoo.log import number
from layerzoo.net import Net

log = logging.getLogger("layerzoo")


class DebugInfo(Observer):
    """Logs the blobs, params and gradients of each layer, in iterations that run layer by layer.

    Args:
        net: the training net.
        every: logs each iteration that is a multiple of this; 0 logs none.
        scale: the loss scale of FP16, if any; logged gradients are divided by it.
    """

    def __init__(self, net: Net, every: int, scale: LossScale | None = None) -> None:
        self.net = net
        self.every = every
        self.scale = scale
        self._names = _display_names(net)
        self._before: list[Tensor] = []

    def wants_layers(self, iteration: int) -> bool:
        """Whether an iteration is logged."""
        return bool(self.every) and iteration % self.every == 0

    def begin(self, iteration: int) -> None:
        """Keep the params for `ended`."""
        if self.wants_layers(iteration):
            self._before = [param.detach().clone() for param in self.net.learnable]

    @contextmanager
    def watch(self, runner: Layerwise) -> Iterator[None]:
        """Log each layer's blobs and gradients in a forward and backward pass."""
        forward, backward = partial(self._say_forward, runner), partial(self._say_backward, runner)
        runner.after_forward.append(forward)
        runner.after_backward.append(backward)
        inside = [layer.register_forward_hook(self._say_inside) for layer in inner_layers(runner.layers)]
        try:
            yield
        finally:  # the runner may belong to a program, which continues after an exception
            for hook in inside:
                hook.remove()
            runner.after_forward.remove(forward)
            runner.after_backward.remove(backward)
        self._say_all()

    def ended(self, iteration: int) -> None:
        """Log the changes of the update."""
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
        """The factor on the gradients; 1 without FP16."""
        return 1.0 if self.scale is None else self.scale.value

    def _say_forward(self, runner: Layerwise, index: int) -> None:
        spec, blobs = self.net.graph.layers[index], self.net.graph.blobs
        for top in spec.tops:
            size = _mean_abs(runner.blobs[top].values.tensor())
            log.info("    [Forward] Layer %s, top blob %s data: %s", spec.name, blobs[top].name, size)
        for name, param in zip(self._names[index], runner.layers[index].blobs, strict=True):
            log.info("    [Forward] Layer %s, param blob %s data: %s", spec.name, name, _mean_abs(param))

    def _say_inside(self, layer: nn.Module, bottoms: object, made: Any) -> None:
        """Log the tops of a layer of a subnet under its path with the number of the run, then their diffs."""
        assert isinstance(layer, Layer)
        name = layer.clock.path(layer.name)
        for top, value in zip(layer.param.top, made if isinstance(made, tuple) else (made,), strict=False):
            log.info("    [Forward] Layer %s, top blob %s data: %s", name, top, _mean_abs(value))
            if value.requires_grad:
                value.register_hook(partial(self._say_gradient, name, top))

    def _say_gradient(self, name: str, top: str, grad: Tensor) -> None:
        size = _mean_abs(grad / self._factor)
        log.info("    [Backward] Layer %s, top blob %s diff: %s", name, top, size)

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


def inner_layers(layers: Iterable[Layer]) -> list[Layer]:
    """The layers of the subnets that layers run, except those that only declare inputs."""
    inside = (module for layer in layers for module in layer.modules() if module is not layer)
    return [module for module in inside if isinstance(module, Layer) and not module.is_input]


def _display_names(net: Net) -> list[list[str]]:
    """Caffe's names for the params of each layer: the name in the config, else the number."""
    return [
        [net.graph.params[param].shared_name or str(position) for position, param in enumerate(spec.params)]
        for spec in net.graph.layers
    ]


def _mean_abs(tensor: Tensor) -> str:
    return number(float(tensor.detach().abs().mean(dtype=torch.float32))) if tensor.numel() else "0"
