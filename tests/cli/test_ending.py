"""What train does after it has ended: ``-when_done``, ``-stop_machine``."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.cli import ending
from layerzoo.cli.main import main
from tests.processes import run_processes

ROOT = Path(__file__).parents[2]
TRAIN = [
    "train",
    "-solver",
    "configs/mlp_solver.yaml",
    "-gpu",
    "none",
    "-set",
    "max_iter=4",
    "-set",
    "test_interval=2",
]
TELL = """
import json, os, sys
facts = {name: value for name, value in os.environ.items() if name.startswith("LAYERZOO_")}
with open(sys.argv[1], "a") as file:
    print(json.dumps([sys.argv[2:], facts]), file=file)
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    for name in ("RANK", "LOCAL_RANK", "LAYERZOO_ENDING", "LAYERZOO_STOP_MACHINE", *ending._MANAGED):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tell.py").write_text(TELL)
    return tmp_path


def tell(*words: str) -> str:
    """A command that writes its words and the facts to a file."""
    return " ".join([sys.executable, "tell.py", "told", *words])


def told() -> list[tuple[list[str], dict[str, str]]]:
    path = Path("told")
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def test_command_is_told_how_the_run_went(in_folder: Path) -> None:
    assert main([*TRAIN, "-when_done", tell("'a b'", "$HOME;")]) == 0
    ((words, facts),) = told()
    assert words == ["a b", "$HOME;"], "no shell"
    assert facts["LAYERZOO_RUN"] == str(in_folder / "snapshots/mlp.run")
    assert facts["LAYERZOO_EXIT_CODE"] == "0"
    tests = [json.loads(line) for line in Path("snapshots/mlp.run/metrics.jsonl").read_text().splitlines()]
    best = max(row["outputs"]["accuracy"][0] for row in tests if row["phase"] == "TEST")
    assert float(facts["LAYERZOO_SCORE"]) == pytest.approx(best)
    assert "LAYERZOO_ENDING" not in facts
    assert "LAYERZOO_ENDING" not in os.environ


@pytest.mark.parametrize(
    ("change", "code", "began"),
    [
        ("base_lr=1e30", 3, True),
        ("momentum=2", 2, False),
        ("bse_lr=1", 2, False),
        ("net=none.yaml", 2, False),
    ],
)
def test_command_runs_after_a_failure_too(in_folder: Path, change: str, code: int, began: bool) -> None:
    assert main([*TRAIN, "-set", change, "-when_done", tell()]) == code
    ((_, facts),) = told()
    assert facts["LAYERZOO_EXIT_CODE"] == str(code)
    assert bool(facts["LAYERZOO_RUN"]) is began


def test_failure_of_the_command_changes_no_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "-when_done", "sh -c 'exit 7'"]) == 0
    assert "warning: -when_done: sh -c 'exit 7' ended with exit code 7\n" in capfd.readouterr().err


def test_command_that_can_not_start_is_a_warning(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = in_folder / "program"
    program.write_text("no program")
    program.chmod(0o755)
    assert main([*TRAIN, "-when_done", str(program)]) == 0
    assert re.search(r"^warning: -when_done: \S+/program: .", capfd.readouterr().err, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("nosuchprogram now", "no program 'nosuchprogram' here; for commands of a shell: sh -c '…'"),
        ("cd /tmp && ls", "no program 'cd' here"),
        ("echo 'a", "echo 'a: no closing quotation"),
        ("", "the command is empty"),
    ],
)
def test_command_is_checked_before_the_run(
    command: str,
    message: str,
    in_folder: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "shutil.which", lambda name: None if name in ("cd", "nosuchprogram") else f"/bin/{name}"
    )
    assert main([*TRAIN, f"-when_done={command}"]) == 2
    assert message in capfd.readouterr().err
    assert not Path("snapshots").exists()


def test_next_command_of_the_process_is_asked_for_nothing(in_folder: Path) -> None:
    assert main([*TRAIN, "-when_done", tell()]) == 0
    assert main([*TRAIN[:-3], "max_iter=5"]) == 0
    assert main(["--version"]) == 0
    assert len(told()) == 1


def test_command_runs_once_where_another_program_has_started_the_processes(in_folder: Path) -> None:
    done = run_processes(["-m", "layerzoo", *TRAIN, "-when_done", tell()], in_folder)
    assert [code for code, _, _ in done] == [0, 0], done
    ((_, facts),) = told()
    assert facts["LAYERZOO_EXIT_CODE"] == "0"
    assert facts["LAYERZOO_RUN"] == str(in_folder / "snapshots/mlp.run")


def test_command_runs_once_after_the_processes_that_train_started(in_folder: Path) -> None:
    words = [sys.executable, "-m", "layerzoo", *TRAIN, "-processes", "2", "-when_done", tell()]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        words, cwd=in_folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    ((_, facts),) = told()
    assert facts["LAYERZOO_EXIT_CODE"] == "0"
    assert facts["LAYERZOO_RUN"] == str(in_folder / "snapshots/mlp.run")
    assert float(facts["LAYERZOO_SCORE"]) > 0


