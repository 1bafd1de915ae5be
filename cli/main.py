"""``layerzoo``: finds the command, runs it, and turns what it raises into a message and an exit code."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence

import click

import layerzoo.cli as layerzoo_cli
from layerzoo.cli.gflags import Group
from layerzoo.version import __version__

SECTIONS = ("Training", "Runs", "Nets", "Files", "Data", "Zoo", "Machine")
_COMMAND = re.compile(
    r'^@gflags\.(?:command|group)\("(?P<section>\w+)"\)$.*?^def \w+\(.*?:\n    """(?P<help>.*?)(?:\n\n|""")',
    re.MULTILINE | re.DOTALL,
)
"""A command's section, and the first paragraph of its help."""
_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130
_EXIT_BROKEN_PIPE = 141


class Commands(Group):
    """The modules of ``layerzoo.cli`` that have a ``command``; one is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in self.summaries(ctx)]

    def summaries(self, ctx: click.Context) -> Iterator[tuple[str, str, str]]:
        # By their text: to import every command takes several times as long as to find what help shows.
        files = (file for folder in layerzoo_cli.__path__ for file in os.scandir(folder))
        for file in sorted(files, key=lambda f: f.name):
            if not file.name.endswith(".py"):
                continue
            with open(file, encoding="utf-8") as text:  # noqa: PTH123 (pathlib takes long to import)
                found = _COMMAND.search(text.read())
            if found:
                first = re.split(r"\.(?:\s|$)", " ".join(found["help"].split()), maxsplit=1)[0]
                yield file.name.removesuffix(".py"), found["section"], f"{first}."

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = cmd_name.replace("-", "_")  # a module's name has no dash
        if not cmd_name.isidentifier() or cmd_name.startswith("_"):
            return None
        module = f"layerzoo.cli.{cmd_name}"
        try:
            found = getattr(importlib.import_module(module), "command", None)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            return None
        return found if isinstance(found, click.Command) else None

    def section_order(self, section: str) -> tuple[int, str]:
        return (SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)), section


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"layerzoo {__version__}")
        ctx.exit()


@click.group(
    "layerzoo",
    cls=Commands,
    subcommand_metavar="COMMAND",
    context_settings={"max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def layerzoo() -> None:
    """Trains and runs nets that are config files.

    \b
      layerzoo train -solver configs/lenet_solver.yaml
      layerzoo train --help

    A flag is written -flag value, -flag=value or --flag=value, a switch -flag or -noflag, before or after the
    command; the last one wins.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run a command line, given without the program's name; None takes that of the process.

    Returns:
        The exit code: 0 done, 1 runtime, 2 usage or config, 3 non-finite loss, 4 data, 5 the last snapshot
        could not be written, 75 stopped by SIGTERM with a snapshot; 130 interrupted, 141 nobody reads stdout.
    """
    try:
        with layerzoo.make_context("layerzoo", list(sys.argv[1:] if args is None else args)) as context:
            status = layerzoo.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (Exception, KeyboardInterrupt) as error:
        return _answer(error)
    return status if isinstance(status, int) else 0


def _answer(error: BaseException) -> int:
    """Say on stderr what went wrong, and give the exit code."""
    from layerzoo.errors import ConfigError, LayerzooError
    from layerzoo.user_code import in_backward, said, traced, users_frames, users_layers

    match error:
        case KeyboardInterrupt() | click.Abort():
            _complain("interrupted")
            return _EXIT_INTERRUPTED
        case BrokenPipeError():
            _close_stdout()
            return _EXIT_BROKEN_PIPE
        case click.UsageError():
            at = error.ctx.command_path if error.ctx else "layerzoo"
            _complain(f"{error.format_message()}\n{at} --help shows what there is")
            return _EXIT_USAGE
        case ConfigError() if len(error.faults) > 1:
            _complain(f"{len(error.faults)} faults in the config\n{error}")
            return error.exit_code
        case LayerzooError():
            _complain("\n".join([str(error), *getattr(error, "__notes__", ())]))
            return error.exit_code
        case _ if hasattr(error, "users_traceback") or users_frames(error):
            print(*traced(error), sep="\n", file=sys.stderr)
            _complain(f"code of your own raised {type(error).__name__}; the lines above say where")
        case _ if in_backward(error) and (own := users_layers()):
            print(*said(error), sep="\n", file=sys.stderr)
            _complain(
                "the backward pass of a layer of your own failed: "
                f"{', '.join(own)}; layerzoo check -layer MODULE.CLASS tests one"
            )
        case OSError() if error.filename is not None:
            _complain(f"{error.filename}: {error.strerror}")
        case MemoryError():
            _complain("out of memory; a smaller batch_size with a larger iter_size needs less")
        case _ if type(error).__name__ == "OutOfMemoryError":
            _complain(f"{error}\na smaller batch_size with a larger iter_size needs less memory")
        case _:
            import traceback

            traceback.print_exception(error)
            _complain(
                "this is a bug of Layerzoo's, not of your config; "
                "please report it with the lines above and what 'layerzoo env' prints"
            )
    return 1


def _complain(message: str) -> None:
    label = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = click.style(label, fg="red", bold=True)
    print(label, message, file=sys.stderr)


def _close_stdout() -> None:
    """Let what is still buffered go nowhere; else Python complains of the broken pipe as it leaves."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
