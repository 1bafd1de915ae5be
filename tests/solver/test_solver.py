"""The solver: training, tests, logs, snapshots and resuming, and errors."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.errors import ConfigError, SnapshotError, UsageError
from layerzoo.loader import parse_solver
from layerzoo.optimizer import RULES, UpdateRule
from layerzoo.ranks import Ranks
from layerzoo.solver import Action, Callback, Displayed, Solver

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 8 split: "test" batch_size: 100 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 12 weight_filler { type: "xavier" } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "o" type: "Dropout" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "b" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(text: str = "", net: str = NET) -> Solver:
    base = (
        'base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU snapshot_prefix: "r" '
    )
    return Solver(parse_solver(f"{base} {text} net_param {{ {net} }}"))


def weights(of: Solver) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in of.net.learnable])


def test_seed_determines_the_weights(in_folder: Path) -> None:
    first, second, other = (
        solver(),
        solver(),
        solver("random_seed: [7]".replace("random_seed: [7]", "iter_size: 1")),
    )
    for one in (first, second):
        one.step(6)
    other.step(5)
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


def test_solver_learns(in_folder: Path) -> None:
    s = solver("test_interval: 1000 test_initialization: false")
    s.step(1000)  # the fewer, the more it depends on the seed's dropout masks
    assert s.test()[0].values["acc"][0] > 0.8


def test_of_the_whole_set_counts_each_sample_once(in_folder: Path) -> None:
    s = solver("test_interval: 10")
    assert s.tests.testers[0].iterations == 4, "360 images in batches of 100, the last one of 60"
    whole = s.test()[0].values["acc"][0]
    by_hand = 0.0
    for batch in range(4):
        with torch.no_grad():
            values = s.test_nets[0].run(s.test_nets[0].fetch(batch), s.test_nets[0].outputs_only)
        by_hand += float(values[s.test_nets[0].graph.last["acc"].index]) * min(100, 360 - 100 * batch)
    assert whole == pytest.approx(by_hand / 360)


def test_iter_continues_at_the_next_batch(in_folder: Path) -> None:
    s = solver("test_iter: 3 test_interval: 10")
    s.test()
    s.test()
    assert s.tests.testers[0].cursor == 6


@pytest.mark.parametrize("cut", [1, 4, 7])
@pytest.mark.parametrize("extra", ["", "iter_size: 2 average_loss: 3", "type: 'Adam' momentum2: 0.99"])
def test_restore_continues_bit_for_bit(in_folder: Path, cut: int, extra: str) -> None:
    whole = solver(extra)
    whole.step(9)
    first = solver(extra)
    first.step(cut)
    path = first.snapshot()
    second = solver(extra)
    assert path is not None
    second.restore(path)
    assert second.iteration == cut
    second.step(9 - cut)
    assert torch.equal(weights(whole), weights(second))
    assert whole.loss == second.loss
    assert all(
        torch.equal(a, b) for a, b in zip(whole.run.rule.history, second.run.rule.history, strict=True)
    )


def test_restore_reads_files_of_caffe(in_folder: Path) -> None:
    whole = solver("snapshot_format: BINARYPROTO")
    whole.step(3)
    whole.snapshot()
    whole.step(3)
    again = solver()
    again.restore("r_iter_3.solverstate")
    again.step(3)
    assert torch.equal(weights(whole), weights(again))


def test_restore_auto_takes_the_newest_snapshot(in_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    s = solver("max_iter: 4 snapshot: 2")
    with caplog.at_level(logging.INFO, "layerzoo"):
        assert s.solve("auto") == 0
    assert "No snapshot in r.run yet: starting from the beginning" in caplog.messages
    (in_folder / "r.run/iter_4/state.safetensors").write_bytes(b"torn")
    again = solver("max_iter: 4 snapshot: 2")
    assert again.restore("auto")
    assert again.iteration == 2, "the torn one is skipped"


def test_solve_logs_the_lines_of_caffe(in_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    s = solver("max_iter: 4 display: 2 test_interval: 2 test_iter: 1 snapshot: 4 snapshot_format: HDF5")
    with caplog.at_level(logging.INFO, "layerzoo"):
        s.solve()
    lasting = [message for message in caplog.messages if "Data wait" not in message]  # on a busy machine
    messages = [re.sub(r"(needed: about) \S+ \S+", r"\1 N", message) for message in lasting]
    kinds = [message.split(",")[0].split("(")[0].split("=")[0].strip() for message in messages]
    train = ["Iteration %d", "Train net output #0: l", "Iteration %d"]
    test = ["Iteration %d", "Test net output #0: acc", "Test net output #1: l"]
    expected = [
        "Solving", "Learning Rate Policy: fixed", "Memory needed: about N",
        *(k % 0 if "%" in k else k for k in test + train),
        *(k % 2 if "%" in k else k for k in test + train),
        "Snapshotting to HDF5 file r_iter_4.caffemodel.h5",
        "Snapshotting solver state to HDF5 file r_iter_4.solverstate.h5",
        "Native format: Snapshotting to r.run/iter_4",
        "Iteration 4", *(k % 4 if "%" in k else k for k in test), "Optimization Done.",
    ]  # fmt: skip
    assert kinds == expected


def test_run_folder_holds_the_whole_config(in_folder: Path) -> None:
    s = solver("max_iter: 4 display: 2 test_interval: 2")
    s.solve()
    rows = [json.loads(line) for line in (in_folder / "r.run/metrics.jsonl").read_text().splitlines()]
    assert [(r["iteration"], r["phase"]) for r in rows] == [
        (0, "TEST"), (0, "TRAIN"), (2, "TEST"), (2, "TRAIN"), (4, "TEST"),
    ]  # fmt: skip
    again = Solver(in_folder / "r.run/solver.prototxt")
    assert [layer.name for layer in again.net.graph.layers] == [layer.name for layer in s.net.graph.layers]


def test_solve_renames_the_folder_of_an_earlier_run(in_folder: Path) -> None:
    for _ in range(2):
        solver("max_iter: 1").solve()
    assert sorted(p.name for p in in_folder.iterdir()) == ["r.1.run", "r.run"]


def test_stop_ends_solve_with_a_snapshot(in_folder: Path) -> None:
    class Stop(Callback):
        def displayed(self, shown: Displayed) -> None:
            s.actions.ask(Action.STOP)

    s = solver("max_iter: 100 display: 3")
    s.callbacks.members.append(Stop())
    assert s.solve() == 0
    assert s.iteration == 1
    assert (in_folder / "r.run/iter_1/state.json").exists()


def test_loss_is_averaged_over_average_loss_iterations(in_folder: Path) -> None:
    s = solver("average_loss: 3")
    single = solver()
    seen = []
    for _ in range(5):
        s.step(1)
        single.step(1)
        seen.append(single.loss)
    assert s.loss == pytest.approx(sum(seen[-3:]) / 3, rel=1e-6)


def test_iter_size_equals_one_large_batch(in_folder: Path) -> None:
    plain = NET.replace('layer { name: "o" type: "Dropout" bottom: "a" top: "a" }', "")
    halves = solver("iter_size: 2", plain)
    whole = solver("", plain.replace("batch_size: 16", "batch_size: 32"))
    for _ in range(3):
        halves.step(1)
        whole.step(1)
    assert torch.allclose(weights(halves), weights(whole), atol=1e-6)


def test_step_keeps_the_addresses_of_params_and_gradients(in_folder: Path) -> None:
    s = solver("max_iter: 2")
    before = [(p.data_ptr(), p.grad.data_ptr()) for p in s.net.learnable if p.grad is not None]
    s.step(2)
    path = s.snapshot()
    assert path is not None
    s.restore(path)
    s.step(1)
    assert [(p.data_ptr(), p.grad.data_ptr()) for p in s.net.learnable if p.grad is not None] == before


def test_solver_refuses_a_net_with_nothing_to_learn(in_folder: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to learn"):
        solver(net=NET.replace('type: "SoftmaxWithLoss"', 'type: "SoftmaxWithLoss" loss_weight: 0'))


def test_step_runs_a_frozen_net_without_updates(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As in Caffe, for example to collect statistics of BatchNorm."""
    text = """name: "still"
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 20 } }
layer { name: "bn" type: "BatchNorm" bottom: "x" top: "y" }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "ip" param { lr_mult: 0 } param { lr_mult: 0 }
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
    (in_folder / "still.prototxt").write_text(text)
    (in_folder / "s.prototxt").write_text(
        'net: "still.prototxt" solver_mode: CPU base_lr: 1 lr_policy: "fixed" max_iter: 3 display: 1 '
        'weight_decay: 0.1 clip_gradients: 1 snapshot_prefix: "still"'
    )
    assert main(["train", "-solver", "s.prototxt"]) == 0
    assert "net 'still' has no param that learns: it runs without updates" in capfd.readouterr().err
    s = Solver("s.prototxt")
    before = s.net.params["ip"][0].clone()
    s.step(3)
    assert s.net.params["bn"][0].any()
    assert torch.equal(s.net.params["ip"][0], before)
    assert s.loss > 1


@pytest.mark.parametrize("rule", [name for name in RULES if issubclass(RULES[name], UpdateRule)])
def test_step_runs_a_net_without_params_by_every_rule(in_folder: Path, rule: str) -> None:
    (in_folder / "data.prototxt").write_text(
        'layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" size: 8 batch_size: 20 } }'
    )
    (in_folder / "s.prototxt").write_text(
        f'net: "data.prototxt" solver_mode: CPU base_lr: 1 lr_policy: "fixed" type: "{rule}"'
        + (" momentum: 0.9" if rule.startswith("ScheduleFree") else "")
    )
    s = Solver("s.prototxt")
    s.step(2)
    assert (s.iteration, s.loss) == (2, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "r_iter_2.caffemodel",
            "holds weights only, no state of a solver; to resume: -snapshot r_iter_2.solverstate",
        ),
        ("gone.solverstate", "can't be read"),
        ("r.run/iter_9", "can't be read"),
    ],
)
def test_restore_refuses_what_is_not_a_snapshot(in_folder: Path, wrong: str, message: str) -> None:
    s = solver("snapshot_format: BINARYPROTO")
    s.step(2)
    s.snapshot()
    with pytest.raises(SnapshotError, match=message):
        s.restore(wrong)


def test_restore_refuses_another_type_of_solver_or_net(in_folder: Path) -> None:
    s = solver()
    s.step(1)
    path = s.snapshot()
    assert path is not None
    with pytest.raises(SnapshotError, match="is of a solver of type SGD; this one is Adam"):
        solver("type: 'Adam'").restore(path)
    with pytest.raises(SnapshotError, match="another net"):
        solver(net=NET.replace("num_output: 12", "num_output: 13")).restore(path)


def test_solve_checks_the_folder_before_the_first_iteration(in_folder: Path) -> None:
    (in_folder / "r.run").write_text("a file in the way")
    s = solver("max_iter: 1")
    with pytest.raises(SnapshotError, match="can't write to"):
        s.solve()
    assert s.iteration == 0


def test_net_and_its_layers_are_not_replaceable(in_folder: Path) -> None:
    made, other = solver(), solver()
    with pytest.raises(UsageError, match="a solver trains the net that it has built"):
        made.net = other.net
    with pytest.raises(
        UsageError, match="layer 'b' can't be replaced: an update rule uses this net's params"
    ):
        made.net.layers["b"] = torch.nn.Linear(12, 10)
    before = weights(made)
    made.step(1)
    assert not torch.equal(weights(made), before)
    assert torch.equal(weights(other), before)


RANDOM = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 6 dim: 40 } shape { dim: 6 dim: 1 } data_filler { value: 1 } data_filler { value: 0 } } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "y" }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "p" inner_product_param { num_output: 1 } }
layer { name: "l" type: "EuclideanLoss" bottom: "p" bottom: "t" top: "l" }
"""


def test_dropout_of_a_process_goes_by_its_rank(in_folder: Path) -> None:
    masks = []
    for rank in (0, 1):
        ranks = Ranks()
        ranks.rank = rank
        param = parse_solver(
            f'base_lr: 1 lr_policy: "fixed" random_seed: 5 solver_mode: CPU net_param {{ {RANDOM} }}'
        )
        made = Solver(param, ranks=ranks)
        made.net()
        masks.append(made.net.blobs["y"].detach())
    assert masks[0].unique().tolist() == [0.0, 2.0]
    assert torch.equal(masks[1][:-1], masks[0][1:]), "its first sample is the second of the whole batch"
    assert not torch.equal(masks[1], masks[0])
