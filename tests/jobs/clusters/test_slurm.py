"""SLURM's script; `test_slurm_run` runs it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from tests.jobs.jobs import cluster, train


def options(text: str) -> dict[str, str]:
    """The options of ``sbatch``."""
    return dict(re.findall(r"^#SBATCH --([a-z-]+)(?:=(.*))?$", text, re.MULTILINE))


def test_options_stand_before_the_first_command() -> None:
    text = cluster("slurm", machines=2, gpus=4, time="4:00:00", partition="gpu", account="lab").text()
    assert options(text) == {
        "job-name": "lenet",
        "nodes": "2",
        "ntasks-per-node": "1",
        "gpus-per-node": "4",
        "time": "04:00:00",
        "signal": "B:TERM@120",
        "partition": "gpu",
        "account": "lab",
        "output": "lenet-%j.log",
        "requeue": "",
        "open-mode": "append",
    }
    first = next(i for i, line in enumerate(text.splitlines()) if not line.startswith("#"))
    assert all("#SBATCH" not in line for line in text.splitlines()[first:])
    assert text.startswith("#!/bin/bash\n")


def test_time_has_days_and_has_to_be_longer_than_the_grace() -> None:
    assert options(cluster("slurm", time="2-12:30").text())["time"] == "2-12:30:00"
    with pytest.raises(
        UsageError, match="-time is 120 s, and the signal to stop would come 120 s before its end"
    ):
        cluster("slurm", time="2")
    assert options(cluster("slurm", time="2", grace=60).text())["signal"] == "B:TERM@60"


def test_machines_find_each_other_by_the_first_host() -> None:
    assert "rendezvous" not in cluster("slurm", gpus=8).text()
    text = cluster("slurm", machines=2).text()
    assert text.index("host=$(scontrol show hostnames") < text.index(
        '-machines 2 -rendezvous "$host:$port" &\n'
    )


def test_cores_are_those_of_the_step_too() -> None:
    text = cluster("slurm", cpus="8", memory="64G", constraint="a100|h100", qos="long").text()
    assert options(text) | {
        "cpus-per-task": "8",
        "mem": "64G",
        "constraint": "a100|h100",
        "qos": "long",
    } == options(text)
    assert text.index("export SRUN_CPUS_PER_TASK=8\n") < text.index("srun ")


def test_submission_is_by_sbatch() -> None:
    assert cluster("slurm").submission(Path("a.sbatch")) == ["sbatch", "a.sbatch"]


def test_words_of_the_command_stay_as_they_are(tmp_path: Path) -> None:
    """The shell gives the program exactly the words, whatever is in them."""
    hard = ["-set", "a=$(touch x)", "-publish", "a'b\"`;&|\n#SBATCH --exclusive", "", "*", "~"]
    text = cluster("slurm", train(*hard)).text()
    ran = run(tmp_path, text, f'printf "%s\\0" "$@" > {tmp_path}/words')
    assert ran.returncode == 0, ran.stderr
    words = (tmp_path / "words").read_text().split("\0")[:-1]
    assert words[words.index("layerzoo") :] == [
        "layerzoo", "train", "-solver", "configs/lenet_solver.yaml", *hard, "-resume", "auto", "-gpu", "none",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "job", "words"]


@pytest.mark.parametrize(
    ("code", "state", "queued"),
    [(75, "RUNNING", True), (75, "COMPLETING", False), (0, "RUNNING", False), (1, "RUNNING", False),
     (143, "RUNNING", False), (2, "RUNNING", False)],
)  # fmt: skip
def test_job_is_queued_again_after_a_stop_with_a_snapshot(
    tmp_path: Path, code: int, state: str, queued: bool
) -> None:
    ran = run(tmp_path, cluster("slurm").text(), f"exit {code}", state)
    assert ran.returncode == code
    assert (tmp_path / "requeued").exists() is queued


@pytest.mark.parametrize("code", [75, 143])
def test_signal_reaches_the_tasks_and_the_script_waits_for_them(tmp_path: Path, code: int) -> None:
    task = f'trap "sleep 0.3; echo saved > {tmp_path}/saved; exit {code}" TERM; touch {tmp_path}/began; ' + (
        "while :; do sleep 0.05; done"
    )
    process = start(tmp_path, cluster("slurm").text(), task)
    until((tmp_path / "began").exists)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == code
    assert (tmp_path / "saved").exists()
    assert (tmp_path / "requeued").exists()


def start(folder: Path, text: str, task: str, state: str = "RUNNING") -> subprocess.Popen[str]:
    """Run a script with stand-ins of SLURM's programs; ``srun`` is a shell script of its own."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    programs = {
        "srun": f"echo $$ > {shlex.quote(str(folder / 'bin' / 'pid'))}\n{task}",
        "scancel": f"kill -TERM $(cat {folder}/bin/pid)",
        "squeue": f"echo {state}",
        "scontrol": f'[ "$*" = "requeue 7" ] && touch {folder}/requeued',
    }
    for name, body in programs.items():
        (bin_folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (bin_folder / name).chmod(0o755)
    (folder / "job").write_text(text)
    env = {**os.environ, "PATH": f"{bin_folder}:/usr/bin:/bin", "SLURM_JOB_ID": "7"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(["bash", str(folder / "job")], cwd=folder, env=env, **pipes)  # type: ignore[call-overload,no-any-return]


def run(folder: Path, text: str, task: str, state: str = "RUNNING") -> subprocess.CompletedProcess[str]:
    process = start(folder, text, task, state)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def until(condition: object, seconds: float = 30) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "too late"
        time.sleep(0.02)
