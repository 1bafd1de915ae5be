"""Whole-net training whose blobs and gradients can all be looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.engine.debug_info import DebugInfo
from layerzoo.engine.layerwise import Layerwise, on_host, owners
from layerzoo.engine.loss_scale import LossScale
from layerzoo.host.blob import Half
from layerzoo.net import Feed, Net, Plan
from layerzoo.optimizer import FullBatchRule, UpdateRule


class Observed(DebugInfo):
    """The eager engine for a program that reads and writes blobs between steps.

    After a step each blob of the runner has the values and gradients of the last pass, by reference; what a
    program wrote into inputs is what runs. Passes read batches by the runners' cursors, so that the batches
    of a program's own passes do not come again. Where callbacks want to know of each layer, inputs have
    gradients or other shapes, or layers work on arrays, it runs layer by layer.

    Args:
        runner: of the training net.
        rule: updates its params.
        iter_size: forward-backward passes whose gradients add up to one update.
        test_runners: of the test nets.
        scale: the factor on the loss, for a net with layers in FP16.
        every: iterations between two whose ``debug_info`` is logged; 0 logs none.

    Attributes:
        on_start, on_gradients_ready: called in each step before the first pass, and before the update.
    """

    def __init__(
        self,
        runner: Layerwise,
        rule: UpdateRule | FullBatchRule,
        iter_size: int,
        test_runners: list[Layerwise],
        scale: LossScale | None = None,
        every: int = 0,
    ) -> None:
        super().__init__(runner.net, rule, iter_size, scale, every=every)
        self.runner = runner
        self.on_start: list[Callable[[], object]] = []
        self.on_gradients_ready: list[Callable[[], object]] = []
        self._plan = Plan(self.net.graph, self.net.ordered_layers())
        self._test_runners = {id(test.net): test for test in test_runners}
        self._diffs: dict[int, Tensor] = {}
        self._wanted = _first_versions(runner)
        computed = [top for layer in self.net.graph.layers if layer.bottoms for top in layer.tops]
        self._handed = [runner.blobs[top].values for top in computed]
        self._handed += [runner.blobs[blob].gradients for blob in self._wanted]
        self._iteration = 0
        self._by_layer = self.net.graph.force_backward or any(map(on_host, runner.layers))

    def gradients(self, iteration: int) -> Tensor:
        """One iteration's gradients in ``param.grad``, with the callbacks before and after."""
        for blob in self.runner.param_blobs:
            blob.flush()
        self.sync.zero()
        for start in self.on_start:
            start()
        loss = self._forward_backward(iteration)
        for ready in self.on_gradients_ready:
            ready()
        for blob in self.runner.param_blobs:
            blob.flush()
        for call in self.on_gradients:
            call(iteration)
        return loss

    def test_step(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on its batch of that number, on the device."""
        runner = self._test_runners[id(net)]
        if any(isinstance(layer, DataLayer) and layer.whole_pass for layer in net.data_layers):
            runner.cursor.move_to(batch)
        runner.cursor.advance()
        runner.forward(keep=False)
        # copies: a program may hold views of these blobs
        return [runner.blobs[blob.index].values.tensor().clone() for blob in net.graph.outputs]

    def fetch_again(self, iteration: int, part: int) -> Feed:
        """As of `Eager`, of the last iterations, since which the program has run no passes of its own."""
        number = part
        if not isinstance(self.rule, FullBatchRule):
            back = (self._iteration + 1 - iteration) * self.iter_size
            number += self.runner.cursor.passes - back
        return self.net.fetch(number) | self._inputs()

    def loss_only(self, iteration: int) -> Tensor:
        """The training loss of an iteration, without an update."""
        self.net.clock.iteration = iteration
        self.runner.cursor.advance()
        return self.runner.forward(keep=False)

    def _forward_backward(self, iteration: int) -> Tensor:
        net, cursor = self.net, self.runner.cursor
        net.clock.iteration = self._iteration = iteration
        total: Tensor | None = None
        for part in range(self.iter_size):
            if isinstance(self.rule, FullBatchRule):
                cursor.move_to(part)  # all data, again and again
            cursor.advance()
            if self._is_due(iteration):
                with self._saying(self.runner):
                    loss = self._layer_by_layer()
            else:
                loss = self._layer_by_layer() if self._goes_by_layer() else self._whole()
            total = loss if total is None else total + loss
        blobs = (self.runner.blobs[blob.index] for blob in net.graph.outputs)
        self.outputs = [blob.values.tensor().clone() for blob in blobs]
        return total / self.iter_size if self.iter_size > 1 else total  # type: ignore[operator,return-value]

    def _goes_by_layer(self) -> bool:
        """Whether a pass has to go layer by layer: for callbacks, gradients of inputs, arrays, new shapes.

        And where a program has written another weight of a loss into its diff.
        """
        runner, graph = self.runner, self.net.graph
        return (
            self._by_layer
            or any(map(len, (runner.before_forward, runner.after_forward)))
            or any(map(len, (runner.before_backward, runner.after_backward)))
            or any(runner.blobs[blob.index].axes[1:] != (blob.shape or ())[1:] for blob in graph.inputs)
            or any(_is_reweighted(runner.blobs[index].gradients, weight) for index, weight in graph.losses)
        )

    def _layer_by_layer(self) -> Tensor:
        loss = self.runner.forward()
        self._scale_losses(self.runner)
        self.runner.backward()
        return loss.detach().clone()

    def _whole(self) -> Tensor:
        runner, net = self.runner, self.net
        runner.flush()
        feed = net.fetch() | self._inputs()
        self._diffs.clear()
        for half in self._handed:  # else each pass would run in other memory than the last
            half.let_go()
        values = net.run(feed, self._plan)
        for index in self._wanted:
            value = values[index]
            if value is not None and value.requires_grad:
                value.register_hook(  # type: ignore[no-untyped-call]
                    partial(self._diffs.__setitem__, index)
                )
        loss = net.loss(values)
        self._backward(loss)
        self._hand_over(values)
        return loss.detach().clone()

    def _inputs(self) -> dict[int, Tensor]:
        """What the program has written into the net's inputs."""
        blobs = self.runner.blobs
        return {blob.index: blobs[blob.index].values.tensor() for blob in self.net.graph.inputs}

    def _hand_over(self, values: list[Tensor | None]) -> None:
        """Let the runner's blobs have what the pass made."""
        runner, graph = self.runner, self.net.graph
        for spec, layer in zip(graph.layers, runner.layers, strict=True):
            given = [value for b in spec.bottoms if (value := values[b]) is not None]
            made = [value.detach() for t in spec.tops if (value := values[t]) is not None]
            bottoms = [runner.blobs[b] for b in spec.bottoms]
            if spec.kind.is_input:
                continue
            for top, value, own in zip(
                spec.tops, made, owners(spec, layer, bottoms, given, made), strict=True
            ):
                runner.blobs[top].put(value, own)
        for index, diff in self._diffs.items():
            runner.blobs[index].gradients.put(diff.detach(), own=False)


def _is_reweighted(diff: Half, weight: float) -> bool:
    return diff.shown and bool((diff.tensor() != weight).any())


def _first_versions(runner: Layerwise) -> list[int]:
    """Blob versions whose gradient a backward pass leaves in the blob: the first of those in place."""
    first: dict[int, int] = {}
    for index, blob in enumerate(runner.blobs):
        first.setdefault(id(blob), index)
    losses = {index for index, _ in runner.net.graph.losses}
    return [index for index in first.values() if index not in losses]
