"""Commands in several processes: which process reports an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from torch.distributed import HashStore, Store  # type: ignore[attr-defined]  # its exports are not marked

from layerzoo.cli.distributed import distributed
from layerzoo.errors import DataError, UsageError
from layerzoo.ranks import PeerLostError, Ranks
from tests.processes import environments
from tests.solver.snapshots.whole_state import write_configs


def _exit_code(error: Exception, counters: Store, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """The exit code of a command that raises an error and leaves the report to others; else None."""
    ranks = Ranks()
    ranks.rank, ranks.count, ranks._counters = 0, 2, counters
    monkeypatch.setattr("layerzoo.cli.distributed._connect", lambda: ranks)
    monkeypatch.setattr("layerzoo.cli.distributed._REPORT_TIME", 0)

    @distributed
    def command(*, ranks: Ranks) -> int:
        raise error

    try:
        command()
    except click.exceptions.Exit as left:
        return left.exit_code
    except type(error):
        return None
    raise AssertionError


def test_error_of_all_processes_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = HashStore()
    exit_codes = [
        _exit_code(error, counters, monkeypatch)
        for error in (UsageError("a"), UsageError("a"), DataError("b"), ValueError("c"), ValueError("c"))
    ]
    assert exit_codes == [None, 2, None, None, 1]


def test_lost_peer_is_reported_unless_its_error_was(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = HashStore()
    assert _exit_code(PeerLostError("it has ended"), counters, monkeypatch) is None
    assert _exit_code(PeerLostError("another way"), counters, monkeypatch) == 1


def test_torchrun_reports_a_config_fault_once(tmp_path: Path) -> None:
    """A fault of the config is printed once for all processes."""
    write_configs(tmp_path, "moment: 0.9")
    command = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "-m",
        "layerzoo",
        "train",
    ]
    env = {name: value for name, value in environments(1)[0].items() if "RANK" not in name}
    done = subprocess.run(
        [sys.executable, *command, "-solver", "solver.prototxt"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.count("did you mean 'momentum'?") == 1, done.stderr
    assert "exitcode  : 2" in done.stderr, done.stderr
