"""Every field of SolverParameter acts, or is refused with a reason: none is read and forgotten."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import h5py
import pytest
import torch

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_solver
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver import Solver
from layerzoo.weights import read

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 360 shuffle: false } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 100 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 12 weight_filler { type: "xavier" } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "own" type: "Scale" bottom: "b" top: "b" include { stage: "scaled" }
        scale_param { filler { value: 2 } } }
layer { name: "acc" type: "Accuracy" bottom: "b" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""
STEPS = 4
BASE = 'random_seed: 1 solver_mode: CPU snapshot_prefix: "r" '
SGD = 'base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" '
STEP = 'base_lr: 0.1 lr_policy: "step" gamma: 0.5 stepsize: 1 '
LBFGS = 'base_lr: 1 lr_policy: "fixed" type: "LBFGS" '
NOISE = "gradient_noise_param { eta: 0.01 }"

CHANGES = {
    "base_lr": ('base_lr: 0.1 lr_policy: "fixed"', 'base_lr: 0.2 lr_policy: "fixed"'),
    "clip_gradients": (SGD, SGD + "clip_gradients: 0.1"),
    "cosine_param": (
        'base_lr: 0.1 lr_policy: "cosine" max_iter: 100',
        'base_lr: 0.1 lr_policy: "cosine" cosine_param { period: 3 }',
    ),
    "decoupled_weight_decay": (
        SGD + "weight_decay: 0.1",
        SGD + "weight_decay: 0.1 decoupled_weight_decay: true",
    ),
    "delta": (
        'base_lr: 0.1 lr_policy: "fixed" type: "AdaGrad"',
        'base_lr: 0.1 lr_policy: "fixed" type: "AdaGrad" delta: 1',
    ),
    "freeze": (SGD, SGD + 'freeze: "a"'),
    "gamma": (STEP, STEP.replace("0.5", "0.9")),
    "gradient_noise_param": (SGD, SGD + NOISE),
    "iter_size": (
        SGD + f"net_param {{ {NET.replace('360', '50')} }}",
        SGD + f"iter_size: 2 net_param {{ {NET.replace('360', '50')} }}",
    ),
    "lars_param": (SGD + 'type: "LARS"', SGD + 'type: "LARS" lars_param { trust_coefficient: 0.1 }'),
    "lbfgs_param": (LBFGS, LBFGS + "lbfgs_param { memory: 1 }"),
    "line_search_param": (LBFGS, LBFGS + "line_search_param { method: BACKTRACKING }"),
    "lr_policy": (STEP, STEP.replace('"step"', '"fixed"')),
    "momentum": (SGD, SGD.replace("0.9", "0.5")),
    "momentum2": (SGD + 'type: "Adam"', SGD + 'type: "Adam" momentum2: 0.5'),
    "nonlinear_cg_param": (
        LBFGS.replace("LBFGS", "NonlinearCG"),
        LBFGS.replace("LBFGS", "NonlinearCG") + "nonlinear_cg_param { restart: 1 }",
    ),
    "one_cycle_param": (
        'base_lr: 0.1 lr_policy: "one_cycle" max_iter: 9',
        'base_lr: 0.1 lr_policy: "one_cycle" max_iter: 9 one_cycle_param { rise: 0.9 }',
    ),
    "power": (
        'base_lr: 0.1 lr_policy: "inv" gamma: 1 power: 1',
        'base_lr: 0.1 lr_policy: "inv" gamma: 1 power: 2',
    ),
    "precision": (SGD, SGD + "precision: BF16"),
    "layer_precision": (SGD, SGD + 'layer_precision { layer: "a" precision: BF16 }'),
    "random_seed": (SGD + NOISE, SGD + NOISE + "#"),
    "regularization_type": (SGD + "weight_decay: 0.1", SGD + 'weight_decay: 0.1 regularization_type: "L1"'),
    "rms_decay": (
        'base_lr: 0.1 lr_policy: "fixed" type: "RMSProp"',
        'base_lr: 0.1 lr_policy: "fixed" type: "RMSProp" rms_decay: 0.5',
    ),
    "solver_type": (SGD, SGD + "solver_type: ADAM"),
    "stepsize": (STEP, STEP.replace("stepsize: 1", "stepsize: 2")),
    "stepvalue": (
        'base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 1',
        'base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 1 stepvalue: 2',
    ),
    "train_state": (SGD, SGD + 'train_state { stage: "scaled" }'),
    "type": (SGD, SGD + 'type: "Nesterov"'),
    "warmup_param": (SGD, SGD + "warmup_param { iterations: 3 }"),
    "weight_decay": (SGD, SGD + "weight_decay: 0.1"),
}
"""By field: two solvers that differ in it, and end with different params."""

ELSEWHERE = {"debug_info", "loss_scale_param", "non_finite_param", "publish", "tensorboard_param", "watch"}
"""Fields whose behaviour is tested where it is made."""

NO_EFFECT = {"layer_wise_reduce": "how several GPUs exchange gradients changes no number"}
"""Fields that are accepted and change nothing, and why that is right."""


def solver(text: str = SGD, net: str = NET) -> Solver:
    own_net = "" if re.search(r"\bnet_param|\bnet:|train_net", text) else f"net_param {{ {net} }}"
    base = BASE.replace("random_seed: 1", "random_seed: 2") if text.endswith("#") else BASE
    return Solver(parse_solver(f"{base} {text.rstrip('#')} {own_net}", format="prototxt"))


def trained(text: str, net: str = NET) -> torch.Tensor:
    s = solver(text, net)
    s.step(STEPS)
    return torch.cat([p.detach().flatten() for p in s.net.learnable])


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_field_is_forgotten() -> None:
    fields = {field.name for field in SolverParameter.DESCRIPTOR.fields}
    here = {name.removeprefix("test_field_") for name in globals() if name.startswith("test_field_")}
    told = [*CHANGES, *here, *ELSEWHERE, *NO_EFFECT]
    assert sorted(told) == sorted(fields)


@pytest.mark.parametrize("field", sorted(ELSEWHERE))
def test_what_is_tested_elsewhere(field: str) -> None:
    others = (file for file in Path(__file__).parent.parent.rglob("test_*.py") if file != Path(__file__))
    assert any(re.search(rf"\b{field}\b", file.read_text()) for file in others)


@pytest.mark.parametrize("field", CHANGES)
def test_it_changes_what_is_learned(field: str) -> None:
    one, other = (trained(text) for text in CHANGES[field])
    assert one.isfinite().all()
    assert not torch.equal(one, other)


@pytest.mark.parametrize("field", NO_EFFECT)
def test_it_changes_nothing(field: str) -> None:
    assert torch.equal(trained(SGD), trained(f"{SGD} {field}: false"))


def lines(caplog: pytest.LogCaptureFixture, s: Solver, steps: int = 0) -> list[str]:
    """What the log says of some iterations, or of a whole run."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "layerzoo"):
        if steps:
            s.step(steps)
        else:
            s.solve()
    return caplog.messages


