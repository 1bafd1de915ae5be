"""The share of each process of a global batch, and the learning rate that follows the batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver
from layerzoo.solver import Solver, check_solver
from layerzoo.solver.config.checking import Checked

NET = """name: "n"
layer { name: "a" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 32 }
        include { phase: TRAIN } }
layer { name: "a" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 50 }
        include { phase: TEST } }
layer { name: "b" type: "Dataset" top: "y" dataset_param { name: "digits" batch_size: 32 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
layer { name: "none" type: "Silence" bottom: "y" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 100 random_seed: 1\n'


def checked(folder: Path, distributed: str, processes: int, solver: str = "", net: str = NET) -> Checked:
    (folder / "net.prototxt").write_text(net)
    (folder / "s.prototxt").write_text(f"{SOLVER}{solver}\ndistributed_param {{ {distributed} }}\n")
    return check_solver(load_solver(folder / "s.prototxt"), processes=processes)


def faults(folder: Path, distributed: str, processes: int = 1, solver: str = "", net: str = NET) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        checked(folder, distributed, processes, solver, net)
    return [str(fault).replace(f"{folder}/", "") for fault in raised.value.faults]


def test_each_process_reads_its_share_and_test_nets_keep_their_batches(tmp_path: Path) -> None:
    found = checked(tmp_path, "global_batch_size: 96", 3, "iter_size: 2 test_iter: 1 test_interval: 9", NET)
    shapes = [(blob.name, blob.shape[0]) for blob in found.train.blobs if blob.shape and blob.name != "loss"]
    assert shapes == [("x", 16), ("t", 16), ("y", 16), ("ip", 16)]
    (tested, _), *_ = found.test
    assert [blob.shape[0] for blob in tested.blobs if blob.name in {"x", "y"} and blob.shape] == [50, 32]


def test_batches_are_those_of_each_process_without_a_global_size(tmp_path: Path) -> None:
    found = checked(tmp_path, "", 3)
    assert [blob.shape[0] for blob in found.train.blobs if blob.name == "x" and blob.shape] == [32]


def test_max_epoch_follows_the_global_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,437 digits in updates of 2 x 48 are 14.97 iterations."""
    monkeypatch.chdir(tmp_path)
    checked(tmp_path, "global_batch_size: 96", 1)
    solver = Solver(load_solver("s.prototxt", ["max_epoch=1", "iter_size=2"]))
    assert solver.param.max_iter == 15


@pytest.mark.parametrize(
    ("distributed", "processes", "solver", "message"),
    [
        (
            "global_batch_size: 100",
            3,
            "",
            "s.prototxt:3:40: global_batch_size 100 can't be divided by 3 processes",
        ),
        ("global_batch_size: 100", 3, "", "give a multiple of 3, such as 99 or 102"),
        ("global_batch_size: 3", 2, "iter_size: 4", "can't be divided by 2 processes with iter_size 4"),
        ("global_batch_size: 3", 2, "iter_size: 4", "give a multiple of 8, such as 8"),
        ("global_batch_size: 0", 1, "", "s.prototxt:3:40: global_batch_size is 0; it has to be 1 or more"),
        ("lr_scaling: LINEAR", 1, "", "s.prototxt:3:33: lr_scaling needs base_batch_size"),
        (
            "lr_scaling: LINEAR base_batch_size: 8",
            1,
            'type: "LBFGS"',
            "lr_scaling, but LBFGS takes all data in each iteration",
        ),
    ],
)
def test_wrong_settings_are_faults_at_their_place(
    tmp_path: Path, distributed: str, processes: int, solver: str, message: str
) -> None:
    assert any(message in fault for fault in faults(tmp_path, distributed, processes, solver)), faults(
        tmp_path, distributed, processes, solver
    )


def test_global_size_is_refused_where_batches_differ_or_have_no_size(tmp_path: Path) -> None:
    net = NET.replace("batch_size: 32 } }", "batch_size: 8 } }")
    (message,) = faults(tmp_path, "global_batch_size: 8", net=net)
    assert "the data layers of net 'n' differ in batch_size: 'a' 32, 'b' 8" in message
    dummy = """layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 4 dim: 2 } } }
    layer { name: "l" type: "InnerProduct" bottom: "x" top: "l" loss_weight: 1
            inner_product_param { num_output: 1 } }"""
    (message,) = faults(tmp_path, "global_batch_size: 8", net=dummy)
    assert "no layer of net '' reads batch_size samples of a source" in message
    (message,) = faults(tmp_path, "lr_scaling: SQRT base_batch_size: 8", net=dummy)
    assert "no data layer of net '' says how large a batch is" in message


@pytest.mark.parametrize(("rule", "factor"), [("LINEAR", 4.0), ("SQRT", 2.0), ("NONE", 1.0)])
def test_learning_rate_follows_the_batch(tmp_path: Path, rule: str, factor: float) -> None:
    """Batches of 32, 2 passes and 4 processes: 256 samples, for a rate that is meant for 64."""
    found = checked(tmp_path, f"lr_scaling: {rule} base_batch_size: 64", 4, "iter_size: 2")
    assert found.lr_scale.factor == factor
    shared = f"lr_scaling: {rule} base_batch_size: 64 global_batch_size: 256"
    assert checked(tmp_path, shared, 8, "iter_size: 2").lr_scale == found.lr_scale


def test_learning_rate_that_is_not_scaled_is_told_to_several_processes(tmp_path: Path) -> None:
    found = checked(tmp_path, "", 4, "iter_size: 2")
    param = load_solver(tmp_path / "s.prototxt").message
    assert found.lr_scale.factor == 1
    said = "base_lr 0.01 for updates of 256 samples of all processes; lr_scaling in distributed_param scales"
    assert said in found.lr_scale.described(param)
    assert not checked(tmp_path, "", 1).lr_scale.batch


def test_steep_learning_rate_without_a_warm_up_is_warned_of(tmp_path: Path) -> None:
    asked = "lr_scaling: LINEAR base_batch_size: 32"
    (warning,) = checked(tmp_path, asked, 4).warnings
    assert "s.prototxt:3:33: lr_scaling multiplies the learning rate by 4" in str(warning)
    assert "a warm-up is usual: warmup_param { iterations: 5 start_factor: 0.25 }" in str(warning)
    assert not checked(tmp_path, asked, 2).warnings
    assert not checked(tmp_path, asked, 4, "warmup_param { iterations: 5 }").warnings
    (idle,) = checked(tmp_path, "base_batch_size: 32", 4).warnings
    assert "it has no effect without lr_scaling" in str(idle)


def test_scaled_learning_rate_is_logged_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level("INFO", logger="layerzoo")
    checked(tmp_path, "lr_scaling: LINEAR base_batch_size: 16", 1, "display: 1")
    solver = Solver(load_solver("s.prototxt", ["max_iter=1"]))
    assert solver.solve() == 0
    assert solver.lr == pytest.approx(0.02)
    assert "base_lr 0.01 x 2 = 0.02 (LINEAR: batch 32 of all processes, base_batch_size 16)" in caplog.text
    assert solver.param.base_lr == pytest.approx(0.01)  # what a snapshot keeps isn't scaled twice
