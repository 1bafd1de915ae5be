"""Calls of observers by an engine, and their order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from layerzoo.engine import Engine, Layerwise, Observer
from tests.engine.small import GRADIENT, rule_of, small_net


class Notes(Observer):
    """Records each call, with the weight and its gradient."""

    def __init__(self, layers: bool) -> None:
        self.layers = layers
        self.weight = None
        self.calls: list[tuple[str, float, float]] = []

    def note(self, what: str) -> None:
        assert self.weight is not None
        self.calls.append((what, self.weight.item(), self.weight.grad.item()))

    def wants_layers(self, iteration: int) -> bool:
        return self.layers

    def begin(self, iteration: int) -> None:
        self.note(f"begin {iteration}")

    @contextmanager
    def watch(self, runner: Layerwise) -> Iterator[None]:
        self.note("watch")
        yield
        self.note("watched")

    def gradients_ready(self, iteration: int) -> None:
        self.note("gradients_ready")

    def before_update(self, iteration: int) -> None:
        self.note("before_update")

    def ended(self, iteration: int) -> None:
        self.note("ended")


def notes(layers: bool) -> list[tuple[str, float, float]]:
    net, observer = small_net(), Notes(layers)
    engine = Engine(net, rule_of(net), iter_size=2, observers=[observer, Observer()])
    (observer.weight,) = net.learnable
    engine.train_step(7, 0.25)
    return observer.calls


def test_observer_is_called_around_passes_and_update() -> None:
    grad = 2 * GRADIENT  # of both passes
    update = 0.25 * grad  # which the rule leaves in the gradient
    assert notes(layers=False) == [
        ("begin 7", 2, 0),
        ("gradients_ready", 2, grad),
        ("before_update", 2, grad),
        ("ended", 2 - update, update),
    ]


def test_observer_that_wants_layers_watches_each_pass() -> None:
    grad = 2 * GRADIENT
    update = 0.25 * grad
    assert notes(layers=True) == [
        ("begin 7", 2, 0),
        ("watch", 2, 0),
        ("watched", 2, GRADIENT),
        ("watch", 2, GRADIENT),
        ("watched", 2, grad),
        ("gradients_ready", 2, grad),
        ("before_update", 2, grad),
        ("ended", 2 - update, update),
    ]


def test_observer_does_nothing_by_default() -> None:
    observer = Observer()
    assert not observer.wants_layers(0)
    with observer.watch(Layerwise(small_net())):
        pass