def when_tested(said: list[str]) -> list[int]:
    found = (re.match(r"Iteration (\d+), Testing net \(#0\)", line) for line in said)
    return [int(match[1]) for match in found if match]


def test_field_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    assert torch.equal(trained(SGD + 'net: "n.prototxt"'), trained(SGD))


def test_field_net_param() -> None:
    message = SolverParameter(base_lr=0.1, lr_policy="fixed", random_seed=1)
    message.net_param.CopyFrom(parse_solver(f"net_param {{ {NET} }}").message.net_param)
    s = Solver(message, device="cpu")
    s.step(STEPS)
    assert torch.equal(s.net.learnable[0], solver_after('base_lr: 0.1 lr_policy: "fixed"').net.learnable[0])


def solver_after(text: str) -> Solver:
    s = solver(text)
    s.step(STEPS)
    return s


def test_field_train_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    s = solver(SGD + 'train_net: "n.prototxt" test_net: "n.prototxt" test_iter: 1 test_interval: 1')
    assert "acc" not in s.net.graph.last
    with pytest.raises(ConfigError, match="2 nets to train"):
        solver(SGD + f'net_param {{ {NET} }} train_net: "n.prototxt"')


def test_field_test_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    tests = 'test_net: "n.prototxt" test_iter: 1 test_iter: 2 test_interval: 1'
    s = solver(f"{SGD} net_param {{ {NET} }} {tests}")
    assert [tester.iterations for tester in s.tests.testers] == [1, 2]


