"""The cost of a run in its summary."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from layerzoo.cli.cost import cost_lines, machines_of
from layerzoo.cli.main import main
from layerzoo.runs.cost import Cost

TRAIN = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-set", "max_iter=4"]
PRICE = ["-set", "price_per_hour=360"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    for name in ("GROUP_WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("processes", "environment", "machines"),
    [
        (1, {}, 1),
        (1, {"GROUP_WORLD_SIZE": "4"}, 1),
        (16, {"GROUP_WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "8"}, 2),
        (16, {"LOCAL_WORLD_SIZE": "4"}, 4),
        (2, {"LOCAL_WORLD_SIZE": "4"}, 1),
        (2, {}, 1),
        (2, {"LOCAL_WORLD_SIZE": "0"}, 1),
    ],
)
def test_machines_follow_from_the_environment(
    processes: int, environment: dict[str, str], machines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert machines_of(processes) == machines


def test_lines_have_the_sum_of_several_starts() -> None:
    first, second = Cost(2.5, 2, 7200, 10, 20_000_000), Cost(2.5, 1, 3600)
    assert cost_lines([first]) == [
        "cost: 10.00 (2 h 0 min on 2 machines at 2.5 an hour; 0.50 per million samples)"
    ]
    assert cost_lines([first, second]) == [
        "cost: 2.50 (1 h 0 min at 2.5 an hour)",
        "cost of all 2 starts of this run: 12.50",
    ]


def test_summary_has_the_cost_and_the_folder_keeps_it(
    in_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, *PRICE]) == 0
    err = capfd.readouterr().err
    assert re.search(r"^cost: \S+ \([\d.]+ s at 360 an hour; \S+ per million samples\)$", err, re.MULTILINE)
    (row,) = map(json.loads, (in_folder / "snapshots/mlp.run/cost.jsonl").read_text().splitlines())
    assert (row["price_per_hour"], row["machines"], row["iterations"]) == (360, 1, 4)
    assert row["samples"] == 4 * 64, "four batches of 64"
    assert row["cost"] == pytest.approx(row["seconds"] / 10, abs=1e-3)

    assert main([*TRAIN[:-1], "max_iter=6", *PRICE, "-resume", "auto"]) == 0
    assert "cost of all 2 starts of this run: " in capfd.readouterr().err
    rows = [
        json.loads(line) for line in (in_folder / "snapshots/mlp.run/cost.jsonl").read_text().splitlines()
    ]
    assert [row["iterations"] for row in rows] == [4, 2]

    assert main(["runs", "show", "snapshots/mlp.run"]) == 0
    assert re.search(r"^cost: \S+ in 2 starts$", capfd.readouterr().out, re.MULTILINE)
    assert main(["runs", "show", "snapshots/mlp.run", "-json"]) == 0
    shown = json.loads(capfd.readouterr().out)["cost"]
    assert shown == pytest.approx(sum(row["cost"] for row in rows), abs=1e-3)


def test_run_without_a_price_has_no_cost(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(TRAIN) == 0
    assert "cost" not in capfd.readouterr().err
    assert not (in_folder / "snapshots/mlp.run/cost.jsonl").exists()
    assert main(["runs", "show", "snapshots/mlp.run"]) == 0
    assert "cost" not in capfd.readouterr().out.partition("\n\n")[0]


def test_run_that_fails_has_a_cost(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, *PRICE, "-set", "base_lr=1e30"]) == 3
    err = capfd.readouterr().err
    assert err.index("\ncost: ") < err.index("\nerror: ")
    (row,) = map(json.loads, (in_folder / "snapshots/mlp.run/cost.jsonl").read_text().splitlines())
    assert row["iterations"] < 4


def test_run_with_nothing_to_do_costs_nothing(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, *PRICE]) == 0
    capfd.readouterr()
    assert main([*TRAIN, *PRICE, "-resume", "auto"]) == 0
    err = capfd.readouterr().err
    assert "nothing to do" in err
    assert "cost" not in err
    assert (in_folder / "snapshots/mlp.run/cost.jsonl").read_text().count("\n") == 1


def test_negative_price_is_a_fault(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "-set", "price_per_hour=-1"]) == 2
    assert "price_per_hour is -1; it has to be 0 or more" in capfd.readouterr().err
