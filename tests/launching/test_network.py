"""A network that goes down while two machines train: two network namespaces stand for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.snapshot import list_snapshots
from tests.launching.launches import NET, SOLVER
from tests.processes import ROOT

DEADLINE = 150
HOST, OTHER = "10.213.77.1", "10.213.77.2"
SOONER = """
from layerzoo import connections
connections.GONE, connections._IDLE, connections._BETWEEN = 12, 4, 2
"""


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace that a link connects to this one."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the program ip")
    name = f"lz{os.getpid()}"
    try:
        _ip(f"netns add {name}")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made: {error.stderr!r}")
    try:
        _ip(f"link add {name}a type veth peer name {name}b netns {name}")
        _ip(f"addr add {HOST}/24 dev {name}a")
        _ip(f"link set {name}a up")
        for words in (f"addr add {OTHER}/24 dev {name}b", f"link set {name}b up", "link set lo up"):
            _ip(f"-n {name} {words}")
        yield name
    finally:
        subprocess.run(["ip", "link", "del", f"{name}a"], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _start(folder: Path, *before: str) -> subprocess.Popen[str]:
    """Start a launch of two machines in a folder."""
    flags = ["-machines", "2", "-processes", "1", "-rendezvous", f"{HOST}:29477"]
    return subprocess.Popen(
        [*before, sys.executable, "-m", "layerzoo", "train", "-solver", "solver.yaml", *flags],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_network_that_goes_down_is_told_on_both_machines(tmp_path: Path, namespace: str) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "solver.yaml").write_text(SOLVER.replace("max_iter: 200", "max_iter: 1000000"))
    (tmp_path / "sitecustomize.py").write_text(SOONER)  # 12 seconds in place of 60
    launches = [_start(tmp_path), _start(tmp_path, "ip", "netns", "exec", namespace)]
    try:
        log, deadline = tmp_path / "r.run" / "log.txt", time.monotonic() + DEADLINE
        while not (log.exists() and "Iteration 60 " in log.read_text()):
            assert time.monotonic() < deadline
            assert [each.poll() for each in launches] == [None, None], [
                each.communicate() for each in launches
            ]
            time.sleep(0.1)
        _ip(f"link set {namespace}a down")
        began = time.monotonic()
        said = [each.communicate(timeout=DEADLINE)[1] for each in launches]
        took = time.monotonic() - began
    finally:
        for each in launches:
            each.kill()
    assert [each.returncode for each in launches] == [1, 1], said
    assert took < 60, said  # 12 seconds, and some to end all processes
    for text in said:
        errors = [line for line in text.splitlines() if "error: " in line]
        assert len(errors) == 1, text
        assert "error: the connection to machine " in errors[0]
        assert " is lost" in errors[0]
        assert errors[0].endswith("the same command with -resume auto goes on from the newest snapshot")
    assert f"({OTHER}; process 1 of 2)" in said[0] or f"({OTHER}; process 0 of 2)" in said[0], said
    assert list_snapshots(tmp_path / "r.run")[-1][0] >= 50