def test_field_train_net_param() -> None:
    assert torch.equal(trained(SGD + f"train_net_param {{ {NET} }}"), trained(SGD))


def test_field_test_net_param() -> None:
    tested = NET.replace('name: "acc"', 'name: "other"').replace('top: "acc"', 'top: "other"')
    s = solver(SGD + f"train_net_param {{ {NET} }} test_net_param {{ {tested} }} test_interval: 1")
    assert s.test()[0].values.keys() == {"other", "l"}


def test_field_test_state() -> None:
    tests = "test_iter: 1 test_iter: 1 test_interval: 1"
    s = solver(f'{SGD} {tests} test_state {{}} test_state {{ stage: "scaled" }}')
    assert ["own" in net.params for net in s.test_nets] == [False, True]
    with pytest.raises(ConfigError, match="1 test_state for 2 test nets"):
        solver(f"{SGD} {tests} test_state {{}}")


def test_field_test_iter() -> None:
    s = solver(SGD + "test_iter: 2 test_interval: 1")
    s.test()
    assert (s.tests.testers[0].cursor, s.tests.testers[0].iterations) == (2, 2)


def test_field_test_interval(caplog: pytest.LogCaptureFixture) -> None:
    assert when_tested(lines(caplog, solver(SGD + "test_interval: 3"), 7)) == [0, 3, 6]
    assert when_tested(lines(caplog, solver(SGD), 7)) == []
    with pytest.raises(ConfigError, match="test_iter is given, but test_interval is not given"):
        solver(SGD + "test_iter: 1")


def test_field_test_initialization(caplog: pytest.LogCaptureFixture) -> None:
    assert when_tested(lines(caplog, solver(SGD + "test_interval: 3 test_initialization: false"), 7)) == [
        3,
        6,
    ]


def test_field_test_compute_loss(caplog: pytest.LogCaptureFixture) -> None:
    said = lines(caplog, solver(SGD + "test_interval: 1 test_compute_loss: true"), 1)
    loss = next(line for line in said if line.startswith("Test loss: ")).removeprefix("Test loss: ")
    assert f"    Test net output #1: l = {loss} (* 1 = {loss} loss)" in said
    assert not [line for line in lines(caplog, solver(SGD + "test_interval: 1"), 1) if "Test loss" in line]


def test_field_display(caplog: pytest.LogCaptureFixture) -> None:
    said = lines(caplog, solver(SGD + "display: 3"), 7)
    assert [line for line in said if line.endswith(", lr = 0.1")] == [
        f"Iteration {at}, lr = 0.1" for at in (0, 3, 6)
    ]
    assert not lines(caplog, solver(SGD), 7)


def test_field_average_loss() -> None:
    s = solver(SGD + "average_loss: 2")
    seen = []
    for _ in range(3):
        s.step(1)
        seen.append(float(s.run.train.losses[-1]))
    assert s.loss == pytest.approx(sum(seen[-2:]) / 2)


def test_field_max_iter() -> None:
    s = solver(SGD + "max_iter: 3")
    s.solve()
    assert s.iteration == 3
    with pytest.raises(ConfigError, match="max_iter is not given"):
        solver(SGD).solve()


def test_field_snapshot() -> None:
    solver(SGD + "max_iter: 7 snapshot: 3").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [3, 6, 7]


def test_field_snapshot_prefix(in_folder: Path) -> None:
    there = 'snapshot_prefix: "there/it" solver_mode: CPU max_iter: 1'
    Solver(parse_solver(f"{SGD} {there} net_param {{ {NET} }}")).solve()
    assert (in_folder / "there/it.run/iter_1").is_dir()


