"""Processes that train together need the same settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layerzoo.cli.alike import check_alike
from layerzoo.errors import UsageError
from layerzoo.loader import load_solver
from layerzoo.ranks import Ranks
from tests.launching.launches import NET, SOLVER, finish, free_place, start, write_configs

DATA = """
layer:
- {name: d, type: Data, top: [x, t], data_param: {source: SOURCE, batch_size: 8}}
- {name: loss, type: SoftmaxWithLoss, bottom: [x, t], top: loss}
"""


class Second(Ranks):
    """The second of two processes; the main one has settings that are given."""

    def __init__(self, main: Any) -> None:
        super().__init__()
        self.rank, self.count, self._answers = 1, 2, [main]
        self._message: Any = None

    def from_main(self, value: Any) -> Any:
        """What the main process sends: its settings, then the message of the first that differs."""
        return self._answers.pop(0) if self._answers else self._message

    def gather(self, value: Any) -> list[Any]:
        """Keep the message."""
        self._message = value
        return [value]


class Main(Ranks):
    """The main of two processes, which keeps what it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 2
        self.sent: list[Any] = []

    def from_main(self, value: Any) -> Any:
        """Keep it."""
        self.sent.append(value)
        return value

    def gather(self, value: Any) -> list[Any]:
        """The other process differs in nothing."""
        return [value, None]


def _compare(folder: Path, *overrides: str, net: str = NET, other: str = NET) -> None:
    main = Main()
    (folder / "solver.yaml").write_text(SOLVER)
    for number, text in enumerate((net, other)):
        (folder / "net.yaml").write_text(text)
        document = load_solver(folder / "solver.yaml", overrides if number else ())
        check_alike(document, Second(main.sent[0]) if number else main)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("base_lr=0.02", r"base_lr is 0\.02 in process 1 on machine .*, but 0\.01 in the main process"),
        ("lr_policy=step", "lr_policy is step in process 1"),
        ("max_epoch=3", r"max_epoch is 3 in process 1 .*, but not given in the main process"),
        (
            "net.layer[ip].inner_product_param.num_output=11",
            r"net\.layer\[ip\]\.inner_product_param\.num_output",
        ),
    ],
)
def test_setting_that_differs_is_named_with_both_values(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _compare(tmp_path, override)


def test_alike_processes_and_paths_that_differ_are_no_fault(tmp_path: Path) -> None:
    _compare(tmp_path)
    _compare(tmp_path, "snapshot_prefix=other")
    _compare(tmp_path, net=DATA.replace("SOURCE", "a"), other=DATA.replace("SOURCE", "b"))
    check_alike(load_solver(tmp_path / "solver.yaml"), Ranks())


def test_machines_with_other_settings_are_refused_in_one_message_on_both(tmp_path: Path) -> None:
    write_configs(tmp_path)
    flags = ("-processes", "1", "-machines", "2", "-rendezvous", free_place(), "-restarts", "1")
    launches = [start(tmp_path, *flags, "-set", f"base_lr={value}") for value in (0.01, 0.02)]
    ends = [finish(each) for each in launches]
    assert [code for code, _ in ends] == [2, 2], ends
    assert sum(log.count("base_lr is 0.0") for _, log in ends) == 1, ends
    assert sum(log.count("has ended the run; its own message says why") for _, log in ends) == 1, ends
