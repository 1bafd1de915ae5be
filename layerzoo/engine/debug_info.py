"""Caffe's ``debug_info``: the mean size of every blob, gradient and param, in Caffe's lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from layerzoo.engine.eager import Eager
from layerzoo.engine.layerwise import Layerwise
from layerzoo.engine.loss_scale import LossScale
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.optimizer import FullBatchRule, UpdateRule

log = logging.getLogger("layerzoo")


class DebugInfo(Eager):
    """An `Eager` whose every so manyth iteration runs layer by layer and says what each layer made.

    The gradients are those of the whole net but for rounding: each layer has its own backward pass.

    Args:
        net: the training net.
        rule: updates its params.
        iter_size: forward-backward passes whose gradients add up to one update.
        scale: the factor on the loss, for a net with layers in FP16; what is logged is free of it.
        every: iterations between two that are logged; 0 logs none.
    """

    def __init__(
        self,
        net: Net,
        rule: UpdateRule | FullBatchRule,
        iter_size: int = 1,
        scale: LossScale | None = None,
        *,
        every: int = 0,
    ) -> None:
        super().__init__(net, rule, iter_size, scale)
        self.every = every
        self._names = _display_names(net)

    def train_step(self, iteration: int, lr: float) -> Tensor:
        """One iteration: forward, backward, update."""
        if not self._is_due(iteration):
            return super().train_step(iteration, lr)
        before = [param.detach().clone() for param in self.net.learnable]
        loss = super().train_step(iteration, lr)
        for spec, param, old in zip(self.net.graph.params, self.net.learnable, before, strict=True):
            layer, index = spec.users[0]
            log.info(
                "    [Update] Layer %s, param %s data: %s; diff: %s",
                self.net.graph.layers[layer].name,
                self._names[layer][index],
                _mean_abs(old),
                _mean_abs(old - param.detach()),
            )
        return loss

    def _forward_backward(self, iteration: int) -> Tensor:
        if not self._is_due(iteration):
            return super()._forward_backward(iteration)
        net = self.net
        net.clock.iteration = iteration
        runner = Layerwise(net)
        total = torch.zeros((), device=net.device)
        for part in range(self.iter_size):
            feed = net.fetch(iteration * self.iter_size + part)
            with self._saying(runner):
                total = total + runner.forward(feed).detach()
                self._scale_losses(runner)
                runner.backward()
        net.keep_outputs(runner.data)
        self.outputs = [runner.blobs[blob.index].values.tensor().clone() for blob in net.graph.outputs]
        return total / self.iter_size

    def _is_due(self, iteration: int) -> bool:
        """Whether an iteration is one of those that are logged."""
        return bool(self.every) and iteration % self.every == 0 and not isinstance(self.rule, FullBatchRule)

    @contextmanager
    def _saying(self, runner: Layerwise) -> Iterator[None]:
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

    @property
    def _factor(self) -> float:
        """What gradients are multiplied by."""
        return 1.0 if self.scale is None else self.scale.value

    def _scale_losses(self, runner: Layerwise) -> None:
        """Begin the backward pass with the loss scale, if any, in the gradient of each loss."""
        if self.scale is None:
            return
        for index, weight in self.net.graph.losses:
            blob = runner.blobs[index]
            blob.gradients.put(torch.full(blob.axes, weight * self._factor, device=self.net.device))

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
