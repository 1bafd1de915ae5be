"""Iterations that are replayed train as others do."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from torch import Tensor

from layerzoo.engine import Engine
from layerzoo.engine.capture.launches import Launches
from layerzoo.engine.capture.obstacles import TOGETHER
from layerzoo.engine.capture.recorder import Recorder
from layerzoo.engine.observers.guard import Guard, carried_tensors
from layerzoo.errors import NonFiniteError
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Feed, Net
from layerzoo.optimizer import make_rule
from layerzoo.schema import NonFiniteParameter, SolverParameter
from layerzoo.solver import Solver
from layerzoo.solver.make_engine import update_params
from tests.engine.capture.tape import TapeRecorder
from tests.shipped import FOLDER

TEXT = """
layer { name: "data" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 dim: 6 dim: 6 } shape { dim: 4 } data_filler { type: "gaussian" }
  data_filler { type: "uniform" max: 4 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 5 kernel_size: 3
  weight_filler { type: "msra" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "d" type: "Dropout" bottom: "c" top: "c" }
layer { name: "i" type: "InnerProduct" bottom: "c" top: "i"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "t" top: "l" }
layer { name: "a" type: "Accuracy" bottom: "i" bottom: "t" top: "a" }
"""


def engine(
    iter_size: int = 1, text: str = TEXT, new: bool = True, device: str = "cpu", **fields: Any
) -> Engine:
    """An engine; with ``new`` its gradients have new memory in each iteration, as in `layerzoo train`."""
    net = Net(parse_net(text), phase="TRAIN", seed=2, device=device)
    solver = SolverParameter(type="SGD", momentum=0.9, weight_decay=0.01, iter_size=iter_size, **fields)
    made = Engine(net, make_rule(solver, update_params(net), 2), iter_size)
    if new:
        made.renew_gradients()
    return made


def state(made: Engine) -> list[Tensor]:
    return [*(p.detach() for p in made.net.learnable), *made.rule.history, *carried_tensors(made.net)]


RATES = [0.1, 0.05, 0.2, 0.1, 0.02, 0.0, 0.3, 0.1, 0.05, 0.05, 0.1, 0.2, 0.1, 0.02, 0.1]


@pytest.mark.parametrize("iter_size", [1, 2])
@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("new", [True, False])
def test_replayed_iterations_train_the_same(iter_size: int, together: int, new: bool) -> None:
    plain, replayed, recorder = engine(iter_size, new=new), engine(iter_size, new=new), TapeRecorder()
    launches = Launches(replayed, recorder, window=5, together=together)
    replayed.launches = launches
    losses: list[float] = []
    for first in (0, 1, 2, *range(3, 15, 4)):
        count = 1 if first < 3 else 4
        found = replayed.train_steps(first, RATES[first : first + count])
        losses += [float(loss) for loss in found]
    expected = [float(plain.train_step(i, rate)) for i, rate in enumerate(RATES)]
    assert losses == pytest.approx(expected, rel=1e-4)
    assert len(set(losses)) == 15, "each iteration has its own batch and dropout"
    for one, other in zip(state(replayed), state(plain), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(replayed.outputs, plain.outputs, strict=True):
        assert torch.allclose(one, other, rtol=1e-4)
    assert recorder.warmed == 3, "warm-up iterations are training iterations"
    assert (recorder.recorded, recorder.replayed) == (1, 12 // together)
    assert torch.equal(replayed.net.blobs["l"], replayed.outputs[-1])


def test_replays_give_the_bits_of_warm_up_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed run makes its warm-up iterations where the uninterrupted one replays."""
    states = []
    for warm_ups in (3, 9):
        monkeypatch.setattr("layerzoo.engine.capture.launches._WARM_UPS", warm_ups)
        made = engine()
        made.launches = Launches(made, TapeRecorder(), together=1)
        for i, rate in enumerate(RATES):
            made.train_step(i, rate)
        states.append(state(made))
    assert all(map(torch.equal, *states))


def test_losses_and_outputs_stay_at_their_addresses() -> None:
    made = engine()
    made.launches = Launches(made, TapeRecorder(), window=4, together=1)
    seen: list[tuple[int, ...]] = []
    for i in range(12):
        loss = made.train_step(i, 0.1)
        outputs = [*made.outputs, *(p.detach() for p in made.net.learnable), *made.rule.history]
        seen.append((loss.data_ptr(), *(tensor.data_ptr() for tensor in outputs)))
    assert seen[4:8] == seen[8:12]
    assert len({addresses[0] for addresses in seen}) == 4
    assert len({addresses[1:] for addresses in seen}) == 1


def test_last_losses_can_be_averaged() -> None:
    made, plain = engine(), engine()
    made.launches = Launches(made, TapeRecorder(), window=3, together=1)
    kept = [made.train_step(i, 0.1) for i in range(9)][-3:]
    expected = [plain.train_step(i, 0.1) for i in range(9)][-3:]
    assert torch.allclose(torch.stack(kept), torch.stack(expected), rtol=1e-4)


def test_batch_of_another_shape_runs_beside_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, made, recorder = engine(), engine(), TapeRecorder()
    for each in (plain, made):
        fetch = each.net.fetch

        def shorter(batch: int | None = None, fetch: Any = fetch) -> Any:
            feed = fetch(batch)
            return (
                feed if batch != 5 else type(feed)({i: b[:3] for i, b in feed.blobs.items()}, 5, feed.number)
            )

        monkeypatch.setattr(each.net, "fetch", shorter)
    made.launches = Launches(made, recorder, together=1)
    for i in range(8):
        one, other = made.train_step(i, 0.1), plain.train_step(i, 0.1)
        assert torch.allclose(one, other, rtol=1e-4)
    assert (recorder.warmed, recorder.replayed, recorder.recorded) == (4, 4, 1)
    for one, other in zip(state(made), state(plain), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_hooks_are_recorded_anew() -> None:
    made, recorder = engine(), TapeRecorder()
    made.launches = Launches(made, recorder, together=1)
    for i in range(5):
        made.train_step(i, 0.1)
    handle = made.net.layer("i").register_forward_hook(lambda *_: torch.zeros(4, 4, requires_grad=True))
    made.net.outputs_only = made.net.outputs_only.with_steps(made.net.outputs_only.steps)
    assert float(made.train_step(5, 0.1)) == pytest.approx(1.3862944)  # log of 4 classes
    handle.remove()
    assert recorder.recorded == 2


def test_recording_that_fails_is_explained_once(caplog: pytest.LogCaptureFixture) -> None:
    class Fails(TapeRecorder):
        def record(self, action: Any) -> Any:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")

    made, plain = engine(), engine()
    made.launches = Launches(made, Fails(), together=1)
    for i in range(6):
        assert torch.allclose(made.train_step(i, 0.1), plain.train_step(i, 0.1), rtol=1e-4)
    assert made.launches is None
    warned = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == [
        "engine: GRAPH: torch could not record the net: operation not permitted when stream is capturing; "
        "the net runs layer by layer"
    ]


def test_rate_that_follows_the_loss_runs_eagerly(caplog: pytest.LogCaptureFixture) -> None:
    made = engine()
    made.launches = Launches(made, TapeRecorder())
    made.train_step(0, lambda loss: 0.1)
    assert made.launches is None
    assert "engine: GRAPH: lr_policy follows the loss; the net runs layer by layer" in caplog.text


def test_guard_finds_what_is_not_finite_at_its_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss that is NaN in iteration 6 is found before iteration 8, the next that ends an interval of 4."""
    made = engine()
    found: list[int] = []
    looked: list[int] = []

    def ends(iteration: int) -> NoReturn:
        found.append(iteration)
        raise NonFiniteError("stop")

    made.guard = Guard(made.net, NonFiniteParameter(), None, ends, 4, deferred=True)
    made.guard.looked = looked.append
    fetch = made.net.fetch

    def damaged(batch: int | None = None) -> Feed:
        feed = fetch(batch)
        return feed if batch != 6 else feed | {0: torch.full_like(feed.blobs[0], torch.nan)}

    monkeypatch.setattr(made.net, "fetch", damaged)
    made.launches = Launches(made, TapeRecorder(), together=1)
    for i in range(8):
        made.train_step(i, 0.1)
    with pytest.raises(NonFiniteError):
        made.train_step(8, 0.1)
    assert (looked, found) == ([0, 4], [8])


def lenet(
    folder: Path,
    more: str,
    monkeypatch: pytest.MonkeyPatch,
    recorder: Recorder | None,
    device: str = "cpu",
) -> Solver:
    from google.protobuf import text_format

    monkeypatch.setattr("layerzoo.solver.execution.recorder_of", lambda device: recorder)
    net = load_net(FOLDER / "lenet_train_test.yaml").message
    for layer in list(net.layer):
        if layer.name == "digits":
            net.layer.remove(layer)
    data = parse_net("""
layer { name: "digits" type: "DummyData" top: "data" top: "label" dummy_data_param {
  shape { dim: 8 dim: 1 dim: 28 dim: 28 } shape { dim: 8 } data_filler { type: "gaussian" }
  data_filler { type: "uniform" max: 10 } } }""").message.layer[0]
    net.layer.insert(0, data)
    param = SolverParameter(net_param=net, snapshot_prefix=str(folder / "run"), random_seed=3)
    param.non_finite_param.action = NonFiniteParameter.IGNORE
    text_format.Parse(more, param)
    return Solver(param, device=device)


def test_lenet_trains_the_same_as_eagerly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own solver: momentum, weight decay, and the rate of policy inv; displays every ten iterations."""
    settings = (
        'base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005 lr_policy: "inv" gamma: 0.0001 power: 0.75 '
        "max_iter: 30 display: 10 average_loss: 4 engine_param { engine: %s }"
    )
    recorder = TapeRecorder()
    one = lenet(tmp_path / "a", settings % "GRAPH", monkeypatch, recorder)
    other = lenet(tmp_path / "b", settings % "EAGER", monkeypatch, None)
    losses = []
    for each in (one, other):
        each.engine.renew_gradients()
        each.finish()
        losses.append([float(loss) for loss in each.run.train.losses])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    for ours, theirs in zip(state(one.engine), state(other.engine), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-5)
    assert recorder.recorded == 2, "single iterations, and several"
    assert recorder.warmed + recorder.replayed < 30 - TOGETHER
