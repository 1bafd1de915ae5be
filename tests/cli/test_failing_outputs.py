"""Outputs that fail while a command runs: terminals, closed pipes, full disks, closed streams."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from layerzoo.snapshot import list_snapshots
from tests.processes import finish, start_processes
from tests.solver.snapshots.whole_state import fingerprint

ROOT = Path(__file__).parents[2]
END = 12
NET = """
name: "outputs"
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "wait" type: "Python" bottom: "x" top: "x" python_param { module: "waiting" layer: "Wait" } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""
SOLVER = f"""
net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 display: 1 max_iter: {END}
base_lr: 0.05 momentum: 0.9 lr_policy: "fixed" watch: "a" tensorboard_param {{}}
"""
WAITING = """
import os, time
import layerzoo.pycaffe as caffe

class Wait(caffe.Layer):
    \"\"\"Prints, and waits in the pass 5 for a file, if a test wants to do something then.\"\"\"
    passes = 0

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        print("a line of the user's")
        Wait.passes += 1
        while Wait.passes == 5 and os.path.exists("wait"):
            time.sleep(0.01)

    def backward(self, top, propagate_down, bottom):
        pass
"""
TRAIN = ["-m", "layerzoo", "train", "-solver", "solver.prototxt", "-gpu", "none", "-allow_python", "waiting"]
ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "TERM": "xterm"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The last snapshot of a run that nothing has disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    prepare(folder)
    assert shell(f"LAYERZOO {' '.join(TRAIN[2:])}", folder).returncode == 0
    return fingerprint(folder / f"r.run/iter_{END}")


@pytest.fixture
def in_folder(tmp_path: Path) -> Path:
    prepare(tmp_path)
    return tmp_path


def prepare(folder: Path) -> None:
    for name, text in (("net.prototxt", NET), ("solver.prototxt", SOLVER), ("waiting.py", WAITING)):
        (folder / name).write_text(text)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which ``LAYERZOO`` is the program."""
    text = command.replace("LAYERZOO", f"{sys.executable} -m layerzoo")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", text],
        cwd=folder,
        env=ALONE,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def check(folder: Path, undisturbed: Mapping[str, str], reason: str) -> None:
    """The run has its result, and its log says once that stderr failed."""
    assert fingerprint(folder / f"r.run/iter_{END}") == undisturbed
    log = (folder / "r.run/log.txt").read_text()
    assert log.count("stderr can't be written") == (1 if reason else 0)
    assert f"stderr can't be written: {reason}; its lines are lost" in log or not reason
    assert "Optimization Done." in log
    assert "Traceback" not in log
    rows = (folder / "r.run/metrics.jsonl").read_text().splitlines()
    assert len(rows) == END


@pytest.mark.parametrize(
    ("effect", "early", "last"), [("snapshot", 1, True), ("stop", 1, False), ("none", 0, True), ("", 1, True)]
)
def test_terminal_that_goes_away(
    in_folder: Path, undisturbed: Mapping[str, str], effect: str, early: int, last: bool
) -> None:
    (in_folder / "wait").touch()
    terminal, end = pty.openpty()
    attach = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    command = [sys.executable, "-c", attach + "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"]
    command += [*TRAIN, *(["-sighup_effect", effect] if effect else [])]
    streams = {"stdin": end, "stdout": end, "stderr": end}
    with subprocess.Popen(command, cwd=in_folder, env=ALONE, start_new_session=True, **streams) as process:
        os.close(end)
        shown = b""
        while b"Iteration 3, lr" not in shown:
            shown += os.read(terminal, 1 << 16)
        os.close(terminal)  # the system sends SIGHUP; writing to the terminal fails from now on
        (in_folder / "wait").unlink()
    assert process.returncode == 0
    snapshots = [iteration for iteration, _ in list_snapshots(in_folder / "r.run")]
    assert len(snapshots) == early + last
    assert all(3 < iteration < END for iteration in snapshots[:early])
    if last:
        check(in_folder, undisturbed, "Input/output error")
    else:
        assert "stderr can't be written: Input/output error" in (in_folder / "r.run/log.txt").read_text()


@pytest.mark.parametrize(
    ("redirected", "reason"),
    [
        ("2>&1 | head -3", "Broken pipe"),
        (">/dev/full 2>/dev/full", "No space left on device"),
        (">&- 2>&- <&-", ""),
    ],
)
def test_stream_that_fails_does_not_end_training(
    in_folder: Path, undisturbed: Mapping[str, str], redirected: str, reason: str
) -> None:
    done = shell(f"LAYERZOO {' '.join(TRAIN[2:])} {redirected}", in_folder)
    assert done.returncode == 0, done.stderr
    check(in_folder, undisturbed, reason)
    assert "Traceback" not in done.stdout + done.stderr
    for path in in_folder.rglob("*"):  # a file with the number of a closed stream would get what is printed
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            assert b"a line of the user's" not in path.read_bytes(), path


def test_streams_of_several_processes(in_folder: Path) -> None:
    processes = start_processes(TRAIN, in_folder)
    for process in processes:
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.close()
    done = finish(processes)
    assert [code for code, *_ in done] == [0, 0]
    assert [iteration for iteration, _ in list_snapshots(in_folder / "r.run")] == [END]
    assert "stderr can't be written: Broken pipe" in (in_folder / "r.run/log.txt").read_text()


def test_stream_of_a_script_and_of_caffe(in_folder: Path) -> None:
    (in_folder / "script.py").write_text(
        "import caffe\nsolver = caffe.SGDSolver('solver.prototxt')\nsolver.step(3)\nsolver.snapshot()\n"
    )
    done = shell(f"{sys.executable} -m layerzoo.pycaffe script.py 2>/dev/full >&- <&-", in_folder)
    assert (done.returncode, done.stderr) == (0, "")
    weights = (in_folder / "r_iter_3.caffemodel").read_bytes()
    done = shell(
        f"{sys.executable} -m layerzoo.tools caffe {' '.join(TRAIN[2:])} -log_dir . 2>/dev/full", in_folder
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (in_folder / f"r_iter_{END}.caffemodel").stat().st_size == len(weights)
    assert "stderr can't be written" in (in_folder / "caffe.INFO").read_text()


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("LAYERZOO summary -model configs/mlp_train_test.yaml | true", 141, ""),
        ("LAYERZOO list layers | true", 141, ""),
        ("LAYERZOO list layers >/dev/full", 1, "error: stdout can't be written: No space left on device\n"),
        (
            "LAYERZOO summary -model configs/mlp_train_test.yaml >/dev/full",
            1,
            "error: stdout can't be written: No space left on device\n",
        ),
        ("LAYERZOO --help >/dev/full", 1, "error: stdout can't be written: No space left on device\n"),
        ("LAYERZOO list nothing 2>/dev/full", 2, ""),
        ("LAYERZOO list layers >&- 2>&- <&-", 0, ""),
    ],
)
def test_stdout_of_a_command_whose_result_it_is(
    in_folder: Path, command: str, code: int, message: str
) -> None:
    done = shell(command, in_folder)
    assert (done.returncode, done.stderr) == (code, message)


def test_log_of_a_test_that_can_not_be_written_is_an_error(in_folder: Path) -> None:
    """Its result is in the log."""
    command = "LAYERZOO test -model configs/mlp_train_test.yaml -iterations 1"
    assert shell(f"{command} 2>/dev/full", in_folder).returncode == 1
    assert shell(f"{command} 2>&1 >/dev/null | true", in_folder).returncode == 0
