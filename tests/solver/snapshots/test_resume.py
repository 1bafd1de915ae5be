"""Resumed runs equal uninterrupted ones, bit for bit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.optimizer import RULES
from layerzoo.snapshot import read_snapshot
from tests.gpu import on_a_gpu
from tests.solver.snapshots.whole_state import SOLVER, fingerprint, metrics, write_configs

EXTRA = {
    "SGD": "momentum: 0.9",
    "Nesterov": "momentum: 0.9",
    "RMSProp": "rms_decay: 0.9",
    "AdaDelta": "momentum: 0.9 delta: 1e-6",
    "Adam": "momentum: 0.9",
    "AdamW": "momentum: 0.9",
    "LAMB": "momentum: 0.9",
    "LARS": "momentum: 0.9",
    "Lion": "momentum: 0.9 momentum2: 0.99",
    "Muon": "momentum: 0.9",
    "Adafactor": "momentum: 0.9",
    "ScheduleFreeSGD": "momentum: 0.9",
    "ScheduleFreeAdamW": "momentum: 0.9",
}
UPDATE_RULES = sorted(name for name in RULES if not RULES[name].full_batch)
FULL_BATCH_RULES = sorted(name for name in RULES if RULES[name].full_batch)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*arguments: str) -> None:
    assert main(["train", "-solver", "solver.prototxt", *arguments]) == 0


def whole_and_cut(cuts: list[int], end: int, *arguments: str) -> None:
    """Train without interruption and in pieces, and compare the results."""
    train("-set", f"max_iter={end}", *arguments)
    shutil.move("r.run", "whole")
    for place in [*cuts, end]:
        train("-set", f"max_iter={place}", "-resume", "auto", *arguments)
    assert fingerprint(Path(f"whole/iter_{end}")) == fingerprint(Path(f"r.run/iter_{end}"))
    assert metrics(Path("whole")) == metrics(Path("r.run"))


def test_cases_cover_all_rules() -> None:
    assert (len(UPDATE_RULES), len(FULL_BATCH_RULES)) == (14, 8)


@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_resume_is_exact_with_every_rule(rule: str, in_folder: Path) -> None:
    base = SOLVER.replace("ema_param { decay: 0.8 }", "") if rule.startswith("ScheduleFree") else SOLVER
    write_configs(in_folder, f'{base} type: "{rule}" {EXTRA.get(rule, "")}')
    whole_and_cut([3, 4], 9)
    snapshot = read_snapshot(in_folder / "r.run/iter_9")
    assert snapshot.means
    parts = snapshot.parts
    assert parts["data"] == {"test0": 15, "test1": 10}, "tests at 0, 2, 4, 6 and 8 of 3 and 2 batches"
    assert len(parts["train"]["losses"]) == 3
    assert parts["train"]["tested_at"] == 8
    assert {"train.layers.lstm.state.state0", "test0.layers.lstm.state.state1"} <= parts["buffers"].keys()


@pytest.mark.parametrize("rule", FULL_BATCH_RULES)
def test_resume_is_exact_with_full_batch_rules(rule: str, in_folder: Path) -> None:
    net = (
        'layer { name: "d" type: "Dataset" top: "x" top: "t" '
        'dataset_param { name: "digits" split: "test" size: 4 batch_size: 360 } } '
        'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" '
        'inner_product_param { num_output: 10 weight_filler { type: "xavier" } } } '
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }'
    )
    solver = 'base_lr: 1 lr_policy: "fixed" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 display: 1'
    (in_folder / "solver.prototxt").write_text(f'{solver} type: "{rule}" net_param {{ {net} }}')
    whole_and_cut([1, 4], 8)


def test_resume_by_name_from_a_snapshot_on_the_way(in_folder: Path) -> None:
    write_configs(in_folder, f"{SOLVER} momentum: 0.9 snapshot: 2")
    train("-set", "max_iter=7")
    whole, rows = fingerprint(in_folder / "r.run/iter_7"), metrics(in_folder / "r.run")
    train("-set", "max_iter=7", "-snapshot", "r.run/iter_4")
    assert fingerprint(in_folder / "r.run/iter_7") == whole
    assert metrics(in_folder / "r.run") == rows
    assert (in_folder / "r.run/iter_6.aside").is_dir(), "what the run left behind is out of the way of auto"


def test_resume_keeps_a_random_seed(in_folder: Path) -> None:
    write_configs(in_folder, SOLVER.replace("random_seed: 3", "snapshot: 3") + "momentum: 0.9")
    train("-set", "max_iter=6")
    whole = fingerprint(in_folder / "r.run/iter_6")
    train("-set", "max_iter=6", "-snapshot", "r.run/iter_3")
    assert fingerprint(in_folder / "r.run/iter_6") == whole


def test_resume_of_a_finished_run_trains_no_further(in_folder: Path) -> None:
    write_configs(in_folder, f"{SOLVER} momentum: 0.9")
    train("-set", "max_iter=4")
    whole, rows = fingerprint(in_folder / "r.run/iter_4"), metrics(in_folder / "r.run")
    train("-set", "max_iter=4", "-resume", "auto")
    assert fingerprint(in_folder / "r.run/iter_4") == whole
    assert metrics(in_folder / "r.run") == rows


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_resume_of_a_finished_run_writes_missing_files_of_caffe(form: str, in_folder: Path) -> None:
    write_configs(in_folder, f"{SOLVER} momentum: 0.9 max_iter: 4 snapshot_format: {form}")
    train()
    suffix = ".h5" if form == "HDF5" else ""
    files = [Path(f"r_iter_4.{kind}{suffix}") for kind in ("caffemodel", "solverstate")]
    state = files[1].read_bytes()
    files[1].unlink()  # as after a full disk
    train("-resume", "auto")
    assert files[1].read_bytes() == state
    assert files[0].exists()


def test_resume_without_a_snapshot_restarts_in_the_same_folder(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_configs(in_folder, f"{SOLVER} momentum: 0.9 max_iter: 4")
    train()
    shutil.move("r.run", "whole")
    with monkeypatch.context() as patched:
        patched.setattr("layerzoo.solver.snapshots.saver.write_snapshot", lambda *_: 1 / 0)
        assert main(["train", "-solver", "solver.prototxt", "-resume", "auto"]) == 1
    assert metrics(Path("r.run")), "it had come far"
    train("-resume", "auto")
    assert metrics(Path("whole")) == metrics(Path("r.run"))
    assert [path.name for path in in_folder.glob("r.*")] == ["r.run"]


@contextmanager
def deterministic() -> Iterator[None]:
    """Undo what ``-deterministic`` sets for the process."""
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn


@on_a_gpu
def test_resume_is_exact_on_a_gpu_with_deterministic_algorithms(in_folder: Path) -> None:
    write_configs(in_folder, f"{SOLVER} momentum: 0.9")
    with deterministic():
        whole_and_cut([3, 4], 9, "-gpu", "0", "-deterministic")


@on_a_gpu
def test_deterministic_run_is_not_recorded_and_resumes_exactly(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plateau = 'lr_policy: "plateau" gamma: 0.5 plateau_param { patience: 2 threshold: 10 }'
    text = SOLVER.replace(plateau, 'lr_policy: "step" stepsize: 4 gamma: 0.5').replace(
        "gradient_noise_param { eta: 0.0001 }", "engine_param { engine: GRAPH }"
    )
    write_configs(in_folder, f"{text} momentum: 0.9")
    with deterministic():
        whole_and_cut([6, 7], 15, "-gpu", "0", "-deterministic")
    assert "deterministic algorithms are asked for" in capsys.readouterr().err


def test_early_stopping_continues_to_count(in_folder: Path) -> None:
    stopping = 'early_stopping_param { patience: 3 min_delta: 100 } type: "SGD" max_iter: 50'
    write_configs(in_folder, SOLVER.replace("early_stopping_param { patience: 50 }", stopping))
    train()
    ended = [path.name for path in Path("r.run").glob("iter_*")]
    assert ended == ["iter_6"], "the tests at 2, 4 and 6 are no better than that at 0"
    shutil.move("r.run", "whole")
    train("-set", "max_iter=3")
    train("-resume", "auto")
    assert fingerprint(Path("whole/iter_6")) == fingerprint(Path("r.run/iter_6"))
    train("-resume", "auto")
    assert not Path("r.run/iter_7").exists(), "it stays stopped"
    assert metrics(Path("whole")) == metrics(Path("r.run")), "nor is it tested again"
    assert json.loads(Path("r.run/iter_6/state.json").read_text())["parts"]["early_stopping"] == {
        "best": metrics(Path("r.run"))[1]["outputs"]["loss"][0],  # type: ignore[index]
        "standing_still": 3,
    }


def test_resume_warns_about_another_number_of_threads(
    in_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_configs(in_folder)
    train("-set", "max_iter=1")
    path = in_folder / "r.run/iter_1/state.json"
    text = json.loads(path.read_text())
    del text["checksum"]
    from layerzoo.snapshot.native import _sealed

    path.write_text(_sealed(text | {"threads": 99}))
    train("-set", "max_iter=2", "-resume", "auto")
    assert "was taken with 99 threads" in capfd.readouterr().err
