"""SLURM on this machine: a cluster in a folder, whose nodes are daemons here."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "scontrol", "squeue")
_CONFIG = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPort={ports[0]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SchedulerParameters=sched_interval=1
MpiDefault=none
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=600
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]},{ports[2]} CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why SLURM can't be set up here; empty if it can."""
    if os.geteuid():
        return "needs root, to set up SLURM"
    absent = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    return f"needs {', '.join(absent)} (Debian: slurm-wlm, munge)" if absent else ""


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


NODES = ("n1", "n2")


class Nodes:
    """A cluster of two nodes, which share the processors; their names are unknown outside of SLURM.

    Args:
        folder: a short path, since a socket stands in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"PATH": _PATH, "SLURM_CONF": str(folder / "slurm.conf")}

    def start(self) -> None:
        """Start the daemons, and wait until the nodes are idle."""
        folder = self.folder
        for name in ("state", *(f"spool.{node}" for node in NODES)):
            (folder / name).mkdir()
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        text = _CONFIG.format(
            host=socket.gethostname().partition(".")[0],
            folder=folder,
            ports=_free_ports(1 + len(NODES)),
            cpus=os.cpu_count(),
        )
        (folder / "slurm.conf").write_text(text)
        names = {"key-file": key, "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munge.log"}
        options = [f"--{name}={folder / str(path)}" for name, path in names.items()]
        self.run("munged", "--force", f"--seed-file={folder}/munge.seed", *options)
        self.run("slurmctld", "-c")
        for node in NODES:
            self.run("slurmd", "-c", "-N", node)
        idle = f"idle {len(NODES)}\n"
        until(lambda: self.run("sinfo", "--noheader", "--format=%T %D") == idle, 60)

    def stop(self) -> None:
        """Cancel all jobs and end the daemons."""
        with suppress(subprocess.SubprocessError):
            self.run("scancel", "--user=root")
        for name in (*(f"slurmd.{node}" for node in NODES), "slurmctld", "munged"):
            with suppress(OSError, ValueError):
                pid = int((self.folder / f"{name}.pid").read_text())
                os.kill(pid, signal.SIGTERM)
                until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 20)  # type: ignore[misc]

    def run(self, *words: str) -> str:
        """Run a program of SLURM's; returns what it prints."""
        env = {**os.environ, **self.env}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
        return done.stdout

    def job(self, number: str) -> dict[str, str]:
        """The facts of a job, such as ``JobState`` and ``Restarts``."""
        words = self.run("scontrol", "--oneliner", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait(self, number: str, state: str, seconds: float) -> dict[str, str]:
        """Wait until a job has a state; returns its facts."""
        until(lambda: self.job(number)["JobState"] == state, seconds)
        return self.job(number)


def until(condition: Callable[[], object], seconds: float) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
