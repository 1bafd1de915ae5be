from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import layerzoo.pycaffe as caffe
from layerzoo.errors import ConfigError
from layerzoo.pycaffe.solver import Solver
from layerzoo.solver import Solver as Trainer
from tests.pycaffe.conftest import SOLVER, Write

LABELS = np.arange(5).reshape(5, 1, 1, 1)

RULES = ["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def solver(solver_file: str) -> Solver:
    solver = caffe.get_solver(solver_file)
    solver.net.blobs["label"].data[...] = LABELS
    return solver


def test_solver_has_caffes_properties(solver: Solver) -> None:
    assert isinstance(solver, caffe.SGDSolver)
    assert (solver.iter, len(solver.test_nets)) == (0, 1)
    assert solver.net.outputs == ["loss"]
    assert solver.param.max_iter == 20
    assert solver.param.DESCRIPTOR.full_name == "caffe.SolverParameter"
    assert solver.lr == pytest.approx(0.01)


def test_step_and_solve(solver: Solver) -> None:
    solver.step(3)
    assert solver.iter == 3
    assert solver.lr == pytest.approx(0.01 * (1 + 0.0001 * 3) ** -0.75)
    solver.solve()
    assert solver.iter == 20


def test_snapshot_and_restore_round_trip(solver: Solver, tmp_path: Path) -> None:
    solver.step(4)
    solver.snapshot()
    assert {f"model_iter_4.{kind}" for kind in ("caffemodel", "solverstate")} <= _names(tmp_path)
    saved = solver.net.params["ip"][0].data.copy()
    solver.step(2)
    solver.restore("model_iter_4.solverstate")
    assert solver.iter == 4
    np.testing.assert_array_equal(solver.net.params["ip"][0].data, saved)
    with pytest.raises(RuntimeError, match="Could not open file"):
        solver.restore("nothing.solverstate")


def test_solve_writes_no_files_of_layerzoos_own(solver: Solver, tmp_path: Path) -> None:
    before = _names(tmp_path)
    solver.solve()
    assert _names(tmp_path) == before


def test_snapshot_in_hdf5(write: Write, solver_file: str, tmp_path: Path) -> None:
    write(SOLVER + " snapshot_format: HDF5", "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    solver.snapshot()
    assert (tmp_path / "model_iter_0.caffemodel.h5").exists()
    solver.restore("model_iter_0.solverstate.h5")


def test_blobs_and_diffs_are_readable_after_a_step(solver: Solver) -> None:
    solver.step(1)
    weights = [blob.data.copy() for blob in solver.net.params["ip"]]
    values = {name: blob.data.copy() for name, blob in solver.net.blobs.items()}
    assert all(values[name].any() for name in ("data", "conv", "scores", "loss"))
    scores = torch.tensor(values["scores"], requires_grad=True)
    loss = torch.nn.functional.cross_entropy(scores, torch.arange(5))
    loss.backward()  # type: ignore[no-untyped-call]
    assert values["loss"] == pytest.approx(loss.item())
    assert scores.grad is not None
    np.testing.assert_allclose(solver.net.blobs["scores"].diff, scores.grad, atol=1e-6)
    assert solver.net.blobs["data"].diff.any()  # force_backward
    assert not np.array_equal(weights[0], np.zeros_like(weights[0]))


def test_gradient_of_an_in_place_layer_is_readable(write: Write, solver_file: str, tmp_path: Path) -> None:
    text = (tmp_path / "net.prototxt").read_text().replace("force_backward: true", "")
    relu = "layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' } layer { type: 'InnerProduct'"
    write(text.replace("layer { type: 'InnerProduct'", relu))
    solver = caffe.SGDSolver(solver_file)
    solver.step(1)
    gradient = solver.net.blobs["conv"].diff
    below_zero = solver.net.blobs["conv"].data == 0
    assert below_zero.any()
    assert not gradient[below_zero].any()  # the blob holds the gradient of the in-place ReLU's bottom
    assert gradient.any()


def test_views_follow_each_step(solver: Solver) -> None:
    loss, weight = solver.net.blobs["loss"].data, solver.net.params["ip"][1].data
    seen = []
    for _ in range(3):
        solver.step(1)
        seen.append((float(loss), weight.copy()))
    assert len({value for value, _ in seen}) == 3
    assert not np.array_equal(seen[0][1], seen[2][1])


def test_inputs_written_by_a_program_are_used(write: Write, solver_file: str) -> None:
    write(
        "input: 'x' input_shape { dim: 1 dim: 1 } input: 't' input_shape { dim: 1 dim: 1 } "
        "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' "
        "inner_product_param { num_output: 1 bias_term: false weight_filler { type: 'constant' value: 1 } } }"
        "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'y' bottom: 't' top: 'loss' }"
    )
    write("net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 9", "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    for x, t, loss, weight in [(1.0, 0.0, 0.5, 0.9), (2.0, 0.0, 1.62, 0.54)]:
        solver.net.blobs["x"].data[...] = x
        solver.net.blobs["t"].data[...] = t
        solver.step(1)
        assert solver.net.blobs["loss"].data == pytest.approx(loss)
        assert solver.net.params["ip"][0].data == pytest.approx(weight)
    assert solver.net.params["ip"][0].diff == pytest.approx(0.36)  # the update, as in Caffe


def test_loss_weight_written_into_the_diff_is_used(write: Write, solver_file: str) -> None:
    write(
        "input: 'x' input_shape { dim: 1 dim: 1 } "
        "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' "
        "inner_product_param { num_output: 1 bias_term: false weight_filler { type: 'constant' value: 1 } } }"
        "layer { name: 'loss' type: 'Reduction' bottom: 'y' top: 'loss' loss_weight: 2 }"
    )
    write("net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 9", "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    solver.net.blobs["x"].data[...] = 1
    weight, seen = solver.net.params["ip"][0].data, []
    for loss_weight in (2, 5):
        assert solver.net.blobs["loss"].diff == 2
        solver.net.blobs["loss"].diff[...] = loss_weight
        before = weight.item()
        solver.step(1)
        seen.append(before - weight.item())
    assert seen == pytest.approx([0.2, 0.5])


def test_apply_update_by_hand(write: Write, solver_file: str, caplog: pytest.LogCaptureFixture) -> None:
    write(SOLVER.replace("display: 0", "display: 1"), "solver.prototxt")
    solver = caffe.get_solver(solver_file)
    weight = solver.net.layers[1].blobs[0]
    weight.data[...] = 0
    weight.diff[...] = 1
    with caplog.at_level("INFO", "layerzoo"):
        solver.apply_update()
    np.testing.assert_allclose(weight.data, -0.01, atol=1e-7)
    np.testing.assert_allclose(weight.diff, 0.01, atol=1e-7)
    assert solver.iter == 1
    assert caplog.messages[-1] == "Iteration 0, lr = 0.01"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("more", ["", "iter_size: 2 clip_gradients: 1"])
def test_diffs_hold_the_last_update(write: Write, solver_file: str, rule: str, more: str) -> None:
    """Caffe subtracts the diffs from the params: they include history, decay, clipping and rate."""
    text = SOLVER.replace("momentum: 0.9", "") if rule in ("AdaGrad", "RMSProp") else SOLVER
    write(f"{text} type: '{rule}' {more}", "solver.prototxt")
    solver = caffe.get_solver(solver_file)
    solver.net.blobs["label"].data[...] = LABELS
    params = [blob for blobs in solver.net.params.values() for blob in blobs]
    solver.step(2)
    seen: list[np.ndarray] = []
    solver.add_callback(lambda: seen.extend(blob.diff.copy() for blob in params), lambda: None)
    before = [blob.data.copy() for blob in params]
    solver.step(1)
    for blob, old in zip(params, before, strict=True):
        assert blob.diff.any()
        np.testing.assert_array_equal(blob.diff, old - blob.data)
    assert not any(diff.any() for diff in seen), "gradients are 0 at the start of an iteration"


def test_param_changes_apply_to_the_next_step(solver: Solver) -> None:
    solver.param.base_lr = 0.5
    assert solver.lr == pytest.approx(0.5)
    weight = solver.net.params["ip"][0]
    weight.data[...] = 0
    solver.net.clear_param_diffs()
    weight.diff[...] = 1
    solver.apply_update()
    np.testing.assert_allclose(weight.data, -0.5, rtol=1e-6)
    solver.param.max_iter = 3
    solver.solve()
    assert solver.iter == 3
    assert solver.param.base_lr == pytest.approx(0.5)


def test_step_equals_a_loop_by_hand(solver_file: str) -> None:
    by_step, by_hand = caffe.get_solver(solver_file), caffe.get_solver(solver_file)
    for solver in (by_step, by_hand):
        solver.net.blobs["label"].data[...] = LABELS
    by_step.step(3)
    for _ in range(3):
        by_hand.net.clear_param_diffs()
        by_hand.net.forward()
        by_hand.net.backward()
        by_hand.apply_update()
    for name, blobs in by_step.net.params.items():
        for blob, other in zip(blobs, by_hand.net.params[name], strict=True):
            np.testing.assert_allclose(blob.data, other.data, rtol=1e-4, atol=1e-5)


def test_step_equals_layerzoo_train(solver_file: str) -> None:
    solver, trainer = caffe.get_solver(solver_file), Trainer(solver_file, device="cpu")
    solver.step(5)
    trainer.step(5)
    for name, blobs in trainer.net.params.items():
        for blob, other in zip(blobs, solver.net.params[name], strict=True):
            np.testing.assert_allclose(blob.detach(), other.data, rtol=1e-5, atol=1e-6)


def test_share_weights_shares_the_training_params(solver: Solver, tmp_path: Path) -> None:
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    solver.share_weights(net)
    solver.step(1)
    np.testing.assert_array_equal(net.params["ip"][0].data, solver.net.params["ip"][0].data)


def test_nets_for_testing_share_params(solver: Solver) -> None:
    (test,) = solver.test_nets
    solver.step(11)
    np.testing.assert_array_equal(test.params["ip"][0].data, solver.net.params["ip"][0].data)
    assert test.blobs["scores"].data.any()
    assert test.forward()["loss"] > 0


def test_callbacks_run_before_passes_and_update(solver: Solver) -> None:
    seen: list[str] = []
    weight = solver.net.params["ip"][0]

    def ready() -> None:
        seen.append("ready")
        assert weight.diff.any()
        weight.diff[...] = 0

    solver.add_callback(lambda: seen.append("start"), ready)
    solver.step(2)
    assert seen == ["start", "ready"] * 2


def test_callbacks_of_the_net_run_in_steps(solver: Solver) -> None:
    seen: list[int] = []
    solver.net.after_forward(seen.append)
    solver.step(1)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("rule", RULES)
def test_solver_types(write: Write, solver_file: str, rule: str) -> None:
    text = SOLVER.replace(
        "momentum: 0.9", "momentum: 0" if rule in ("AdaGrad", "RMSProp") else "momentum: 0.9"
    )
    if rule == "AdaDelta":
        text += " delta: 1e-6"
    write(text.replace("weight_decay: 0.0005", "type: 'SGD'"), "solver.prototxt")
    kind = getattr(caffe, f"{rule}Solver")
    solver = kind(solver_file)
    before = solver.net.params["ip"][0].data.copy()
    solver.step(1)
    assert not np.array_equal(before, solver.net.params["ip"][0].data)
    write(text.replace("weight_decay: 0.0005", f"type: '{rule}'"), "solver.prototxt")
    assert type(caffe.get_solver(solver_file)) is kind


def test_nets_are_read_only(solver: Solver) -> None:
    for name in ("net", "test_nets", "iter"):
        with pytest.raises(AttributeError):
            setattr(solver, name, None)


def test_debug_info_has_caffes_lines(
    write: Write, solver_file: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(SOLVER.replace("display: 0", "display: 2 debug_info: true"), "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    solver.net.blobs["label"].data[...] = LABELS
    with caplog.at_level("INFO", "layerzoo"):
        solver.step(3)
    lines = [line.split(" data: ")[0].split(" diff: ")[0].strip() for line in caplog.messages]
    per_layer = [line for line in lines if line.startswith("[") and "All net" not in line]
    assert per_layer == 2 * [
        "[Forward] Layer data, top blob data",
        "[Forward] Layer data, top blob label",
        "[Forward] Layer conv, top blob conv",
        "[Forward] Layer conv, param blob 0",
        "[Forward] Layer conv, param blob 1",
        "[Forward] Layer ip, top blob scores",
        "[Forward] Layer ip, param blob 0",
        "[Forward] Layer ip, param blob 1",
        "[Forward] Layer loss, top blob loss",
        "[Backward] Layer loss, bottom blob scores",
        "[Backward] Layer ip, bottom blob conv",
        "[Backward] Layer ip, param blob 0",
        "[Backward] Layer ip, param blob 1",
        "[Backward] Layer conv, bottom blob data",
        "[Backward] Layer conv, param blob 0",
        "[Backward] Layer conv, param blob 1",
        "[Update] Layer conv, param 0",
        "[Update] Layer conv, param 1",
        "[Update] Layer ip, param 0",
        "[Update] Layer ip, param 1",
    ]
    assert caplog.text.count("[Backward] All net params (data, diff): L1 norm") == 2
    assert caplog.text.index("[Update]") < caplog.text.index("Iteration 0 (")


def test_debug_info_stops_after_a_failed_pass(
    write: Write, solver_file: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(SOLVER.replace("display: 0", "display: 2 debug_info: true"), "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    monkeypatch.setattr(solver.net.runner, "backward", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        solver.step(1)
    with caplog.at_level("INFO", "layerzoo"):
        solver.net.forward()
    assert "[Forward]" not in caplog.text


def test_watch_logs_blobs_and_gradients(
    write: Write, solver_file: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(SOLVER.replace("display: 0", "display: 1 watch: 'conv' watch: 'ip.weight.grad'"), "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    with caplog.at_level("INFO", "layerzoo"):
        solver.step(1)
    watched = [line.split() for line in caplog.messages if "Watch" in line]
    assert [(name, shape) for _, name, shape, *_ in watched] == [("conv:", "(5"), ("ip.weight.grad:", "(13")]


@pytest.mark.parametrize(
    ("policy", "message"), [("", "lr_policy is not given"), ("lr_policy: 'stpe'", "'stpe'")]
)
def test_update_requires_a_learning_rate_policy(
    write: Write, solver_file: str, policy: str, message: str
) -> None:
    write(f"net: 'net.prototxt' {policy} max_iter: 2", "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    assert solver.net.forward()["loss"] > 0
    solver.step(0)
    for update in (lambda: solver.step(1), solver.solve, solver.apply_update, lambda: solver.lr):
        with pytest.raises(ConfigError, match=message) as error:
            update()
        assert "solver.prototxt:1" in str(error.value)
    assert solver.param.lr_policy == policy.partition("'")[2].strip("'")
    solver.param.lr_policy = "fixed"
    with pytest.raises(ConfigError, match="base_lr is not given"):
        solver.step(1)
    solver.param.base_lr = 0.5
    solver.step(1)
    assert (solver.iter, solver.lr) == (1, 0.5)


def test_solver_file_errors(write: Write) -> None:
    with pytest.raises(RuntimeError, match="Could not open file"):
        caffe.SGDSolver("/no/solver")
    with pytest.raises(ConfigError):
        caffe.get_solver(write("base_lr: 'x'", "solver.prototxt"))


def test_solver_of_a_net_without_a_loss_is_built(write: Write) -> None:
    net = (
        "layer { name: 'd' type: 'DummyData' top: 'x' dummy_data_param { shape { dim: 2 dim: 3 } } } "
        "layer { name: 'a' type: 'InnerProduct' bottom: 'x' top: 'a' inner_product_param { num_output: 1 } }"
    )
    text = f"net_param {{ {net} }} base_lr: 0.1 lr_policy: 'fixed' weight_decay: 0.5 snapshot_prefix: 'x'"
    solver = caffe.SGDSolver(write(text, "solver.prototxt"))
    solver.net.params["a"][0].data[...] = 2
    solver.step(1)
    assert solver.net.params["a"][0].data.tolist() == [[pytest.approx(2 - 0.1 * 0.5 * 2)] * 3]


def test_solver_of_several_updates_is_refused(write: Write) -> None:
    text = "net: 'net' base_lr: 0.1 lr_policy: 'fixed' update { name: 'a' layer: 'ip' }"
    with pytest.raises(ConfigError, match=r"caffe.Solver makes one update an iteration"):
        caffe.get_solver(write(text.replace("net: 'net'", "net_param { }"), "solver.prototxt"))
