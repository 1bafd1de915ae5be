"""No command lets a stranger's text act on the terminal, wherever the text stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from layerzoo.cli import main as program
from layerzoo.cli.gflags import Group
from layerzoo.cli.main import main
from layerzoo.terminal_text import printable

NAME = "\x1b[2J\x9b1m\x07\u202e\u200b[red]x"
HOSTILE = f"{NAME}[/red]\udce9"
NET = f"""name: "{NAME}"
layer {{ name: "d{NAME}" type: "DummyData" top: "x{NAME}"
  dummy_data_param {{ shape {{ dim: 1 dim: 2 }} }} }}
layer {{ name: "i{NAME}" type: "InnerProduct" bottom: "x{NAME}" top: "y{NAME}"
  inner_product_param {{ num_output: 2 }} loss_weight: 1 }}
"""
FAULTY = NET + f'layer {{ name: "q{NAME}" type: "{NAME}" bottom: "z{NAME}" {NAME}: 1 }}'
SOLVER = f'net: "n.prototxt" base_lr: 0 lr_policy: "fixed" max_iter: 1 display: 1 snapshot_prefix: "r{NAME}"'
SKIPPED = {"serve"}
"""Commands that run until they are stopped."""


def commands(group: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands with their names, those of groups included."""
    context = click.Context(group)
    assert isinstance(group, Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, Group):
            yield from commands(command, *names, name)
        elif name not in SKIPPED:
            yield (*names, name), command


ALL = dict(commands(program.layerzoo))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))


def said(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """What a command prints, all of it printable."""
    main(args)
    captured = capsys.readouterr()
    for text in captured:
        assert text == printable(text), args
    return captured.out + captured.err


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_arguments_and_values_of_flags_are_escaped(
    names: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, *names, f"-{HOSTILE}")
    assert r"\x1b[2J" in text
    said(capsys, *names, HOSTILE)
    for param in ALL[names].params:
        if isinstance(param, click.Option) and not param.is_flag:
            said(capsys, *names, f"-{param.opts[0].lstrip('-')}", HOSTILE)


def test_commands_are_many() -> None:
    assert len(ALL) > 30


@pytest.mark.parametrize(
    "args",
    [
        "check -model n.prototxt",
        "check -model f.prototxt",
        "check -lenient -model f.prototxt",
        "check -solver s.prototxt",
        "summary -model n.prototxt",
        "summary -json -model n.prototxt",
        "draw n.prototxt n.svg",
        "draw f.prototxt n.svg",
        "convert n.prototxt n.yaml",
        "upgrade f.prototxt g.prototxt",
        "to_python n.prototxt n.py",
        "time -model n.prototxt -iterations 1",
        "train -solver s.prototxt",
        "train -solver s.prototxt -dry_run",
        "train -solver s.prototxt -watch q",
        "test -model n.prototxt -iterations 1",
        "find_lr -solver s.prototxt",
        "parse_log t.log .",
        "plot t.log",
        "runs .",
    ],
)
def test_contents_of_files_are_escaped(args: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.prototxt").write_text(NET)
    Path("f.prototxt").write_text(FAULTY)
    Path("s.prototxt").write_text(SOLVER)
    start = "I1126 00:00:00.000000 1 solver.cpp:1] "
    output = f"{start}    Train net output #0: {NAME} = 1\n"
    Path("t.log").write_text(f"{start}Solving {NAME}\n{start}Iteration 1, loss = 1\n{output}")
    Path(f"{NAME}.run").mkdir()
    said(capsys, *args.split())


def test_log_file_of_a_run_is_escaped() -> None:
    Path("n.prototxt").write_text(NET)
    Path("s.prototxt").write_text(SOLVER)
    assert main(["train", "-solver", "s.prototxt"]) == 0
    [log] = Path().glob("*.run/log.txt")
    text = log.read_text("utf-8")
    assert text == printable(text)
    assert r"Solving \x1b[2J" in text
