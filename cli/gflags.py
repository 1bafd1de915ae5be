"""Command lines in the syntax of gflags, which Caffe uses, on top of click.

``-flag value``, ``-flag=value``, ``--flag value`` and ``--flag=value``; ``-flag``, ``-noflag`` and
``-flag=true`` for switches. Flags may precede or follow the command; the last one wins. Arguments are
rewritten to click's form (``--flag=value``), which click then parses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

VERBOSE = "layerzoo.verbose"
"""The key in a context's ``meta`` of the switch ``-v``."""

_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}


class Flag(click.Option):
    """An option that help texts and messages show with one dash."""

    def get_error_hint(self, ctx: click.Context | None, *args: Any) -> str:
        return f"'{_typed(self)}'"

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None:
            return None
        value = "" if self.is_flag else f" {self.make_metavar(ctx)}"
        repeated = "  (may be given several times)" if self.multiple else ""
        return f"{_typed(self)}{value}", record[1] + repeated


def flag(name: str, *, to: str | None = None, **attributes: Any) -> Callable[[F], F]:
    """Declare a flag that takes a value; for use as a decorator.

    Args:
        name: the name of the flag, without dashes.
        to: the parameter of the command; default: ``name``.
        attributes: of a click option, e.g. ``help``, ``type``, ``metavar``, ``required``, ``multiple``.
    """
    return click.option(f"--{name}", to or name, cls=Flag, **attributes)


def switch(name: str, *, to: str | None = None, **attributes: Any) -> Callable[[F], F]:
    """Declare a boolean flag, ``-name`` and ``-noname``; for use as a decorator."""
    return click.option(f"--{name}/--no{name}", to or name, cls=Flag, **{"default": False, **attributes})


class Everywhere(Flag):
    """A switch of the program that every command accepts too."""


def everywhere(name: str, **attributes: Any) -> Callable[[F], F]:
    """Declare a switch of the program that may stand after the command too; for use as a decorator."""
    return click.option(
        f"--{name}/--no{name}", cls=Everywhere, expose_value=False, default=None, **attributes
    )


class _Flagged(click.Command):
    """The base of commands and groups: shows flags in the help text."""

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", "[FLAGS]")
        super().__init__(*args, **kwargs)
        self.section = section

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx))]
        with formatter.section("Flags"):
            formatter.write_dl(records)


class Command(_Flagged):
    """A command.

    Args:
        section: the heading in ``layerzoo --help``.
    """

    def separate(
        self, ctx: click.Context, args: Iterable[str]
    ) -> tuple[list[tuple[click.Option, str]], list[str]]:
        """The flags among arguments, each with its option and in click's form, and the other words."""
        known = {**everywhere_flags(ctx.find_root().command), **_flags(self.get_params(ctx))}
        queue = deque(args)
        flags: list[tuple[click.Option, str]] = []
        words: list[str] = []
        while queue:
            if queue[0] == "--":
                queue.popleft()
                words += queue
                break
            if _is_flag(queue[0], known):
                option = known.get(_name(queue[0], known))
                taken = _take(queue, known, ctx)
                assert option is not None  # otherwise `_take` fails
                flags.append((option, taken))
            else:
                words.append(queue.popleft())
        return flags, words

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = set(self.get_params(ctx))
        given, words = self.separate(ctx, args)
        flags: list[str] = []
        for option, taken in given:
            if option in own:
                flags.append(taken)
            elif option.callback is not None:
                option.callback(ctx, option, taken in option.opts)
        if words and not any(isinstance(param, click.Argument) for param in self.params):
            names = _flags(own)
            files = [f"-{name} {words[0]}" for name in ("model", "solver") if name in names]
            ctx.fail(
                f"unexpected argument '{words[0]}'"
                + (f"; did you mean {' or '.join(files)}?" if files else "")
            )
        return super().parse_args(ctx, [*flags, "--", *words])

    def invoke(self, ctx: click.Context) -> Any:
        from layerzoo.log import to_stderr

        to_stderr(ctx.meta.get(VERBOSE, False))
        return super().invoke(ctx)


