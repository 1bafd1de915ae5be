"""Iterations recorded by a GPU train as those that it is given one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from layerzoo.engine import Engine
from layerzoo.engine.capture.launches import Launches
from layerzoo.engine.capture.recorder import Action, CUDARecorder
from layerzoo.loader import load_net
from layerzoo.net import Feed, Net
from tests.engine.capture.test_launches import RATES, engine, lenet, state
from tests.engine.capture.test_shipped import BY_REGIONS, DETECTING, engine_of
from tests.gpu import full_precision, on_a_gpu
from tests.net.test_fullgraph import made, params
from tests.shipped import FOLDER, small


class Counting(CUDARecorder):
    """Counts what it records and replays."""

    def __init__(self) -> None:
        super().__init__(torch.device("cuda", 0))
        self.recorded = self.replayed = 0

    def record(self, action: Action) -> Action:
        replay = super().record(action)
        self.recorded += 1

        def counted() -> None:
            self.replayed += 1
            replay()

        return counted


@on_a_gpu
@pytest.mark.parametrize("iter_size", [1, 2])
@pytest.mark.parametrize("together", [1, 4])
def test_recorded_iterations_train_the_same(iter_size: int, together: int) -> None:
    plain, replayed, recorder = engine(iter_size, device="cuda"), engine(iter_size, device="cuda"), Counting()
    replayed.launches = Launches(replayed, recorder, window=5, together=together)
    losses: list[float] = []
    with full_precision():
        for first in (0, 1, 2, *range(3, 15, 4)):
            count = 1 if first < 3 else 4
            losses += [float(loss) for loss in replayed.train_steps(first, RATES[first : first + count])]
        expected = [float(plain.train_step(i, rate)) for i, rate in enumerate(RATES)]
    assert (recorder.recorded, recorder.replayed) == (1, 12 // together)
    assert losses == pytest.approx(expected, rel=1e-4)
    assert len(set(losses)) == 15, "each iteration has its own batch and dropout"
    for one, other in zip(state(replayed), state(plain), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)


@on_a_gpu
def test_lenet_trains_the_same_as_eagerly_on_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = (
        'base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005 lr_policy: "inv" gamma: 0.0001 power: 0.75 '
        "max_iter: 30 display: 10 average_loss: 4 engine_param { engine: %s }"
    )
    recorder, losses = Counting(), []
    runs = [
        lenet(tmp_path / name, settings % name, monkeypatch, recorder, "cuda") for name in ("GRAPH", "EAGER")
    ]
    for each in runs:
        each.engine.renew_gradients()
        each.finish()
        losses.append([float(loss) for loss in each.run.train.losses])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    for ours, theirs in zip(*(state(each.engine) for each in runs), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-5)
    assert recorder.recorded == 2, "single iterations, and several"
    assert recorder.replayed >= 2


def losses_of(made: Engine, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The losses of six iterations on one batch; params hardly move, so that rounding doesn't grow."""
    net = made.net

    def fetch(number: int | None = None) -> Feed:
        net.clock.batch = number or 0
        return Feed(feed.blobs, number, None if net.passes is None else net.clock.on(torch.device("cuda", 0)))

    monkeypatch.setattr(net, "fetch", fetch)
    with full_precision():
        return [float(made.train_step(i, 1e-8)) for i in range(6)]


def assert_same(made: Callable[[], Net], feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record a net's iterations; compare them with those of two nets that aren't recorded.

    Some backward passes add in an order that differs from run to run: the two say by how much.
    """
    recorded, plain, again = (engine_of(made(), feed, monkeypatch) for _ in range(3))
    recorder = Counting()
    recorded.launches = Launches(recorded, recorder, window=1, together=1)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    losses = losses_of(recorded, feed, monkeypatch)
    assert (recorder.recorded, recorder.replayed) == (1, 3)
    assert losses == pytest.approx(losses_of(plain, feed, monkeypatch), rel=1e-3, abs=1e-5)
    losses_of(again, feed, monkeypatch)
    ours, theirs, other = (
        torch.cat([h.flatten() for h in each.rule.history]) for each in (recorded, plain, again)
    )
    noise = float((other - theirs).norm())
    assert float((ours - theirs).norm()) <= 3 * noise + 1e-2 * float(theirs.norm())


@on_a_gpu
@pytest.mark.parametrize("name", params(slow=()))
def test_shipped_config_is_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same(lambda: made(name, "cuda")[0], made(name, "cuda")[1], monkeypatch)


@on_a_gpu
@pytest.mark.parametrize("name", [name for name in DETECTING if not name.startswith(BY_REGIONS)])
def test_detector_is_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def net() -> Net:
        return Net(load_net(FOLDER / name, small(name)), phase="TRAIN", seed=3, device="cuda")

    assert_same(net, net().fetch(0), monkeypatch)
