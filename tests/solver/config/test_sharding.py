"""Settings that sharding excludes, and those without effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver
from layerzoo.solver import check_solver
from tests.solver.config.test_averaging import NET

SOLVER = 'net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 100 random_seed: 1\n'


def _document(folder: Path, distributed: str, solver: str = "", net: str = ""):  # type: ignore[no-untyped-def]
    (folder / "net.prototxt").write_text(f"{net}\n{NET}")
    (folder / "s.prototxt").write_text(f"{SOLVER}{solver}\ndistributed_param {{ {distributed} }}\n")
    return load_solver(folder / "s.prototxt")


def _warnings(folder: Path, distributed: str, processes: int = 2) -> list[str]:
    found = check_solver(_document(folder, distributed), processes=processes).warnings
    return [str(warning).replace(f"{folder}/", "") for warning in found]


@pytest.mark.parametrize(
    ("solver", "more", "message"),
    [
        ('type: "Muon"', "", "s.prototxt:2:7: sharding: FULL, but Muon needs whole params"),
        ('type: "Adafactor"', "", "Adafactor needs whole params"),
        ('type: "ScheduleFreeSGD" momentum: 0.9', "", "ScheduleFreeSGD needs whole params"),
        ('type: "LBFGS"', "", "LBFGS takes all data in each iteration"),
        ('update { name: "u" layer: "*" }', "", "s.prototxt:2:1: sharding: FULL, but several updates share"),
        ("gradient_noise_param { eta: 0.1 }", "", "noise is drawn for whole gradients"),
        ("ema_param { decay: 0.9 }", "", "averaged weights are whole params"),
        ("debug_info: true", "", "s.prototxt:2:13: sharding: FULL, but it runs layers one by one"),
        ('watch: "ip"', "", "sharding: FULL, but it runs layers one by one"),
        ("tensorboard_param { histogram_interval: 5 }", "", "its histograms and filters show whole params"),
        ("tensorboard_param { filter_interval: 5 }", "", "set its intervals to 0"),
        ("snapshot_format: HDF5", "", "Caffe's files hold whole history"),
        ("engine_param { engine: COMPILE }", "", "engine: COMPILE has all params at fixed addresses"),
        ("engine_param { engine: GRAPH }", "", "engine: GRAPH has all params at fixed addresses"),
        ("engine_param { layout: CHANNELS_LAST }", "", "layout: CHANNELS_LAST moves filters"),
        (
            "",
            "compression: BF16",
            "s.prototxt:3:49: sharding: FULL, but parts of gradients are sent as they are",
        ),
        ("", "average_every: 2", "local SGD needs whole params in each process"),
    ],
)
def test_settings_that_sharding_excludes_are_faults(
    tmp_path: Path, solver: str, more: str, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        check_solver(_document(tmp_path, f"sharding: FULL {more}", solver), processes=2)
    assert message in str(raised.value).replace(f"{tmp_path}/", "")


def test_engine_of_a_net_that_sharding_excludes_is_a_fault(tmp_path: Path) -> None:
    net = "engine_param { engine: COMPILE }"
    document = _document(tmp_path, "sharding: FULL", net=net)
    with pytest.raises(ConfigError, match=r"s\.prototxt:3:31: sharding: FULL, but engine: COMPILE"):
        check_solver(document, processes=2)
    document = _document(tmp_path, "sharding: FULL", "engine_param { engine: EAGER }", net)
    assert not check_solver(document, processes=2).warnings


def test_rules_that_take_rows_are_accepted(tmp_path: Path) -> None:
    for kind in ("SGD", "Nesterov", "AdaGrad", "RMSProp", "Lion", "LARS", "LAMB"):
        assert check_solver(_document(tmp_path, "sharding: FULL", f'type: "{kind}"'), processes=2)


def test_sharding_without_effect_is_a_warning(tmp_path: Path) -> None:
    assert _warnings(tmp_path, "sharding: FULL") == []
    (alone,) = _warnings(tmp_path, "sharding: FULL", processes=1)
    assert "s.prototxt:3:31: sharding has no effect in a single process" in alone
    (idle,) = _warnings(tmp_path, "sharding_param { min_layer_size: 5 }")
    assert "sharding_param has no effect without sharding: FULL" in idle
    overlapped = _warnings(tmp_path, "sharding: FULL bucket_mb: 5 static_graph: true")
    assert [warning.partition(": ")[2].split("\n")[0] for warning in overlapped] == [
        "bucket_mb has no effect with sharding: FULL",
        "static_graph has no effect with sharding: FULL",
    ]
