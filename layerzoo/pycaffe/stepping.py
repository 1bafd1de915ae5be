"""Step through a net layer by layer, forward and backward, and print values and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from layerzoo.engine.observers.debug_info import inner_layers
from layerzoo.host import Blob
from layerzoo.layer import Layer
from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.trace import statistics_of, summary


class Stepper:
    """Runs a net one layer at a time and reports each layer's results.

    Args:
        net: the net.
        say: called with each line of output.

    Attributes:
        at: index of the layer that `step` runs next.
    """

    def __init__(self, net: Net, say: Callable[[str], object] = print) -> None:
        self.net = net
        self.say = say
        self.at = 0

    def where(self) -> None:
        """Print the next layer and its bottoms."""
        if self.at >= len(self.net.layers):
            self.say("at the end; back() runs backward, reset() returns to the start")
            return
        spec = self.net.net.graph.layers[self.at]
        place = f"  {origin}" if (origin := spec.origin()) else ""
        self.say(f"next: {self.at} {spec.name} ({spec.param.type}){place}")
        for name in (self.net._blob_names[blob] for blob in self.net._bottom_ids(self.at)):
            self.say(f"    bottom {name} {summary(self.net.blobs[name].values)}")

    def step(self, count: int = 1) -> None:
        """Run the next ``count`` layers forward."""
        for _ in range(count):
            if self.at >= len(self.net.layers):
                self.where()
                return
            inside: list[str] = []
            with self._watching(self.at, inside):
                self.net._forward(self.at, self.at)
            self._report("forward", self.at, "values")
            for line in inside:
                self.say(line)
            self.at += 1

    @contextmanager
    def _watching(self, index: int, lines: list[str]) -> Iterator[None]:
        """Collect a line for each blob of the subnets that a layer runs: its path has the run's number."""

        def ran(layer: Any, _: object, made: Any) -> None:
            tops = zip(layer.param.top, made if isinstance(made, tuple) else (made,), strict=False)
            path = layer.clock.path(layer.name)
            lines.extend(f"    {path}: {top} {statistics_of(value.detach())}" for top, value in tops)

        layer = list(self.net.net.layers.values())[index]
        inside = (
            inner_layers([layer]) if isinstance(layer, Layer) else []
        )  # a program may put any module there
        hooks = [one.register_forward_hook(ran) for one in inside]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def until(self, layer: str) -> None:
        """Run forward up to and including this layer."""
        self.step(self._number(layer) + 1 - self.at)

    def back(self, count: int = 1) -> None:
        """Run the backward pass of the last ``count`` layers, in reverse order."""
        for _ in range(count):
            if self.at == 0:
                self.say("at the start")
                return
            self._warn_without_gradient(self.at - 1)
            self.net._backward(self.at - 1, self.at - 1)
            self.at -= 1
            self._report("backward", self.at, "gradients")

    def run(self) -> None:
        """Run forward to the end."""
        self.step(len(self.net.layers) - self.at)

    def reset(self) -> None:
        """Return to the start and set the params' gradients to 0; the blobs keep their values."""
        self.at = 0
        self.net.clear_param_diffs()
        self.where()

    def show(self, name: str) -> None:
        """Print values and gradients of a blob, or of a layer's params."""
        blobs: dict[str, Blob] = {}
        if name in self.net.blobs:
            blobs[name] = self.net.blobs[name]
        blobs |= {f"{name}[{i}]": blob for i, blob in enumerate(self.net.params.get(name, ()))}
        if not blobs:
            self.say(f"no blob '{name}' and no layer of that name with params")
        for label, blob in blobs.items():
            self.say(f"{label} {blob.axes}")
            self.say(f"    data {summary(blob.values)}")
            self.say(f"    diff {summary(blob.gradients)}")

    def _warn_without_gradient(self, layer: int) -> None:
        tops = [self.net._blob_names[blob] for blob in self.net._top_ids(layer)]
        if tops and not any(self.net.blobs[top].gradients.there for top in tops):
            self.say(f"no gradient has reached it; to set one: net.blobs['{tops[0]}'].diff[...] = 1")

    def _number(self, layer: str) -> int:
        names = list(self.net._layer_names)
        if layer not in names:
            raise ValueError(f"no layer '{layer}'; expected one of {', '.join(names)}")
        return names.index(layer)

    def _report(self, direction: str, index: int, half: str) -> None:
        name = self.net._layer_names[index]
        self.say(f"{index} {name} ({self.net.net.graph.layers[index].param.type}) {direction}")
        results = self.net._top_ids if half == "values" else self.net._bottom_ids
        for blob in (self.net._blob_names[number] for number in results(index)):
            self.say(f"    {blob} {summary(getattr(self.net.blobs[blob], half))}")
        if half == "gradients":
            for number, param in enumerate(self.net.layers[index].blobs):
                self.say(f"    {name}[{number}] {summary(param.gradients)}")


def fill_inputs(net: Net, seed: int = 0) -> None:
    """Fill a net's inputs with random values from a normal distribution."""
    generator = torch.Generator().manual_seed(seed)
    for name in net.inputs:
        blob = net.blobs[name]
        blob.data[...] = torch.randn(blob.axes, generator=generator).numpy()