def test_field_snapshot_format(in_folder: Path) -> None:
    for form, suffix in (("BINARYPROTO", ""), ("HDF5", ".h5")):
        solver(f"{SGD} max_iter: 1 snapshot_format: {form}").solve()
        assert (in_folder / f"r_iter_1.caffemodel{suffix}").is_file()
        assert (in_folder / f"r_iter_1.solverstate{suffix}").is_file()
    solver(SGD + "max_iter: 2").solve()
    assert not (in_folder / "r_iter_2.caffemodel").exists(), "Caffe's form only where it is asked for"


def test_field_snapshot_diff(in_folder: Path) -> None:
    for form in ("BINARYPROTO", "HDF5"):
        s = solver(f"{SGD} max_iter: 2 snapshot_format: {form} snapshot_diff: true")
        s.solve()
    gradient = s.net.params["a"][0].grad
    assert gradient is not None
    stored = NetParameter.FromString((in_folder / "r_iter_2.caffemodel").read_bytes())
    blob = next(layer for layer in stored.layer if layer.name == "a").blobs[0]
    assert torch.tensor(list(blob.diff)).reshape(gradient.shape).equal(gradient)
    with h5py.File(in_folder / "r_iter_2.caffemodel.h5") as file:
        assert torch.from_numpy(file["diff/a/0"][()]).equal(gradient)
    solver(f"{SGD} max_iter: 1 snapshot_format: BINARYPROTO").solve()
    stored = NetParameter.FromString((in_folder / "r_iter_1.caffemodel").read_bytes())
    assert not any(blob.diff for layer in stored.layer for blob in layer.blobs)


def test_field_snapshot_after_train() -> None:
    solver(SGD + "max_iter: 3 snapshot: 2 snapshot_after_train: false").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [2]


