"""Run the whole net on blobs that a program reads and writes between steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.runner.ownership import on_host, owners
from layerzoo.engine.strategies.layer_by_layer import run_layers
from layerzoo.engine.strategies.strategy import Output
from layerzoo.host.blob import Half
from layerzoo.net import Feed, Net, Plan


class SharedBlobs:
    """Runs the whole net for a program that reads and writes blobs between steps.

    After a step each blob of the runner refers to the values and gradients of the last pass; a pass uses the
    inputs that a program wrote. Batches are read by the runners' cursors, so that those of a program's own
    passes are not repeated. The net runs layer by layer if there are callbacks for layers, inputs have
    gradients or other shapes, or layers work on arrays.

    Args:
        runner: the runner of the training net.
        test_runners: the runners of the test nets.
        full_batch: every iteration reads the same batches, for a full-batch rule.

    Attributes:
        runner: holds the training net's blobs.
    """

    def __init__(
        self, runner: Layerwise, test_runners: Sequence[Layerwise] = (), full_batch: bool = False
    ) -> None:
        self.runner = runner
        self.full_batch = full_batch
        self._plan = Plan(self.net.graph, self.net.ordered_layers())
        self._test_runners = {id(test.net): test for test in test_runners}
        self._diffs: dict[int, Tensor] = {}
        self._wanted = _first_versions(runner)
        computed = [top for layer in self.net.graph.layers if layer.bottoms for top in layer.tops]
        self._handed = [runner.blobs[top].values for top in computed]
        self._handed += [runner.blobs[blob].gradients for blob in self._wanted]
        self._last = -1
        self._by_layer = self.net.graph.force_backward or any(map(on_host, runner.layers))

    @property
    def net(self) -> Net:
        """The training net."""
        return self.runner.net

    def begin(self) -> None:
        """Copy to the device what a program wrote to the params."""
        for blob in self.runner.param_blobs:
            blob.flush()

    def run(
        self, number: int, sync: GradientSync, last: bool, scale: float, watching: Sequence[Observer]
    ) -> Output:
        """Run one forward and backward pass; see `Strategy.run`."""
        cursor, self._last = self.runner.cursor, number
        if self.full_batch:
            cursor.move_to(number)
        cursor.advance()
        if watching or self._goes_by_layer():
            return run_layers(self.runner, scale, watching)
        loss = self._whole(sync, scale)
        blobs = (self.runner.blobs[blob.index] for blob in self.net.graph.outputs)
        return loss, [blob.values.tensor().clone() for blob in blobs]

    def end(self) -> None:
        """Copy to the device what a program wrote to the gradients."""
        self.begin()

    def fetch_again(self, number: int) -> Feed:
        """The feed of an earlier pass, after which the program has run none of its own."""
        if not self.full_batch:
            number += self.runner.cursor.passes - (self._last + 1)
        return self.net.fetch(number) | self._inputs()

    def loss(self, number: int) -> Tensor:
        """The loss of a forward pass, without gradients."""
        self.runner.cursor.advance()
        return self.runner.forward(keep=False)

    def test(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on the batch of a number."""
        runner = self._test_runners[id(net)]
        if any(isinstance(layer, DataLayer) and layer.whole_pass for layer in net.data_layers):
            runner.cursor.move_to(batch)
        runner.cursor.advance()
        runner.forward(keep=False)
        # copies: a program may hold views of these blobs
        return [runner.blobs[blob.index].values.tensor().clone() for blob in net.graph.outputs]

    def _goes_by_layer(self) -> bool:
        """Whether a pass has to run layer by layer.

        It has to for callbacks, gradients of inputs, layers on arrays, inputs of other shapes, and losses
        whose diff a program has set to another weight.
        """
        runner, graph = self.runner, self.net.graph
        return (
            self._by_layer
            or any(map(len, (runner.before_forward, runner.after_forward)))
            or any(map(len, (runner.before_backward, runner.after_backward)))
            or any(runner.blobs[blob.index].axes[1:] != (blob.shape or ())[1:] for blob in graph.inputs)
            or any(_is_reweighted(runner.blobs[index].gradients, weight) for index, weight in graph.losses)
        )

    def _whole(self, sync: GradientSync, scale: float) -> Tensor:
        runner, net = self.runner, self.net
        runner.flush()
        feed = net.fetch() | self._inputs()
        self._diffs.clear()
        for half in self._handed:  # otherwise each pass would need new memory
            half.release()
        values = net.run(feed, self._plan)
        for index in self._wanted:
            value = values[index]
            if value is not None and value.requires_grad:
                value.register_hook(  # type: ignore[no-untyped-call]
                    partial(self._diffs.__setitem__, index)
                )
        loss = net.loss(values)
        sync.backward(loss, None if scale == 1 else torch.full_like(loss, scale))
        self._hand_over(values)
        return loss.detach().clone()

    def _inputs(self) -> dict[int, Tensor]:
        """The inputs that the program has written."""
        blobs = self.runner.blobs
        return {blob.index: blobs[blob.index].values.tensor() for blob in self.net.graph.inputs}

    def _hand_over(self, values: list[Tensor | None]) -> None:
        """Put values and gradients of a pass into the runner's blobs."""
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
    """Blob versions whose gradient is in the blob after a backward pass: the first of in-place versions."""
    first: dict[int, int] = {}
    for index, blob in enumerate(runner.blobs):
        first.setdefault(id(blob), index)
    losses = {index for index, _ in runner.net.graph.losses}
    return [index for index in first.values() if index not in losses]
