"""Solvers of several updates: logs, metrics, exact resume, several processes, failures, groups of params."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.cli.main import main
from layerzoo.errors import NonFiniteError, SnapshotError, UsageError
from layerzoo.loader import parse_solver
from layerzoo.runs.curves import panels
from layerzoo.runs.metrics import read_history
from layerzoo.solver import Solver
from layerzoo.solver.config.length import iterations_in_pass
from layerzoo.solver.trials.find_lr import find_lr
from layerzoo.solver.trials.overfit import Overfit
from tests.engine.capture.tape import TapeRecorder
from tests.processes import run_processes
from tests.solver.gan import NET, D, G, gan, text
from tests.solver.snapshots.whole_state import fingerprint, metrics

TURNS = f"{D} times: 2 }} {G} type: 'Adam' base_lr: 0.01 every: 3 }}"


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_log_shows_the_loss_of_each_update_after_the_total(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "layerzoo")
    solver = gan(TURNS, tmp_path, "max_iter: 4 display: 2")
    solver.solve()
    said = messages(caplog)
    assert "Update discriminate: SGD, 2 times an iteration, moves 91 params of 2 layers: D/h, D/score" in said
    assert "Update generate: Adam, every 3 iterations, moves 64 params of 1 layer: G/fc" in said
    at = next(i for i, line in enumerate(said) if line.startswith("Iteration 2 ("))
    assert ", loss = " in said[at]
    total = float(said[at].rpartition(" ")[2])
    assert [line.rpartition(" = ")[0] for line in said[at + 1 : at + 4]] == [
        "Iteration 2, discriminate loss",
        "Iteration 2, generate loss",
        "Iteration 2, generate rate",
    ]
    parts = [float(line.rpartition(" ")[2]) for line in said[at + 1 : at + 3]]
    assert total == pytest.approx(sum(parts), rel=1e-4)
    outputs = [line for line in said[at + 4 : at + 7] if "Train net output" in line]
    assert [line.split(": ")[1].split(" ")[0] for line in outputs] == [
        "d_fake",
        "d_real",
    ]  # generate isn't due
    assert said[at + 6] == "Iteration 2, lr = 0.1"
    assert [line.rpartition(" = ")[0] for line in said[-4:-1]] == [
        "Iteration 4, loss",
        "Iteration 4, discriminate loss",
        "Iteration 4, generate loss",
    ]


def test_metrics_log_and_plot_have_the_updates(tmp_path: Path) -> None:
    gan(TURNS, tmp_path, "max_iter: 4 display: 1").solve()
    run = tmp_path / "r.run"
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert set(rows[0]["updates"]) == {"discriminate", "generate"}
    assert rows[0]["updates"]["generate"]["lr"] == pytest.approx(0.01)
    assert rows[0]["loss"] == pytest.approx(sum(u["loss"] for u in rows[0]["updates"].values()))
    history = read_history(run)
    assert [panel.title for panel in panels([history])] == ["loss", "discriminate loss", "generate loss"]
    (run / "metrics.jsonl").unlink()
    logged = read_history(run)
    assert logged.rows[1].updates["discriminate loss"] == pytest.approx(
        rows[1]["updates"]["discriminate"]["loss"], rel=1e-4
    )
    assert logged.rows[1].updates["generate lr"] == pytest.approx(0.01)


def test_tensorboard_has_the_updates(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    gan(TURNS, tmp_path, "max_iter: 2 display: 1 tensorboard_param { }").solve()
    read = accumulator.EventAccumulator(str(tmp_path / "r.run"))
    read.Reload()
    assert {"train/generate_loss", "train/generate_lr", "train/discriminate_loss"} <= set(
        read.Tags()["scalars"]
    )


RESUMED = "iter_size: 2 average_loss: 3 display: 1 snapshot: 2 ema_param { decay: 0.8 } " + (
    'gradient_noise_param { eta: 0.001 } train_state { stage: "bn" } watch: "G/fc.weight.grad"'
)


def test_resume_continues_several_updates_bit_for_bit(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    gan(TURNS, whole, f"max_iter: 7 {RESUMED}").solve()
    gan(TURNS, parts, f"max_iter: 4 {RESUMED}").solve()  # generate is due at 0, 3 and 6
    gan(TURNS, parts, f"max_iter: 7 {RESUMED}").solve("auto")
    ends = [fingerprint(folder / "r.run" / "iter_7") for folder in (whole, parts)]
    assert ends[0] == ends[1]
    seen = [metrics(folder / "r.run") for folder in (whole, parts)]
    assert seen[0] == seen[1]


def test_resume_after_a_kill_equals_an_undisturbed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("solver.prototxt").write_text(text(TURNS, ".", "max_iter: 6"))
    assert main(["verify_resume", "-solver", "solver.prototxt"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "equal"


def test_snapshot_of_other_updates_is_refused(tmp_path: Path) -> None:
    gan(TURNS, tmp_path, "max_iter: 2").solve()
    snapshot = tmp_path / "r.run" / "iter_2"
    with pytest.raises(SnapshotError, match="type discriminate: SGD, generate: Adam; this one is discr"):
        gan(f"{D} }} {G} }}", tmp_path).restore(snapshot)
    swapped = f"{G} type: 'Adam' base_lr: 0.01 every: 3 }} {D} times: 2 }}"
    solver = gan(swapped, tmp_path)
    solver.restore(snapshot)  # the history is kept by the names of updates, not by their places
    own = [tensor for m in solver.run.rule.members for tensor in m.rule.history]  # type: ignore[union-attr]
    saved = load_file(snapshot / "state.safetensors")
    assert torch.equal(own[-1], saved["history/3"])
    assert torch.equal(own[0], saved["history/4"])


def test_caffes_snapshots_hold_one_update(tmp_path: Path) -> None:
    form = "snapshot_format: BINARYPROTO max_iter: 2"
    only = 'update { name: "all" layer: "*" type: "Adam" }'
    gan(only, tmp_path, form).solve()
    gan("type: 'Adam'", tmp_path / "plain", form).solve()
    state = tmp_path / "r_iter_2.solverstate"
    again = gan("type: 'Adam'", tmp_path)
    again.restore(state)
    assert again.iteration == 2
    several = gan(TURNS, tmp_path)
    with pytest.raises(SnapshotError, match="holds the history of one update; this solver has 2"):
        several.restore(state)


def test_one_update_of_all_params_equals_none(tmp_path: Path) -> None:
    for losses in ("", 'loss: "d_real" loss: "d_fake" loss: "g"'):
        one = gan(f'update {{ name: "all" layer: "*" {losses} }}', tmp_path)
        plain = gan("", tmp_path)
        one.step(3), plain.step(3)
        assert all(map(torch.equal, one.net.learnable, plain.net.learnable))


SHARED = NET.replace('top: "z" top: "one" top: "zero"', 'top: "one" top: "zero"')
SHARED = SHARED.replace("shape { dim: 10 dim: 3 } ", "").replace('data_filler { type: "gaussian" } ', "")
SHARED = SHARED.replace('bottom: "z"', 'bottom: "real"')


GROUPS = 'update { name: "d" layer: "D*" type: "Adam" base_lr: 0.01 }'


@pytest.mark.parametrize("updates", [TURNS, GROUPS])
def test_two_processes_equal_one(tmp_path: Path, updates: str) -> None:
    halves = SHARED.replace("batch_size: 10", "batch_size: 5").replace("dim: 10", "dim: 5")
    folders = tmp_path / "one", tmp_path / "two"
    for folder, net in zip(folders, (SHARED, halves), strict=True):
        folder.mkdir()
        (folder / "solver.prototxt").write_text(
            text(updates, ".", "max_iter: 5 iter_size: 2 test_initialization: false", net)
        )
    train = ["-m", "layerzoo", "train", "-solver", "solver.prototxt"]
    for folder, count in zip(folders, (1, 2), strict=True):
        ended = run_processes(train, folder, count)
        assert [code for code, _, _ in ended] == [0] * count, ended
    one, two = (load_file(folder / "r.run/iter_5/weights.safetensors") for folder in folders)
    start = {name: blob for name, blob in one.items() if name.startswith(("D/", "G/"))}
    assert len(start) == 6
    for name, blob in start.items():
        torch.testing.assert_close(two[name], blob, rtol=1e-4, atol=1e-6, msg=name)


def test_passes_of_an_iteration_count_in_epochs(tmp_path: Path) -> None:
    solver = gan(f"{D} times: 5 }} {G} }}", tmp_path, "iter_size: 2 max_epoch: 2")
    assert solver.net.data_layers[0].epoch_size == 1437  # type: ignore[attr-defined]
    assert iterations_in_pass(solver.param, solver.net) == pytest.approx(143.7 / 10)
    assert solver.param.max_iter == 29


def test_failure_names_the_update(tmp_path: Path) -> None:
    solver = gan(f"{D} }} {G} }}", tmp_path, "non_finite_param { save: false }")
    solver.step(1)
    solver.net.params["G/fc"][0].register_hook(lambda g: g * float("inf"))  # type: ignore[no-untyped-call]
    with pytest.raises(NonFiniteError, match=r"^iteration 1, update 'generate': a loss, gradient") as raised:
        solver.step(5)
    assert "first: gradient of param 'weight' of layer 'G/fc'" in str(raised.value)


def test_skipped_updates_are_counted_for_each_update(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    skip = "non_finite_param { action: SKIP max_skips: 2 save: false }"
    solver = gan(f"{D} }} {G} }}", tmp_path, skip)
    with torch.no_grad():
        solver.net.params["G/fc"][0].fill_(float("nan"))
    before = [p.detach().clone() for p in solver.net.params["D/h"]]
    solver.step(1)
    said = messages(caplog)
    assert "Iteration 0 makes no update 'discriminate': loss = nan (1 of 2)" in said
    assert "Iteration 0 makes no update 'generate': loss = nan (1 of 2)" in said
    assert all(map(torch.equal, before, [p.detach() for p in solver.net.params["D/h"]]))


def test_deferred_checks_find_the_update(tmp_path: Path) -> None:
    solver = gan(f"{D} }} {G} }}", tmp_path, "non_finite_param { save: false interval: 4 }")
    handler = solver.loop.failures
    solver.engine.guard = handler.make_guard(deferred=True)
    solver.step(5)
    grads = solver.net.params["G/fc"][0]
    hook = grads.register_hook(lambda g: g * float("inf"))  # type: ignore[no-untyped-call]
    with pytest.raises(NonFiniteError, match=r"^iteration 5, update 'generate'"):
        solver.step(5)
    hook.remove()


def test_watch_shows_gradients_of_the_update_that_moves_the_param(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "layerzoo")
    watched = 'display: 1 watch: "D/score.weight.grad" watch: "G/fc.weight.grad" watch: "fake"'
    solver = gan(f"{D} }} {G} }}", tmp_path, watched)
    seen = {}
    score, fc = solver.net.params["D/score"][0], solver.net.params["G/fc"][0]
    for name, param in (("D/score.weight.grad", score), ("G/fc.weight.grad", fc)):
        param.register_hook(lambda g, name=name: seen.__setitem__(name, float(g.norm())))  # type: ignore
    solver.step(1)
    said = {line.split(": ")[0].strip(): line for line in messages(caplog) if "Watch" in line}
    assert "not reached" not in "".join(said.values())
    assert set(said) == {"Watch D/score.weight.grad", "Watch G/fc.weight.grad", "Watch fake"}


def test_trials_by_a_common_loss_are_refused(tmp_path: Path) -> None:
    solver = gan(TURNS, tmp_path)
    with pytest.raises(UsageError, match="work against each other"):
        find_lr(solver, 1e-4, 1.0, 20)
    with pytest.raises(UsageError, match="no common loss"):
        Overfit(solver, 2)


@pytest.mark.parametrize("engine", ["COMPILE", "GRAPH"])
def test_engines_fall_back_with_a_reason(
    tmp_path: Path, engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    solver = gan(TURNS, tmp_path, f"engine_param {{ engine: {engine} }}")
    solver.step(1)
    assert f"engine: {engine}: several updates take turns; the net runs layer by layer" in messages(caplog)


def test_learning_rates_follow_the_policy_in_proportion(tmp_path: Path) -> None:
    update = (
        'update { name: "head" layer: "D/score" base_lr: 0.2 } update { name: "low" layer: "G" lr_mult: 0.1 }'
    )
    param = (
        text(update, tmp_path)
        .replace('"fixed"', '"step" gamma: 0.5 stepsize: 1')
        .replace("momentum: 0.9", "")
    )
    solver, plain = Solver(parse_solver(param)), Solver(parse_solver(param.replace(update, "")))
    for iteration in range(2):
        before = {name: blobs[0].detach().clone() for name, blobs in solver.net.params.items()}
        with torch.no_grad():
            for own, other in zip(plain.net.learnable, solver.net.learnable, strict=True):
                own.copy_(other)
        solver.step(1), plain.step(1)
        for name, factor in (("D/score", 2.0), ("G/fc", 0.1), ("D/h", 1.0)):
            moved = solver.net.params[name][0].detach() - before[name]
            expected = plain.net.params[name][0].detach() - before[name]
            torch.testing.assert_close(
                moved, factor * expected, rtol=1e-3, atol=1e-6, msg=f"{name}, {iteration}"
            )


def test_groups_have_their_own_rule_and_decay(tmp_path: Path) -> None:
    groups = 'update { name: "bare" layer: "G" weight_decay: 0 } update { name: "d" layer: "D" type: "Adam" }'
    solver = gan(groups, tmp_path, "weight_decay: 0.5")
    peers = [gan("", tmp_path), gan("type: 'Adam'", tmp_path, "weight_decay: 0.5")]
    for each in (solver, *peers):
        each.step(1)
    for name, peer in (("G/fc", peers[0]), ("D/h", peers[1]), ("D/score", peers[1])):
        assert torch.equal(solver.net.params[name][0], peer.net.params[name][0]), name
    assert solver.run.rule.type_name == "bare: SGD, d: Adam"


def test_groups_resume_bit_for_bit(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    gan(GROUPS, whole, "max_iter: 5 snapshot: 2 display: 1").solve()
    gan(GROUPS, parts, "max_iter: 3 snapshot: 2 display: 1").solve()
    gan(GROUPS, parts, "max_iter: 5 snapshot: 2 display: 1").solve("auto")
    assert fingerprint(whole / "r.run/iter_5") == fingerprint(parts / "r.run/iter_5")
    assert metrics(whole / "r.run") == metrics(parts / "r.run")


def test_weights_are_clipped_in_the_update_that_says_so(tmp_path: Path) -> None:
    solver = gan(f"{D} times: 5 clip_weights: 0.05 }} {G} }}", tmp_path)
    solver.step(2)
    limits = {
        name: max(float(b.detach().abs().max()) for b in blobs) for name, blobs in solver.net.params.items()
    }
    assert limits["D/h"] == pytest.approx(0.05)
    assert limits["D/score"] <= 0.05 * (1 + 1e-6)
    assert limits["G/fc"] > 0.2


def test_groups_are_recorded_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = TapeRecorder()
    monkeypatch.setattr("layerzoo.solver.execution.recorder_of", lambda device: recorder)
    solvers = []
    for engine in ("GRAPH", "EAGER"):
        more = f"max_iter: 20 non_finite_param {{ action: IGNORE }} engine_param {{ engine: {engine} }}"
        solvers.append(gan(GROUPS, tmp_path / engine, more))
        solvers[-1].finish()
    assert recorder.replayed
    for one, other in zip(*(solver.net.learnable for solver in solvers), strict=True):
        torch.testing.assert_close(one.detach(), other.detach(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("precision", ["BF16", "FP16"])
def test_updates_train_in_16_bits(tmp_path: Path, precision: str) -> None:
    half, whole = gan(TURNS, tmp_path, f"precision: {precision}"), gan(TURNS, tmp_path)
    half.step(4), whole.step(4)
    assert half.loss == pytest.approx(whole.loss, rel=0.02)