class Group(_Flagged, click.Group):
    """A group of commands, which accepts their flags before the name of the command too."""

    command_class = Command
    group_class = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            click.echo(self.get_help(ctx))
            ctx.exit(2)
        own, queue = _flags(self.get_params(ctx)), deque(args)
        mine: list[str] = []
        before: list[str] = []
        known = dict(own)
        while queue and _is_flag(queue[0], known):
            if len(known) == len(own) and queue[0].lstrip("-").partition("=")[0] not in own:
                known = {**_flags(self._all_params(ctx)), **own}
            name = _name(queue[0], known)
            (mine if name in own else before).append(_take(queue, known, ctx))
        if before and not queue:
            ctx.fail(f"the command is missing: {ctx.command_path} COMMAND {' '.join(args)}")
        command = [queue.popleft()] if queue else []
        return super().parse_args(ctx, [*mine, *command, *before, *queue])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(ctx, args[0])
        if command is None:
            ctx.fail(f"no command '{args[0]}'{_hint(args[0], self.list_commands(ctx))}")
        return args[0], command, args[1:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        widest = 0
        for name, section, summary in self.summaries(ctx):
            sections.setdefault(section, []).append((name, summary))
            widest = max(widest, len(name))
        for section in sorted(sections, key=self.section_order):
            with formatter.section(section):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in sections[section]])

    def summaries(self, ctx: click.Context) -> Iterator[tuple[str, str, str]]:
        """The name, section and first sentence of each command."""
        for name, command in self._commands(ctx):
            yield name, getattr(command, "section", "") or "Commands", command.get_short_help_str(limit=80)

    def section_order(self, section: str) -> tuple[int, str]:
        """The sort key of a heading in the help text; alphabetical unless overridden."""
        return 0, section

    def _commands(self, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                yield name, command

    def _all_params(self, ctx: click.Context) -> Iterator[click.Parameter]:
        for _, command in self._commands(ctx):
            yield from command.params
            if isinstance(command, Group):
                yield from command._all_params(ctx)


def command(section: str) -> Callable[[Callable[..., Any]], Command]:
    """Turn a function into a command with the name of its file; for use as a decorator.

    The docstring is the help text. The function returns None or an exit code.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        return click.command(_file(function), cls=Command, section=section)(function)

    return decorate


def group(section: str) -> Callable[[Callable[..., Any]], Group]:
    """Turn a function into a group with the name of its file; ``@command.command()`` adds commands."""

    def decorate(function: Callable[..., Any]) -> Group:
        return click.group(_file(function), cls=Group, section=section)(function)

    return decorate


def _file(function: Callable[..., Any]) -> str:
    return function.__module__.rpartition(".")[2]


def _typed(param: click.Parameter) -> str:
    return "-" + param.opts[0].lstrip("-")


def flags_of(command: click.Command) -> dict[str, click.Option]:
    """The flags of a command by each of their names, including ``noname`` of switches."""
    return _flags(command.params)


def everywhere_flags(program: click.Command) -> dict[str, click.Option]:
    """The flags of the program that every command accepts, by name."""
    return {name: flag for name, flag in _flags(program.params).items() if isinstance(flag, Everywhere)}


def _flags(params: Iterable[click.Parameter]) -> dict[str, click.Option]:
    """The options by each of their names, including ``noname`` of switches."""
    options = {}
    for param in params:
        if isinstance(param, click.Option):
            for name in [*param.opts, *param.secondary_opts]:
                options[name.lstrip("-")] = param
    return options


def _is_flag(arg: str, known: Mapping[str, click.Option]) -> bool:
    """Whether an argument is a flag; not a word, a single dash or a negative number."""
    if not arg.startswith("-") or arg in ("-", "--"):
        return False
    return not (arg[1].isdigit() or arg[1] == ".") or _name(arg, known) in known


def name_of(arg: str) -> str:
    """The name in ``-name``, ``--name`` or ``-name=value``."""
    return arg.removeprefix("-").removeprefix("-").partition("=")[0]


def _name(arg: str, known: Mapping[str, click.Option]) -> str:
    name = name_of(arg)
    if name == "h":
        return "help"
    return name if name in known else name.replace("-", "_")


def _take(queue: deque[str], known: Mapping[str, click.Option], ctx: click.Context) -> str:
    """Remove a flag, and its value if that is separate, from the queue; return it in click's form."""
    arg = queue.popleft()
    name = _name(arg, known)
    _, has_value, value = arg.partition("=")
    option = known.get(name)
    if option is None:
        _unknown(name, known, ctx)
    if option.is_flag:
        if has_value:
            return _switched(name, value, option, ctx)
        if queue and queue[0].lower() in ("true", "false"):
            ctx.fail(f"'-{name} {queue[0]}' must be written with an equals sign: -{name}={queue[0]}")
        return f"--{name}"
    if not has_value:
        if not queue or (_is_flag(queue[0], known) and _name(queue[0], known) in known):
            ctx.fail(f"'-{name}' needs a value: -{name} {option.make_metavar(ctx)}")
        value = queue.popleft()
    return f"--{name}={value}"


def _switched(name: str, value: str, option: click.Option, ctx: click.Context) -> str:
    positive = option.opts[0].lstrip("-")
    if name == positive and value.lower() in _TRUE:
        return f"--{name}"
    if name == positive and value.lower() in _FALSE and option.secondary_opts:
        return option.secondary_opts[0]
    return ctx.fail(f"'-{name}={value}' is neither true nor false: write -{positive} or -{positive}=false")


def _unknown(name: str, known: Mapping[str, click.Option], ctx: click.Context) -> NoReturn:
    hint = _hint(name, known, "-")
    root = ctx.find_root()
    if isinstance(root.command, Group):
        owners = [c for c, command in root.command._commands(root) if name in _flags(command.params)]
        if owners:
            hint = f"; it is a flag of {', '.join(owners)}"
    ctx.fail(f"no flag '-{name}'{hint}")


def _hint(name: str, known: Iterable[str], dash: str = "") -> str:
    from layerzoo.errors import did_you_mean, nearest

    hint = did_you_mean([dash + near for near in nearest(name, known)])
    return f"; {hint}" if hint else ""
