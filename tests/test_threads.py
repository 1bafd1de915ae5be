"""CPU threads: how they wait, how many a process may use, and LAYERZOO_THREADS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from layerzoo import threads
from layerzoo.errors import UsageError
from layerzoo.threads import VARIABLE, processors, requested, use_requested, wait_passively

ROOT = Path(__file__).parents[1]
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS", VARIABLE)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is restored
        monkeypatch.delenv(name)


def python(code: str, **environ: str) -> str:
    """What a new process prints whose environment has only those of the variables."""
    env = {name: value for name, value in os.environ.items() if name not in NAMES}
    env |= {"PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.usefixtures("clean")
def test_threads_wait_passively_unless_the_user_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_passively()
    assert "GOMP_SPINCOUNT" not in os.environ, "torch has been imported: too late"
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    wait_passively()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert "GOMP_SPINCOUNT" not in os.environ
    monkeypatch.delenv("OMP_WAIT_POLICY")
    wait_passively()
    assert (os.environ["OMP_WAIT_POLICY"], os.environ["GOMP_SPINCOUNT"]) == ("PASSIVE", "1000")


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("text", ["0", "-1", "two", "1025", "1.5", "99999999999", "²"])
def test_requested_refuses_what_is_no_number_of_threads(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(
        UsageError, match=f"LAYERZOO_THREADS={text}: expected a number of threads from 1 to 1024"
    ):
        requested()


@pytest.mark.usefixtures("clean")
def test_requested_number_is_used_at_once_if_torch_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert requested() is None
    before = torch.get_num_threads()
    monkeypatch.setenv(VARIABLE, "3")
    try:
        use_requested()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_import_changes_nothing_in_a_program() -> None:
    shown = "import os; before = dict(os.environ); import layerzoo; import layerzoo.net, torch; "
    same = python(shown + "print(dict(os.environ) == before, torch.get_num_threads())", OMP_NUM_THREADS="2")
    assert same == "True 2"


def test_import_uses_the_number_that_the_variable_asks_for() -> None:
    code = "import layerzoo, os, torch; print(torch.get_num_threads(), os.environ['OMP_WAIT_POLICY'])"
    assert python(code, LAYERZOO_THREADS="1", OMP_NUM_THREADS="2") == "1 PASSIVE"
    assert python("import torch, layerzoo; print(torch.get_num_threads())", LAYERZOO_THREADS="3") == "3"
    assert python("import layerzoo; print('imported')", LAYERZOO_THREADS="many") == "imported"


def test_processors_are_those_of_the_affinity_mask_and_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_quotas", lambda: iter(()))
    assert processors() == len(os.sched_getaffinity(0))
    monkeypatch.setattr(threads, "_quotas", lambda: iter((1, 5)))
    assert processors() == 1


@pytest.mark.parametrize(
    ("files", "quotas"),
    [
        ({}, []),
        ({"cpu.max": "max 100000\n"}, []),
        ({"cpu.max": "150000 100000\n"}, [2]),
        ({"cpu.max": "50000 100000\n"}, [1]),
        ({"cpu.max": "max 100000\n", "box/cpu.max": "300000 100000\n"}, [3]),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, []),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, [4]),
        ({"cpu.max": "garbage"}, []),
    ],
)
def test_quotas_are_read_from_control_groups(
    tmp_path: Path, files: dict[str, str], quotas: list[int]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "self").write_text("1:name=systemd:/\n0::/box\n")
    assert list(threads._quotas(str(tmp_path), str(tmp_path / "self"))) == quotas


@pytest.mark.parametrize(("value", "count"), [(None, 1), ("4", 4), ("", 1), ("0", 1), ("many", 1)])
def test_processes_of_this_machine_are_those_that_were_started(
    monkeypatch: pytest.MonkeyPatch, value: str | None, count: int
) -> None:
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if value is not None:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", value)
    assert threads.processes_here() == count
