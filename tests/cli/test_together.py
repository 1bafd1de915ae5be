"""What is said where a command runs in several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from torch.distributed import HashStore, Store  # type: ignore[attr-defined]  # its exports are not marked

from layerzoo.cli.together import together
from layerzoo.errors import DataError, UsageError
from layerzoo.ranks import Deserted, Ranks
from tests.solver.whole_state import write_configs
from tests.together import environments


def _silent(error: Exception, board: Store, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Run a command that ends by an error; its exit code where it leaves the words to others."""
    ranks = Ranks()
    ranks.rank, ranks.count, ranks._board = 0, 2, board
    monkeypatch.setattr("layerzoo.cli.together._join", lambda: ranks)
    monkeypatch.setattr("layerzoo.cli.together._SPEAKING", 0)

    @together
    def command(*, ranks: Ranks) -> int:
        raise error

    try:
        command()
    except click.exceptions.Exit as left:
        return left.exit_code
    except type(error):
        return None
    raise AssertionError


def test_what_all_run_into_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    board = HashStore()
    found = [
        _silent(error, board, monkeypatch)
        for error in (UsageError("a"), UsageError("a"), DataError("b"), ValueError("c"), ValueError("c"))
    ]
    assert found == [None, 2, None, None, 1]


def test_that_another_ended_is_said_where_it_says_nothing_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    board = HashStore()
    assert _silent(Deserted("it has ended"), board, monkeypatch) is None
    assert _silent(Deserted("another way"), board, monkeypatch) == 1


def test_torchrun(tmp_path: Path) -> None:
    """The mistake in the config is said once, however many processes see it."""
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