def test_field_solver_mode(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    document = parse_solver(f"{SGD} net_param {{ {NET} }} random_seed: 1")
    assert Solver(document).device.type == "cpu"
    assert "solver_mode is GPU but torch sees no GPU 0: running on the CPU" in caplog.text
    caplog.clear()
    assert solver(SGD).device.type == "cpu"
    assert not caplog.text


def test_field_device_id(monkeypatch: pytest.MonkeyPatch) -> None:
    from layerzoo.solver.config.device import choose_device

    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert choose_device(SolverParameter(device_id=1)) == torch.device("cuda", 1)
    assert choose_device(SolverParameter(device_id=2)) == torch.device("cpu")


def test_field_weights(in_folder: Path) -> None:
    first = solver_after(SGD)
    first.net.save_weights("first.caffemodel")
    second = solver_after(SGD + "weight_decay: 1")
    second.net.save_weights("second.caffemodel")
    (in_folder / "both").write_text("")
    for text in ('weights: "first.caffemodel" weights: "second.caffemodel"',
                 'weights: "first.caffemodel, second.caffemodel"'):  # fmt: skip
        assert torch.equal(solver(SGD + text).net.learnable[0], second.net.learnable[0]), "the last one wins"
    document = parse_solver(f'{BASE} {SGD} weights: "first.caffemodel" net_param {{ {NET} }}')
    other = Solver(document, weights=["second.caffemodel"])
    assert torch.equal(other.net.learnable[0], second.net.learnable[0])
    assert read(Path("first.caffemodel")) is not None


def test_weights_reach_what_only_a_test_net_has() -> None:
    scaled = solver(SGD + 'train_state { stage: "scaled" }')
    scaled.step(STEPS)
    scaled.net.save_weights("w.caffemodel")
    tested = 'test_iter: 1 test_interval: 1 test_state { stage: "scaled" } weights: "w.caffemodel"'
    own = solver(SGD + tested).test_nets[0].params["own"][0]
    assert torch.equal(own, scaled.net.params["own"][0])


def test_field_ema_param() -> None:
    """The mean by hand; tests and what is published use it, training doesn't."""
    s = solver(SGD + "test_interval: 100 test_initialization: false ema_param { decay: 0.5 ramp: false }")
    mean = s.net.learnable[0].detach().clone()
    for _ in range(3):
        s.step(1)
        mean = 0.5 * mean + 0.5 * s.net.learnable[0].detach()
    assert s.run.average is not None
    torch.testing.assert_close(s.run.average.means[0], mean)
    assert torch.equal(s.net.learnable[0], trained_for(3)), "training is the same"
    scores = s.test()[0].loss
    with s.run.average.in_place():
        by_hand = solver_with(s).test()[0].loss
    assert scores == pytest.approx(by_hand, rel=1e-6)
    assert scores != pytest.approx(solver_with(s).test()[0].loss, rel=1e-6)
    path = s.snapshot()
    assert path is not None
    assert read_snapshot(path).publish_means
    assert (path / "means.safetensors").is_file()


def trained_for(steps: int) -> torch.Tensor:
    s = solver(SGD)
    s.step(steps)
    return s.net.learnable[0]


def solver_with(other: Solver) -> Solver:
    """A solver without averaging that has another's params."""
    s = solver(SGD + "test_interval: 100")
    with torch.no_grad():
        for own, theirs in zip(s.net.learnable, other.net.learnable, strict=True):
            own.copy_(theirs)
    return s


def test_field_plateau_param() -> None:
    text = 'base_lr: 0.1 lr_policy: "plateau" gamma: 0.5 test_interval: 1'
    s = solver(text + " plateau_param { patience: 1 threshold: 9 }")
    s.step(4)
    assert s.lr == pytest.approx(0.1 * 0.5**3), "three tests after the first, none ten times as good"
    s = solver(text + " plateau_param { patience: 2 threshold: 9 }")
    s.step(4)
    assert s.lr == pytest.approx(0.1 * 0.5)


@pytest.mark.parametrize(
    ("text", "output", "higher"),
    [
        ("", "acc", True),
        ('score_param { output: "l" }', "l", False),
        ('score_param { output: "l" better: HIGHER }', "l", True),
        ("score_param { better: LOWER }", "acc", False),
    ],
)
def test_field_score_param(text: str, output: str, higher: bool) -> None:
    s = solver(f"{SGD} test_interval: 2 {text}")
    assert s.scoring.score is not None
    assert (s.scoring.score.output, s.scoring.score.higher_is_better) == (output, higher)
    noted = []
    for _ in range(3):
        s.step(2)
        noted.append(s.scores[0].values[output][0])  # type: ignore[union-attr]
    assert s.scoring.score.best == (max(noted) if higher else min(noted))
    assert s.scoring.score.last == noted[-1]
    assert s.scoring.score.best_iteration in (0, 2, 4)


def test_field_keep_param() -> None:
    solver(SGD + "max_iter: 6 snapshot: 1 keep_param { last: 1 every: 4 best: 0 }").solve()
    assert [at for at, _ in list_snapshots("r.run")] == [4, 6]


def test_field_early_stopping_param(caplog: pytest.LogCaptureFixture) -> None:
    text = "max_iter: 100 test_interval: 2 early_stopping_param { patience: 3 min_delta: 1 min_iter: 8 }"
    s = solver(SGD + text)
    said = lines(caplog, s)
    assert s.iteration == 8, "three tests without gain at 6 already, but not before 8"
    why = next(line for line in said if line.endswith("Training ends."))
    assert re.fullmatch(r"Iteration 8: acc was not better than 0\.\d+ by more than 1 in 4 tests\. .*", why)
    assert said[-1] == "Optimization Done."
    assert (s.run.train.done, s.run.train.stopping) == (True, False)
    assert when_tested(said) == [0, 2, 4, 6, 8]


def test_field_max_epoch() -> None:
    s = solver(SGD + "max_epoch: 2.5", NET.replace("360", "100"))
    s.solve()
    assert s.iteration == 9, "2.5 passes of 360 are 9 batches of 100"
    assert solver(SGD + "max_epoch: 2.5 max_iter: 4", NET.replace("360", "100")).param.max_iter == 4
    assert solver(SGD + "max_epoch: 2 iter_size: 2", NET.replace("360", "90")).param.max_iter == 4
    assert solver('base_lr: 1 lr_policy: "poly" power: 1 max_epoch: 5').run.lr(4) == pytest.approx(0.2)


def test_field_test_epoch(caplog: pytest.LogCaptureFixture) -> None:
    s = solver(SGD + "test_epoch: 0.5 test_interval: 100", NET.replace("360", "90"))
    assert when_tested(lines(caplog, s, 5)) == [0, 2, 4]


def test_field_max_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    now = iter(range(1000))
    monkeypatch.setattr("layerzoo.solver.loop.time.monotonic", lambda: next(now))
    s = solver(SGD + "max_iter: 100 max_time: 5 snapshot_after_train: false test_interval: 50")
    said = lines(caplog, s)
    assert s.iteration == 5
    assert any("5 seconds are over. Training ends." in line for line in said)
    assert [at for at, _ in list_snapshots("r.run")] == [5]
    assert when_tested(said) == [0, 5], "and what it came to is tested"


def test_a_line_search_at_its_end_ends_training(caplog: pytest.LogCaptureFixture) -> None:
    net = NET.replace("size: 4 ", "size: 2 ").replace('type: "ReLU"', 'type: "TanH"')
    s = solver(LBFGS + "max_iter: 3000 weight_decay: 0.1", net)
    said = lines(caplog, s)
    assert 1 < s.iteration < 3000
    assert any("the params are at a minimum. Training ends." in line for line in said)
    assert [at for at, _ in list_snapshots("r.run")] == [s.iteration]


REFUSED = [
    ('lr_policy: "plateau" gamma: 0.5', "lr_policy", "needs a score, but nothing is tested"),
    ("early_stopping_param {}", "early_stopping_param", "needs a score, but nothing is tested"),
    ("keep_param { best: 2 }", "keep_param", "needs a score, but nothing is tested"),
    ("test_interval: 1 early_stopping_param { patience: 0 }", "patience", "it has to be 1 or more"),
    ("test_interval: 1 early_stopping_param { min_delta: -1 }", "min_delta", "it has to be 0 or more"),
    ("keep_param { last: -1 }", "last", "it has to be 0 or more"),
    ('test_interval: 1 score_param { output: "ac" }', "output", "did you mean 'acc'?"),
    ("test_interval: 1 score_param { test_net: 1 }", "test_net", "there are 1 test nets, from 0"),
    ("ema_param { decay: 1 }", "decay", "it has to be at least 0 and below 1"),
    ("max_epoch: -1", "max_epoch", "it has to be 0 or more"),
    ("max_time: -1", "max_time", "it has to be 0 or more"),
]


@pytest.mark.parametrize(("text", "field", "why"), REFUSED)
def test_what_can_not_act_is_refused_at_its_line(text: str, field: str, why: str) -> None:
    fixed = "" if "lr_policy" in text else 'lr_policy: "fixed"'
    with pytest.raises(ConfigError) as raised:
        Solver(parse_solver(f"base_lr: 0.1 {fixed} net_param {{ {NET} }}\n{text}"))
    (fault,) = raised.value.faults
    assert why in str(fault)
    assert fault.origin is not None
    line, column = fault.origin.source.position(fault.origin.offset)
    whole = fault.origin.source.line_at(fault.origin.offset)
    assert line == NET.count("\n") + 2
    assert field in whole[: column + len(field)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lars_param {}", "lars_param is given, but it acts with type LARS only"),
        ("cosine_param {}", "cosine_param is given, but it acts with lr_policy cosine only"),
        ("line_search_param {}", "acts with type LBFGS or NonlinearCG only"),
        ("snapshot_diff: true", "snapshot_diff is given, but it acts with snapshot_format only"),
    ],
)
def test_what_does_nothing_is_told(text: str, why: str, caplog: pytest.LogCaptureFixture) -> None:
    solver(SGD)
    assert not [record for record in caplog.records if record.levelno == logging.WARNING]
    solver(SGD + text)
    assert why in caplog.text


def test_passes_through_data_that_has_no_end_are_refused() -> None:
    dummy = 'layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 2 } } }'
    layers = (
        'layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 2 } }'
    )
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "x" top: "l" }'
    with pytest.raises(ConfigError, match="max_epoch is given, but no data layer of net '' knows the size"):
        solver(SGD + "max_epoch: 1", dummy + layers + loss)
