"""The program: finding commands, imports, messages and exit codes."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import layerzoo.cli
from layerzoo import __version__
from layerzoo.cli import gflags
from layerzoo.cli import main as program
from layerzoo.cli.main import main
from layerzoo.errors import ConfigError, DataError, Fault, LayerzooError, NonFiniteError
from layerzoo.source import Origin, Source

ROOT = Path(__file__).parents[2]
COMMANDS = program.layerzoo.list_commands(click.Context(program.layerzoo))


def python(*args: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, **kwargs
    )


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make ``layerzoo env`` raise an error."""

    @gflags.command("Machine")
    def command() -> None:
        raise error

    monkeypatch.setattr("layerzoo.cli.env.command", command)


def test_commands_are_the_files_that_have_one() -> None:
    names = [file.stem for file in Path(layerzoo.cli.__path__[0]).glob("*.py") if file.stem != "__init__"]
    modules = {name: importlib.import_module(f"layerzoo.cli.{name}") for name in names}
    having = [name for name, m in modules.items() if isinstance(getattr(m, "command", None), click.Command)]
    assert sorted(having) == COMMANDS
    assert {"device_query", "env"} <= set(COMMANDS)
    assert not {"flags", "gflags", "main", "progress"} & set(COMMANDS)


def test_file_in_the_package_adds_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "greet.py").write_text(
        "from layerzoo.cli import gflags\n\n"
        '@gflags.command("Manners")\n'
        '@gflags.flag("name")\n'
        "def command(name):\n"
        '    """Say hello."""\n'
        "    print(f'hello {name}')\n"
        "    return 5\n"
    )
    monkeypatch.setattr(layerzoo.cli, "__path__", [*layerzoo.cli.__path__, str(tmp_path)])
    assert main(["greet", "-name", "you"]) == 5
    assert capsys.readouterr().out == "hello you\n"
    assert main(["--help"]) == 0
    assert re.search(r"Manners:\n  greet +Say hello\.\n", capsys.readouterr().out)
    monkeypatch.delitem(sys.modules, "layerzoo.cli.greet")


def test_help_imports_no_heavy_modules() -> None:
    code = (
        "import sys; from layerzoo.cli.main import main; status = main(['--help']); "
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    imported = set(done.stderr.split())
    heavy = {
        "torch",
        "numpy",
        "google.protobuf",
        "yaml",
        "rich",
        "logging",
        "layerzoo.schema",
    }
    assert imported & heavy == set()
    assert "layerzoo.cli.env" not in imported


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_have_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: layerzoo {name} ")
    command = program.layerzoo.get_command(click.Context(program.layerzoo), name)
    assert isinstance(command, gflags.Command | gflags.Group)
    assert command.section in program.SECTIONS
    assert len(command.get_short_help_str(200)) > 15
    for param in command.params:
        assert isinstance(param, click.Argument) or getattr(param, "help", None), param.name


def test_flags_have_the_same_kind_in_all_commands() -> None:
    """Otherwise ``-x word COMMAND`` could not be parsed before the command is known."""
    kinds: dict[str, set[bool]] = {}
    for name in COMMANDS:
        command = program.layerzoo.get_command(click.Context(program.layerzoo), name)
        for param in command.params if command else ():
            if isinstance(param, click.Option):
                kinds.setdefault(param.opts[0], set()).add(param.is_flag)
    assert {"--gpu"} <= set(kinds)
    assert [name for name, kind in kinds.items() if len(kind) > 1] == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-version"]) == 0
    assert capsys.readouterr().out == f"layerzoo {__version__}\n"


def test_module_runs_the_program() -> None:
    done = python("-m", "layerzoo", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"layerzoo {__version__}\n", "")


def test_usage_error_exits_with_2_and_names_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["device_query", "-gup", "0"]) == 2
    assert capsys.readouterr().err == (
        "error: no flag '-gup'; did you mean '-gpu'?\nfor help: layerzoo device_query --help\n"
    )
    assert main(["devicequery"]) == 2
    assert "did you mean 'device_query'?" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["configs/lenet_solver.yaml", "lenet.yaml", "__init__", "", " ", "flags"])
