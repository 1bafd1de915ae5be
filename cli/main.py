"""``layerzoo``: run a command; turn exceptions into messages and exit codes."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

import layerzoo.cli as layerzoo_cli
from layerzoo import streams, threads
from layerzoo.cli.gflags import VERBOSE, Group, everywhere
from layerzoo.terminal_text import escaped_output, unescaped
from layerzoo.version import __version__

SECTIONS = ("Training", "Runs", "Nets", "Files", "Data", "Zoo", "Machine")
_COMMAND = re.compile(
    r'^@gflags\.(?:command|group)\("(?P<section>\w+)"\)$.*?^def \w+\(.*?:\n    """(?P<help>.*?)(?:\n\n|""")',
    re.MULTILINE | re.DOTALL,
)
"""Matches the section of a command and the first paragraph of its help text."""
_SANDBOX = "LAYERZOO_SANDBOX"
_SET = (_SANDBOX, "LAYERZOO_THREADS", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""Environment variables that a command line sets."""
_EXIT_USAGE = 2
_MAX_WIDTH = 100
_EXIT_INTERRUPTED = 130


class Commands(Group):
    """The modules of ``layerzoo.cli`` that have a ``command``; each is imported only when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in self.summaries(ctx)]

    def summaries(self, ctx: click.Context) -> Iterator[tuple[str, str, str]]:
        # Read from the source text: importing all commands takes several times as long.
        files = (file for folder in layerzoo_cli.__path__ for file in os.scandir(folder))
        for file in sorted(files, key=lambda f: f.name):
            if not file.name.endswith(".py"):
                continue
            with open(file, encoding="utf-8") as text:  # noqa: PTH123 (pathlib takes long to import)
                match = _COMMAND.search(text.read())
            if match:
                first = re.split(r"\.(?:\s|$)", " ".join(match["help"].split()), maxsplit=1)[0]
                yield file.name.removesuffix(".py"), match["section"], f"{first}."

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = cmd_name.replace("-", "_")  # module names have no dashes
        if not cmd_name.isidentifier() or cmd_name.startswith("_"):
            return None
        module = f"layerzoo.cli.{cmd_name}"
        try:
            command = getattr(importlib.import_module(module), "command", None)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            return None
        return command if isinstance(command, click.Command) else None

    def section_order(self, section: str) -> tuple[int, str]:
        return (SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)), section


_SANDBOX_HELP = """Parse images, databases, HDF5, weights, snapshots and means in processes that can't write
files, use the network, start programs or read other files. Also LAYERZOO_SANDBOX=1; layerzoo env shows what
this machine can hold."""


def _sandbox(ctx: click.Context, param: click.Parameter, value: bool | None) -> None:
    if value is not None:
        os.environ[_SANDBOX] = "1" if value else "0"


_VERBOSE_HELP = "Log also what was chosen and why, such as the number of threads."


def _verbose(ctx: click.Context, param: click.Parameter, value: bool | None) -> None:
    if value is not None:
        ctx.meta[VERBOSE] = value


@contextmanager
def _own_environment() -> Iterator[None]:
    """Undo what flags and `wait_passively` set, when a command line of a longer program has run."""
    before = {name: os.environ.get(name) for name in _SET}
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else None
    yield
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    if torch is not None:
        torch.set_num_threads(threads)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"layerzoo {__version__}")
        ctx.exit()


@click.group(
    "layerzoo",
    cls=Commands,
    subcommand_metavar="COMMAND",
    context_settings={"max_content_width": _MAX_WIDTH},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
@everywhere("sandbox", callback=_sandbox, help=_SANDBOX_HELP)
@everywhere("v", callback=_verbose, help=_VERBOSE_HELP)
def layerzoo() -> None:
    """Train and run nets that are defined in config files.

    \b
      layerzoo train -solver configs/lenet_solver.yaml
      layerzoo train --help

    Flags are -flag value, -flag=value or --flag=value, switches -flag or -noflag, before or after the
    command; the last one wins.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line; what it prints is escaped.

    Standard streams that fail, or are closed, raise no exceptions; see `layerzoo.streams`.

    Args:
        args: the arguments after the name of the program; default: those of the process.

    Returns:
        The exit code: 0 done, 1 runtime error, 2 usage or config error, 3 non-finite loss, 4 data error, 5
        last snapshot not written, 75 stopped by SIGTERM with a snapshot, 130 interrupted, 141 stdout
        closed.
    """
    streams.guard()
    with escaped_output(), _own_environment():
        code = streams.exit_code(_run(list(sys.argv[1:] if args is None else args)))
        if (ending := sys.modules.get("layerzoo.cli.ending")) is not None:
            ending.finish(code)
    if args is None and (ranks := sys.modules.get("layerzoo.ranks")) is not None:
        ranks.leave(code)
    return code


def _run(args: list[str]) -> int:
    """Run a command line; return the exit code."""
    if (asked := os.environ.get("_LAYERZOO_COMPLETE")) and not args:
        from layerzoo.cli.completion import answer

        return answer(layerzoo, asked)
    try:
        threads.wait_passively()
        threads.use_requested()
        with layerzoo.make_context("layerzoo", args, obj=tuple(args), terminal_width=_width()) as context:
            status = layerzoo.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except SystemExit:  # rich's answer to a broken pipe
        if not streams.stdout_failed():
            raise
        return 1
    except (Exception, KeyboardInterrupt) as error:
        return 1 if streams.stdout_failed() and isinstance(error, OSError) else _report(error)
    return status if isinstance(status, int) else 0


def _width() -> int:
    """The width of help texts; click would import shutil for it."""
    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(1).columns
    except (OSError, ValueError):
        columns = 0
    return max(min(columns or 80, _MAX_WIDTH) - 2, 50)


def _report(error: BaseException) -> int:
    """Print an exception on stderr; return the exit code."""
    from layerzoo.errors import ConfigError, LayerzooError
    from layerzoo.user_code import in_backward, said, traced, users_frames, users_layers

    match error:
        case KeyboardInterrupt() | click.Abort():
            _print_error("interrupted")
            return _EXIT_INTERRUPTED
        case click.UsageError():
            at = error.ctx.command_path if error.ctx else "layerzoo"
            _print_error(f"{error.format_message()}\nfor help: {at} --help")
            return _EXIT_USAGE
        case ConfigError() if len(error.faults) > 1:
            _print_error(f"{len(error.faults)} faults in the config\n{error}")
            return error.exit_code
        case LayerzooError():
            _print_error("\n".join([str(error), *getattr(error, "__notes__", ())]))
            return error.exit_code
        case _ if hasattr(error, "users_traceback") or users_frames(error):
            print(*traced(error), sep="\n", file=sys.stderr)
            _print_error(f"your own code raised {type(error).__name__}; see the lines above")
        case _ if in_backward(error) and (own := users_layers()):
            print(*said(error), sep="\n", file=sys.stderr)
            _print_error(
                "the backward pass of one of your own layers failed: "
                f"{', '.join(own)}; test them with layerzoo check -layer MODULE.CLASS"
            )
        case OSError() if error.strerror:
            _print_error(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        case _ if _is_out_of_memory(error):
            _print_error("\n".join(_out_of_memory(error)))
        case _:
            import traceback

            traceback.print_exception(error)
            _print_error(
                "this is a bug in Layerzoo, not in your config; "
                "please report it with the lines above and the output of 'layerzoo env'"
            )
    return 1


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if "torch" not in sys.modules:
        return False
    from layerzoo.memory.device import is_out_of_memory

    return is_out_of_memory(error)


def _out_of_memory(error: BaseException) -> list[str]:
    """The lines of an out-of-memory error: its reason, the layer if it is known, and advice."""
    reason = str(error).strip().partition("\n")[0].rpartition("DefaultCPUAllocator: ")[2][:300]
    lines = [reason, *getattr(error, "__notes__", ())]
    advice = "use a smaller batch_size with a larger iter_size"
    return [*lines, advice] if any(lines) else [f"out of memory; {advice}"]


def _print_error(message: str) -> None:
    label = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = click.style(label, fg="red", bold=True)
    print(label, end=" ", file=unescaped(sys.stderr))
    print(message, file=sys.stderr)
