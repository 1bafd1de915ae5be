"""Test a net over a number of batches, or over its whole data set."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError
from layerzoo.graph import Graph
from layerzoo.net import Net, release_folded
from layerzoo.solver.testing.pooled import Pooled, Scores

Step = Callable[[Net, int], list[Tensor]]


class Tester:
    """Tests one net.

    Args:
        net: a net in the TEST phase.
        iterations: batches of one test; None tests the whole data set; its last batch may be partial.
        ap_version: how average precisions are computed, one of
            `layerzoo.functional.average_precision.VERSIONS`.

    Attributes:
        cursor: number of the next batch; with ``iterations`` it continues from test to test, as in Caffe.

    Raises:
        ConfigError: ``iterations`` is None and no data layer of the net knows the size of its data set.
    """

    def __init__(self, net: Net, iterations: int | None, ap_version: str = "Integral") -> None:
        self.net = net
        self.ap_version = ap_version
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
        pooled, batches = Pooled(self.net, self.ap_version), self.batches()
        for batch in batches:
            outputs = step(self.net, batch)
            if show is not None:
                show(batch - batches.start, outputs)
            pooled.add(outputs, self.share(batch))
        self.end(batches)
        return pooled.scores()

    def batches(self) -> range:
        """The numbers of the batches of the next test."""
        start = 0 if self.whole else self.cursor
        return range(start, start + self.iterations)

    def end(self, batches: range) -> None:
        """A test of these batches has ended: the next one follows them."""
        self.cursor = batches.stop
        release_folded(self.net)

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

    def share(self, batch: int) -> float:
        """Size of a batch as a fraction of a full one."""
        if self.source is None or not self.source.epoch_size:
            return 1.0
        left = self.source.epoch_size - batch * self.source.batch_size
        return min(1.0, left / self.source.batch_size)


def make_tester(
    graph: Graph, iterations: int | None, trained: Net, seed: int, ap_version: str = "Integral"
) -> Tester:
    """Build the tester of a test net that shares a training net's params."""
    return Tester(
        Net(graph, seed=seed, share=trained).to(trained.device, trained.dtype), iterations, ap_version
    )
