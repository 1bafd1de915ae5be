"""The lesson on transfer: its frozen layers stay, and its commands show what its comment says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.home import PACKAGE
from layerzoo.weights import read
from layerzoo.zoo import weights_path
from tests.courses.lessons import COURSES, make_solver, measure

TRUNK = ("conv1", "conv2", "ip1", "ip2")
SHOWN = re.compile(r"#   layerzoo classify (.*)\n((?:#     .*\n)+)")
"""A command of the comment, and the lines that it shows."""


@pytest.mark.parametrize("frozen", [True, False])
def test_trunk_stays_that_of_the_zoo_where_it_is_frozen(frozen: bool, tmp_path: Path) -> None:
    stored = read(weights_path("zoo:lenet-digits"))
    solver = make_solver("transfer", [] if frozen else ["net.let.trunk=0.01"], tmp_path)
    head = solver.net.params["head"][0].detach().clone()
    solver.step(2)
    same = [
        torch.equal(mine, theirs)
        for name in TRUNK
        for mine, theirs in zip(solver.net.params[name], stored[name], strict=True)
    ]
    assert (all(same), any(same)) == (frozen, frozen)
    assert not torch.equal(head, solver.net.params["head"][0])


def test_digit_without_a_label_is_lost() -> None:
    """Without a nine among the images, nines are taken for even, as the comment says."""
    value, _ = measure("transfer", "accuracy", ["net.let.images=20", "max_iter=100"])
    assert value == pytest.approx(0.88, abs=0.01)


def test_classify_shows_digits_before_and_parity_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = SHOWN.findall((COURSES / "transfer.yaml").read_text(encoding="utf-8"))
    assert len(shown) == 2
    (tmp_path / "configs").symlink_to(PACKAGE / "configs")
    monkeypatch.chdir(tmp_path)
    solver = "configs/courses/transfer_solver.yaml"
    for command, lines in shown:
        assert main(["classify", *shlex.split(command)]) == 0
        told = [line.split() for line in capsys.readouterr().out.splitlines()]
        found = [(word, float(score)) for score, word in (line for line in told if len(line) == 2)]
        expected = [(word, float(score)) for score, word in (line[1:].split() for line in lines.splitlines())]
        assert [word for word, _ in found] == [word for word, _ in expected]
        assert all(
            score == pytest.approx(wanted, abs=0.002)
            for (_, score), (_, wanted) in zip(found, expected, strict=True)
        )
        if "-zoo" in command:
            assert main(["train", "-solver", solver, "-set=display=0", "-set=test_interval=100"]) == 0
            capsys.readouterr()
