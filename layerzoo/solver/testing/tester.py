"""Test a net over a number of batches, or over its whole data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError
from layerzoo.graph import Graph
from layerzoo.net import Net
from layerzoo.solver.outputs import output_values, output_weights

Step = Callable[[Net, int], list[Tensor]]


@dataclass
class Scores:
    """The outputs of a test, averaged over its batches.

    Attributes:
        values: the elements of each output by blob name, in the net's order.
        weights: loss weight by blob name; 0 if it is not a loss.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """The weighted sum of the loss outputs."""
        return sum(sum(self.values[name]) * weight for name, weight in self.weights.items() if weight)


class Tester:
    """Tests one net.

    Args:
        net: a net in the TEST phase.
        iterations: batches of one test; None tests the whole data set; its last batch may be partial.

    Attributes:
        cursor: number of the next batch; with ``iterations`` it continues from test to test, as in Caffe.

    Raises:
        ConfigError: ``iterations`` is None and no data layer of the net knows the size of its data set.
    """

    def __init__(self, net: Net, iterations: int | None) -> None:
        self.net = net
        self.cursor = 0
        self.whole = iterations is None
        sources = [layer for layer in net.data_layers if isinstance(layer, DataLayer)]
        if iterations is None:
            sized = [layer for layer in sources if layer.epoch_size]
            if not sized:
                raise ConfigError(
                    f"test_iter is needed: net '{net.name}' has no data layer that knows the size of its set"
                )
            for layer in sized:
                layer.whole_pass = True
            self.source: DataLayer | None = max(sized, key=lambda layer: layer.batches_per_pass)
            self.iterations = self.source.batches_per_pass
        else:
            self.source = None
            self.iterations = iterations

    def run(self, step: Step, show: Callable[[int, list[Tensor]], None] | None = None) -> Scores:
        """Run one test; batches are weighted by their size, since the last one may be partial.

        Args:
            step: runs a batch, such as an engine's ``test_step``.
            show: called with each batch's number, from 0, and its outputs.
        """
        start = 0 if self.whole else self.cursor
        sums: list[Tensor] | None = None
        total = 0.0
        for batch in range(start, start + self.iterations):
            outputs = step(self.net, batch)
            if show is not None:
                show(batch - start, outputs)
            share = self._share(batch)
            total += share
            scaled = [o.float() * share if share != 1 else o.float() for o in outputs]
            sums = scaled if sums is None else [s + o for s, o in zip(sums, scaled, strict=True)]
        self.cursor = start + self.iterations
        return _scores(self.net, sums or [], total)

    def place(self) -> tuple[int, dict[str, Tensor]]:
        """The start of the next test: the number of its batch, and copies of the layers' buffers."""
        return self.cursor, {name: buffer.clone() for name, buffer in self.net.named_buffers()}

    def go_back(self, place: tuple[int, dict[str, Tensor]]) -> None:
        """Begin the next test at an earlier `place`."""
        self.cursor, carried = place
        with torch.inference_mode():
            for name, buffer in self.net.named_buffers():
                if buffer.shape == carried[name].shape:
                    buffer.copy_(carried[name])

    def _share(self, batch: int) -> float:
        """Size of a batch as a fraction of a full one."""
        if self.source is None or not self.source.epoch_size:
            return 1.0
        left = self.source.epoch_size - batch * self.source.batch_size
        return min(1.0, left / self.source.batch_size)


def make_tester(graph: Graph, iterations: int | None, trained: Net, seed: int) -> Tester:
    """Build the tester of a test net that shares a training net's params."""
    return Tester(Net(graph, seed=seed, share=trained).to(trained.device), iterations)


def _scores(net: Net, sums: list[Tensor], total: float) -> Scores:
    values = {name: [v / total for v in each] for name, each in output_values(net, sums).items()}
    return Scores(values, output_weights(net))