def test_unknown_commands_are_errors(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 2
    assert capsys.readouterr().err.startswith(f"error: no command '{word}'")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (LayerzooError("no weights"), 1, "error: no weights\n"),
        (NonFiniteError("loss is nan"), 3, "error: loss is nan\n"),
        (DataError("no such file"), 4, "error: no such file\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 1, "error: /x/y: Permission denied\n"),
        (MemoryError(), 1, "error: out of memory; use a smaller batch_size with a larger iter_size\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_expected_exceptions_print_one_message(
    error: BaseException,
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raising(monkeypatch, error)
    assert main(["env"]) == status
    assert capsys.readouterr().err == message


def test_error_in_a_layer_names_it_and_its_bottoms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fillers = "data_filler { value: 1 } data_filler { value: 9 }"
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "d" type: "DummyData" top: "x" top: "y"\n'
        f"  dummy_data_param {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 }} {fillers} }} }}\n"
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "y" }\n'
    )
    assert main(["test", "-model", str(net), "-iterations", "1"]) == 4
    err = capsys.readouterr().err
    assert f"error: {net}:3:1: layer 'loss': label 9 is out of range; 0 to 2 exist (layer 'loss')\n" in err


def test_faults_of_a_config_are_printed_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source("net.yaml", "a: 1\nb: 2\n")
    faults = [Fault("unknown field 'a'", Origin(source, 0)), Fault("unknown field 'b'", Origin(source, 5))]
    raising(monkeypatch, ConfigError(faults))
    assert main(["env"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["error: 2 faults in the config", "net.yaml:1:1: unknown field 'a'"]
    assert "net.yaml:2:1: unknown field 'b'" in lines
    raising(monkeypatch, ConfigError(faults[:1]))
    assert main(["env"]) == 2
    assert capsys.readouterr().err.startswith("error: net.yaml:1:1: unknown field 'a'\n")


def test_out_of_memory_of_a_gpu_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    raising(monkeypatch, torch.OutOfMemoryError("CUDA out of memory."))
    assert main(["env"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: CUDA out of memory.\n")
    assert "Traceback" not in err


def test_out_of_memory_on_the_cpu_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    try:
        torch.empty(1 << 58)
    except RuntimeError as error:
        error.add_note("in layer 'ip' (InnerProduct)")
        raising(monkeypatch, error)
    assert main(["env"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: can't allocate memory: you tried to allocate ")
    assert lines[1:] == [
        "in layer 'ip' (InnerProduct)",
        "use a smaller batch_size with a larger iter_size",
    ]


def test_unexpected_exception_is_reported_as_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, ZeroDivisionError("seven"))
    assert main(["env"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert "ZeroDivisionError: seven\nerror: this is a bug in Layerzoo" in err


def test_closed_stdout_exits_with_141() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "layerzoo", "--help"],
            cwd=ROOT,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(("no_color", "colored"), [(None, True), ("1", False), ("", True)])
def test_no_color_is_honoured(
    no_color: str | None,
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert main(["nothing"]) == 2
    assert ("\033[" in capsys.readouterr().err) is colored


def test_help_of_the_program_agrees_with_the_commands() -> None:
    group = program.layerzoo
    context = click.Context(group)
    by_text = {name: (section, message) for name, section, message in group.summaries(context)}
    assert len(by_text) > 25
    for name, (section, message) in by_text.items():
        command = group.get_command(context, name)
        assert command is not None
        assert (section, message) == (command.section, command.get_short_help_str(limit=200))


@pytest.mark.parametrize("args", [["-sandbox", "env"], ["env", "-sandbox"], ["env", "--sandbox=true"]])
def test_sandbox_is_on_while_its_command_runs(
    args: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYERZOO_SANDBOX", raising=False)
    assert main(args) == 0
    assert re.search(r"^LAYERZOO_SANDBOX +1$", capsys.readouterr().out, re.MULTILINE)
    assert "LAYERZOO_SANDBOX" not in os.environ
    monkeypatch.setenv("LAYERZOO_SANDBOX", "1")
    assert main(["env", "-nosandbox"]) == 0
    assert re.search(r"^LAYERZOO_SANDBOX +0$", capsys.readouterr().out, re.MULTILINE)
    assert os.environ["LAYERZOO_SANDBOX"] == "1"