def test_process_that_was_started_by_the_command_only_reports(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = in_folder / "report"
    monkeypatch.setenv("LAYERZOO_ENDING", str(report))
    assert main([*TRAIN, "-when_done", tell()]) == 0
    assert told() == []
    outcome = json.loads(report.read_text())
    assert (outcome["began"], outcome["is_main"]) == (True, True)
    assert outcome["facts"]["LAYERZOO_RUN"] == str(in_folder / "snapshots/mlp.run")
    assert float(outcome["facts"]["LAYERZOO_SCORE"]) > 0


def test_command_that_starts_processes_tells_what_they_report(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command line of a program whose processes have trained."""
    monkeypatch.setattr(ending, "_ending", ending._Ending())
    context = Context(machines=1)
    ending._when_done(context, None, tell())  # type: ignore[arg-type]
    report = Path(os.environ["LAYERZOO_ENDING"])
    report.write_text(json.dumps({"began": True, "is_main": True, "facts": {"LAYERZOO_RUN": "/runs/a.run"}}))
    ending.finish(75)
    ((_, facts),) = told()
    assert (facts["LAYERZOO_RUN"], facts["LAYERZOO_EXIT_CODE"]) == ("/runs/a.run", "75")
    assert not report.exists()


@pytest.mark.parametrize(
    ("machines", "report", "runs"),
    [
        (2, '{"began": true, "is_main": false}', False),
        (2, '{"began": true, "is_main": true}', True),
        (2, "", False),
        (None, "", True),
        (None, '{"beg', True),
    ],
)
def test_command_runs_on_the_machine_of_the_main_process(
    in_folder: Path, machines: int | None, report: str, runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_ending", ending._Ending())
    ending._when_done(Context(machines=machines), None, tell())  # type: ignore[arg-type]
    Path(os.environ["LAYERZOO_ENDING"]).write_text(report)
    ending.finish(0)
    assert bool(told()) is runs


class Context:
    """What the callbacks read of a context."""

    resilient_parsing = False

    def __init__(self, **params: object) -> None:
        self.params = params


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The command that stops the machine writes to ``told``; the seconds that were waited."""
    waited: list[float] = []
    monkeypatch.setenv("LAYERZOO_STOP_MACHINE", tell("stop"))
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def test_machine_is_stopped_after_a_countdown(
    in_folder: Path, stopping: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "-stop_machine", "-when_done", tell("done")]) == 0
    assert [words for words, _ in told()] == [["done"], ["stop"]], "in this order"
    assert 60 in stopping
    assert "the machine stops in 60 s; to keep it running: Ctrl-C\n" in capfd.readouterr().err


def test_machine_is_stopped_after_a_failure_of_training(in_folder: Path, stopping: list[float]) -> None:
    assert main([*TRAIN, "-stop_machine", "-set", "base_lr=1e30"]) == 3
    assert len(told()) == 1


def test_machine_is_not_stopped_if_training_did_not_begin(
    in_folder: Path, stopping: list[float], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*TRAIN, "-stop_machine", "-set", "momentum=2"]) == 2
    assert told() == []
    assert "the machine is not stopped: training did not begin" in capfd.readouterr().err


def test_machine_is_not_stopped_without_the_last_snapshot(
    in_folder: Path, stopping: list[float], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_ending", ending._Ending())
    ending._stop(Context(), None, True)  # type: ignore[arg-type]
    Path(os.environ["LAYERZOO_ENDING"]).write_text('{"began": true}')
    ending.finish(5)
    assert told() == []
    assert "the machine is not stopped: the last snapshot could not be written" in capfd.readouterr().err


def test_machine_keeps_running_after_ctrl_c(
    in_folder: Path, stopping: list[float], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        if seconds == 60:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    assert main([*TRAIN, "-stop_machine"]) == 0
    assert told() == []
    assert capfd.readouterr().err.endswith("the machine is not stopped\n")


@pytest.mark.parametrize(
    ("variable", "name"), [("SLURM_JOB_ID", "SLURM"), ("KUBERNETES_SERVICE_HOST", "Kubernetes")]
)
def test_scheduler_stops_its_machines_itself(
    variable: str, name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "7")
    assert main([*TRAIN, "-stop_machine"]) == 2
    assert f"{name} runs this job and takes the machine back when it ends" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("user", "words"), [(0, ["shutdown", "-h", "now"]), (1000, ["sudo", "-n", "shutdown", "-h", "now"])]
)
def test_machine_is_stopped_by_shutdown_unless_another_command_is_named(
    user: int, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_ending", ending._Ending())
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr("shutil.which", lambda name: f"/sbin/{name}")
    ending._stop(Context(), None, True)  # type: ignore[arg-type]
    assert list(ending._ending.stop) == words
    ending._ending.stop = ()
    ending.finish(0)


def test_machine_is_stopped_by_one_process_of_it(
    in_folder: Path, stopping: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for rank, stops in (("1", False), ("0", True)):
        monkeypatch.setenv("LOCAL_RANK", rank)
        monkeypatch.setattr(ending, "_ending", ending._Ending())
        ending._stop(Context(), None, True)  # type: ignore[arg-type]
        Path(os.environ["LAYERZOO_ENDING"]).write_text('{"began": true}')
        ending.finish(0)
        assert bool(told()) is stops


def test_command_runs_after_sigterm(in_folder: Path) -> None:
    words = [sys.executable, "-m", "layerzoo", *TRAIN[:-4], "-set", "max_iter=1000000", "-when_done", tell()]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(words, cwd=in_folder, env=env, stderr=subprocess.DEVNULL) as process:
        wait(lambda: list(Path("snapshots").glob("mlp.run/metrics.jsonl")))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 75
    ((_, facts),) = told()
    assert facts["LAYERZOO_EXIT_CODE"] == "75"
    assert list(Path(facts["LAYERZOO_RUN"]).glob("iter_*")), "after the snapshot"


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
