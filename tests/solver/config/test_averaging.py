"""Settings of how processes average gradients or weights that exclude each other or have no effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver
from layerzoo.solver import check_solver

NET = """name: "n"
layer { name: "a" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 32 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 100 random_seed: 1\n'
LBFGS = 'type: "LBFGS"'
TURNS = 'update { name: "u" layer: "*" loss: "loss" }'


def warnings(folder: Path, distributed: str, processes: int = 2, solver: str = "") -> list[str]:
    (folder / "net.prototxt").write_text(NET)
    (folder / "s.prototxt").write_text(f"{SOLVER}{solver}\ndistributed_param {{ {distributed} }}\n")
    found = check_solver(load_solver(folder / "s.prototxt"), processes=processes).warnings
    return [str(warning).replace(f"{folder}/", "") for warning in found]


@pytest.mark.parametrize(
    ("distributed", "solver", "message"),
    [
        ("bucket_mb: 0", "", "s.prototxt:3:32: distributed_param.bucket_mb is 0; it has to be above 0"),
        (
            "power_sgd_param { start_powerSGD_iter: 1 }",
            "",
            "distributed_param.power_sgd_param.start_powerSGD_iter is 1; it has to be 2 or more",
        ),
        ("power_sgd_param { matrix_approximation_rank: 0 }", "", "rank is 0; it has to be 1 or more"),
        ("power_sgd_param { min_compression_rate: 0 }", "", "rate is 0; it has to be above 0"),
        ("compression: POWER_SGD", "precision: FP16", "s.prototxt:3:34: compression: POWER_SGD keeps what"),
        ("compression: POWER_SGD", 'layer_precision { layer: "ip" precision: FP16 }', "FP16's loss scale"),
        ("average_every: 2", LBFGS, "s.prototxt:3:36: average_every, but LBFGS takes all data"),
        ("average_every: 2", TURNS, "average_every, but updates with losses take turns"),
        (
            "average_every: 2",
            'type: "ScheduleFreeSGD" momentum: 0.9',
            "ScheduleFreeSGD tests other weights than it trains",
        ),
        ("average_every: 2", "ema_param { decay: 0.9 }", "ema_param averages the weights of one process"),
        ("average_every: 2 sync_batch_norm: true", "", "sync_batch_norm takes statistics of processes whose"),
    ],
)
def test_settings_that_exclude_each_other_are_faults(
    tmp_path: Path, distributed: str, solver: str, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        warnings(tmp_path, distributed, solver=solver)
    assert message in str(raised.value).replace(f"{tmp_path}/", "")


OVERLAP = "bucket_mb: 1 static_graph: true compression: POWER_SGD power_sgd_param { }"
ALL = f"{OVERLAP} average_every: 2 average_after: 3"


def test_settings_of_several_processes_are_warned_of_in_one(tmp_path: Path) -> None:
    found = warnings(tmp_path, ALL, processes=1)
    names = ["bucket_mb", "static_graph", "compression", "power_sgd_param", "average_every", "average_after"]
    assert [warning.split(": ")[1].split(" ")[0] for warning in found] == names
    assert found[0].startswith("s.prototxt:3:32: bucket_mb has no effect in a single process")
    assert not warnings(tmp_path, ALL)


@pytest.mark.parametrize(
    ("solver", "why"),
    [
        ("layer_wise_reduce: false", "layer_wise_reduce is false"),
        ("debug_info: true", "debug_info looks at gradients layer by layer"),
        (LBFGS, "LBFGS takes all data in each iteration"),
        (TURNS, "updates take turns"),
    ],
)
def test_settings_of_buckets_are_warned_of_where_gradients_are_averaged_after_the_pass(
    tmp_path: Path, solver: str, why: str
) -> None:
    bucket, graph, compression = warnings(
        tmp_path, "bucket_mb: 1 static_graph: true compression: BF16", solver=solver
    )
    assert f"s.prototxt:3:32: bucket_mb has no effect since {why}" in bucket
    assert "static_graph has no effect" in graph
    assert "compression has no effect" in compression


def test_settings_without_what_they_need_are_warned_of(tmp_path: Path) -> None:
    (idle,) = warnings(tmp_path, "power_sgd_param { } compression: BF16")
    assert "power_sgd_param has no effect without compression: POWER_SGD" in idle
    (idle,) = warnings(tmp_path, "average_after: 5")
    assert "average_after has no effect without average_every" in idle
    (idle,) = warnings(tmp_path, "average_every: 5 bucket_mb: 3")
    assert "bucket_mb has no effect since average_every averages weights" in idle


@pytest.mark.parametrize("distributed", ["average_every: 2", "compression: POWER_SGD"])
def test_caffes_files_are_warned_of_where_processes_keep_what_they_have_no_room_for(
    tmp_path: Path, distributed: str
) -> None:
    (warning,) = warnings(tmp_path, distributed, solver="snapshot_format: HDF5")
    assert "s.prototxt:2:18: Caffe's files have no room for what each process keeps" in warning
    assert not warnings(tmp_path, "compression: BF16", solver="snapshot_format: HDF5")
