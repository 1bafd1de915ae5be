"""The number of CPU threads of a run: who decides, by what size of net, and what a resume keeps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.graph import Graph
from layerzoo.loader import load_net, parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState, SolverParameter
from layerzoo.snapshot import read_snapshot
from layerzoo.solver import thread_count
from layerzoo.solver.thread_count import (
    choose_threads,
    multiply_adds,
    newest_snapshot,
    obey_threads,
    threads_of,
)

CONFIGS = Path(__file__).parents[2] / "configs"
TRAINING = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-set", "test_interval=0"]


@pytest.fixture(autouse=True)
def four_processors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Four processors, which torch uses, and no variable that asks for a number of threads."""
    monkeypatch.delenv("LAYERZOO_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(thread_count, "processors", lambda: 4)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def graph(name: str) -> Graph:
    return graph_of(load_net(CONFIGS / name), NetState(phase=TRAIN))


def test_small_nets_take_one_thread_and_large_ones_all() -> None:
    assert choose_threads(graph("mlp_train_test.yaml")) == torch.get_num_threads() == 1
    torch.set_num_threads(4)
    assert choose_threads(graph("lenet_train_test.yaml")) == torch.get_num_threads() == 4


def test_processes_of_a_machine_share_its_processors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with caplog.at_level(logging.DEBUG, "layerzoo"):
        assert choose_threads(graph("lenet_train_test.yaml")) == torch.get_num_threads() == 2
    assert "multiply-adds, and 2 processes share the machine" in caplog.text
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    torch.set_num_threads(4)
    assert choose_threads(graph("lenet_train_test.yaml")) == 1


def test_multiply_adds_are_those_of_one_operation() -> None:
    layers = "\n".join(
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "x" top: "{name}" '
        f"inner_product_param {{ num_output: {size} }} }}"
        for name, size in (("a", 10), ("b", 30))
    )
    text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 5 } } }\n' + layers
    assert multiply_adds(graph_of(parse_net(text), NetState())) == (100 * 100 + 300 * 300) // 400


def test_recurrent_layer_is_an_operation_for_each_time_step() -> None:
    text = """
    layer { name: "x" type: "Input" top: "x" top: "cont"
            input_param { shape { dim: 8 dim: 2 dim: 5 } shape { dim: 8 dim: 2 } } }
    layer { name: "r" type: "RNN" bottom: "x" bottom: "cont" top: "r" recurrent_param { num_output: 3 } }
    """
    wired = graph_of(parse_net(text), NetState())
    assert multiply_adds(wired) == wired.macs(wired.layers[1]) // 8 > 0


def test_net_without_multiply_adds_takes_one_thread() -> None:
    text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
    assert choose_threads(graph_of(parse_net(text), NetState())) == 1


def test_variable_comes_before_the_config_and_that_before_openmps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mlp = graph("mlp_train_test.yaml")
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert choose_threads(mlp) == 4
    assert choose_threads(mlp, SolverParameter(threads=2)) == 2
    monkeypatch.setenv("LAYERZOO_THREADS", "3")
    assert choose_threads(mlp, SolverParameter(threads=2)) == 3


def test_solver_of_a_program_obeys_its_config_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    obey_threads(SolverParameter())
    assert torch.get_num_threads() == 4
    obey_threads(SolverParameter(threads=2))
    assert torch.get_num_threads() == 2
    monkeypatch.setenv("LAYERZOO_THREADS", "3")
    obey_threads(SolverParameter(threads=1))
    assert torch.get_num_threads() == 2


def test_resume_keeps_the_number_of_the_snapshot(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*TRAINING, "-set", "max_iter=2", "-threads", "2"]) == 0
    assert torch.get_num_threads() == 4, "the flag is undone when the command line has run"
    (snapshot,) = tmp_path.rglob("iter_2")
    assert read_snapshot(snapshot).threads == threads_of(snapshot) == 2
    capfd.readouterr()

    assert main([*TRAINING, "-set", "max_iter=4", "-snapshot", "auto", "-v"]) == 0
    err = capfd.readouterr().err
    assert "Threads: 2 of 4, as the snapshot was taken with" in err
    assert "results will differ" not in err
    (snapshot,) = tmp_path.rglob("iter_4")
    assert read_snapshot(snapshot).threads == 2

    assert main([*TRAINING, "-set", "max_iter=6", "-set", "threads=3", "-snapshot", "auto"]) == 0
    err = capfd.readouterr().err
    assert "taken with 2 threads, this run has 3: results will differ by rounding" in err
    assert "Threads:" not in err

    assert main([*TRAINING, "-set", "max_iter=8", "-set", "threads=0", "-snapshot", "auto", "-v"]) == 0
    assert reason_in(capfd.readouterr().err) == "1 of 4, as the net's operations have"

    monkeypatch.setattr(thread_count, "processors", lambda: 1)
    assert choose_threads(graph("lenet_train_test.yaml"), None, snapshot) == 1, "no more than there are"


def reason_in(log: str) -> str:
    (line,) = (line for line in log.splitlines() if "Threads: " in line)
    return " ".join(line.partition("Threads: ")[2].split()[:8])


def test_missing_snapshots_are_left_to_the_resume(tmp_path: Path) -> None:
    assert threads_of(None) is None
    assert threads_of(tmp_path / "iter_9") is None
    assert newest_snapshot("auto", tmp_path / "no.run") is None
    assert newest_snapshot("some/iter_3", tmp_path) == Path("some/iter_3")


def test_wrong_number_of_threads_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAINING, "-threads", "0"]) == 2
    assert "'-threads'" in capfd.readouterr().err
    monkeypatch.setenv("LAYERZOO_THREADS", "many")
    assert main(["list", "solvers"]) == 2
    assert "LAYERZOO_THREADS=many: expected a number of threads from 1 to 1024" in capfd.readouterr().err


def test_reason_is_logged_only_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="layerzoo"):
        logging.getLogger("layerzoo").propagate = True
        choose_threads(graph("mlp_train_test.yaml"))
    assert [record.levelno for record in caplog.records if "Threads: 1 of 4" in record.message] == [
        logging.DEBUG
    ]
