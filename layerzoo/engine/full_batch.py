"""Full-batch rules on a net: the loss of all data as a function of its params, and whether it is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.engine.curvature import NetCurvature, loss_steps
from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.errors import Fault
from layerzoo.net import Feed, Net, Plan
from layerzoo.optimizer.objective import Matrix


class NetObjective:
    """The mean loss of all data, as full-batch rules see it.

    Args:
        net: the training net.
        gradients: sets ``param.grad`` to the sums over all passes and returns the mean loss.
        fetch: the feed of a pass, by its number.
        passes: ``iter_size``.
        sync: of the processes that train the net.
    """

    def __init__(
        self,
        net: Net,
        gradients: Callable[[], Tensor],
        fetch: Callable[[int], Feed],
        passes: int,
        sync: GradientSync,
    ) -> None:
        self._net, self._gradients, self._sync = net, gradients, sync
        self._feeds = [partial(fetch, number) for number in range(passes)]

    def __call__(self) -> Tensor:
        """Set ``param.grad`` to the sums over all passes; returns the mean loss."""
        return self._gradients()

    def loss(self) -> float:
        """The mean loss, without gradients."""
        self._net.clock.iteration = 0
        total = torch.zeros((), dtype=torch.float64, device=self._net.device)
        with self._sync.joint(), torch.no_grad():
            for feed in self._feeds:
                total += float(self._net.loss(self._net.run(feed(), self._net.outputs_only)))
        total /= len(self._feeds)
        self._sync.ranks.average([total])
        return float(total)

    def curvature(self, params: Sequence[Tensor], matrix: Matrix) -> NetCurvature:
        """The second derivatives of the mean loss at the current params."""
        self._net.clock.iteration = 0
        return NetCurvature(self._net, self._feeds, self._sync, params, matrix)


def full_batch_faults(net: Net, iter_size: int, second_order: Matrix | None = None) -> list[Fault]:
    """Faults if the loss of an iteration is not that of all data, or differs between evaluations.

    Args:
        net: the training net.
        iter_size: passes in an iteration.
        second_order: the second derivatives that the rule needs.
    """
    faults = []
    for layer in net.ordered_layers():
        why = layer.randomness(layer.param)
        if why is not None:
            message = f"a full-batch solver needs the same loss each time, but {why}"
            faults.append(Fault(message, layer=layer.name))
        if not isinstance(layer, DataLayer):
            continue
        processes = net.clock.ranks if layer.distributed else 1
        if layer.batch_size * iter_size * processes != layer.epoch_size:
            shared, times = (f" in {processes} processes", " times processes") if processes > 1 else ("", "")
            faults.append(
                Fault(
                    f"a full-batch solver needs all {layer.epoch_size:,} samples in one iteration, which has "
                    f"{iter_size} x {layer.batch_size:,}{shared}",
                    layer=layer.name,
                    hint=f"batch_size times iter_size{times} has to be {layer.epoch_size:,}",
                )
            )
    if second_order is not None:
        faults += _of_second_order(net)
    if second_order == "Gauss-Newton":
        faults += _of_gauss_newton(net)
    return faults


def _of_second_order(net: Net) -> Iterator[Fault]:
    """A fault for each layer whose backward pass is code on arrays."""
    for layer in net.ordered_layers():
        if layer.on_host and not layer.is_source:
            yield Fault(
                f"a solver of second order differentiates gradients, but the backward pass of layer "
                f"'{layer.name}' works on arrays",
                layer=layer.name,
                hint="LBFGS, BFGS and NonlinearCG need first derivatives only",
            )


def _of_gauss_newton(net: Net) -> Iterator[Fault]:
    """A fault for each loss that is not convex in its bottoms, or has no curvature there."""
    for step in loss_steps(net, Plan(net.graph, net.ordered_layers())):
        if not step.layer.convex_loss:
            yield Fault(
                "GaussNewton needs losses that curve upwards by their bottoms; "
                f"{step.layer.type_name} doesn't say that it does",
                layer=step.layer.name,
                hint="EuclideanLoss, SoftmaxWithLoss and SigmoidCrossEntropyLoss do; NewtonCG takes any loss",
            )
