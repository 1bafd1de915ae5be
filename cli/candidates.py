"""What may stand next in an incomplete command line: commands, flags, their values and arguments."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from layerzoo.cli.gflags import Group, everywhere_flags, flags_of, name_of

Item = CompletionItem[str]

_FILES = ("FILE", "WEIGHTS", "IN", "OUT", "NET", "LOG", "IMAGE", "LISTFILE", "SOURCE", "auto|FILE", "TABLE")
"""The beginnings of metavars of files."""
_CONFIGS = frozenset({"model", "solver", "source", "old", "new", "net", "config"})
"""Parameters of commands that are configs."""


def candidates(root: click.Command, args: Sequence[str], incomplete: str) -> list[Item]:
    """The candidates for the last word of a command line.

    Args:
        root: the program.
        args: the words before it, without the program's name.
        incomplete: the beginning of the word.
    """
    command, context = root, click.Context(root, info_name="layerzoo")
    general = everywhere_flags(root)
    words: list[str] = []
    given: dict[str, str] = {}
    waiting: click.Option | None = None
    args, incomplete, cut = _joined([arg for arg in args if arg != "="], incomplete)
    for arg in args:
        if waiting is not None:
            given[waiting.name or ""] = arg
            waiting = None
        elif arg.startswith("-"):
            option = {**general, **flags_of(command)}.get(name_of(arg))
            if option is not None and not option.is_flag and "=" not in arg:
                waiting = option
        elif isinstance(command, click.Group):
            found = command.get_command(context, arg)
            if found is None:
                return []
            command, context = found, click.Context(found, context, info_name=arg)
        else:
            words.append(arg)
    if waiting is not None:
        items = _values(waiting, context, incomplete, given)
        return [Item(item.value[cut:], item.type, item.help) for item in items] if cut else items
    if incomplete.startswith("-"):
        return list(_flags({**general, **flags_of(command)}, context, incomplete))
    if isinstance(command, click.Group):
        return list(_commands(command, context, incomplete))
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    if arguments and (len(words) < len(arguments) or arguments[-1].nargs == -1):
        return _values(arguments[min(len(words), len(arguments) - 1)], context, incomplete)
    return []


def _joined(args: Sequence[str], incomplete: str) -> tuple[Sequence[str], str, int]:
    """Join what bash splits: ``-flag=value`` and ``zoo:name`` are three words each.

    Returns:
        the words before the last one, the last one, and the number of its characters that bash won't replace.
    """
    incomplete = "" if incomplete == "=" else incomplete
    if incomplete == ":" and args and args[-1] == "zoo":
        return args[:-1], "zoo:", len("zoo:")
    if len(args) > 1 and list(args[-2:]) == ["zoo", ":"]:
        return args[:-2], f"zoo:{incomplete}", len("zoo:")
    return args, incomplete, 0


def _commands(group: click.Group, context: click.Context, incomplete: str) -> Iterator[Item]:
    """The commands of a group; those of the program without importing them."""
    if isinstance(group, Group):
        rows = ((name, text) for name, _, text in group.summaries(context))
    else:
        rows = ((name, "") for name in group.list_commands(context))
    yield from (Item(name, help=text) for name, text in rows if name.startswith(incomplete))


def _flags(known: Mapping[str, click.Option], context: click.Context, incomplete: str) -> Iterator[Item]:
    """The flags that begin with a text; after ``-flag=``, the values of the flag."""
    dashes = "--" if incomplete.startswith("--") else "-"
    name, equals, value = incomplete.partition("=")
    if equals:
        option = known.get(name_of(name))
        items = _values(option, context, value) if option is not None else []
        yield from (Item(f"{name}={item.value}", item.type, item.help) for item in items)
        return
    begun = incomplete.removeprefix(dashes)
    for flag, option in known.items():
        if flag.startswith(begun) and not option.hidden:
            yield Item(dashes + flag, help=" ".join((option.help or "").split()))


def _values(
    param: click.Parameter, context: click.Context, incomplete: str, given: Mapping[str, str] | None = None
) -> list[Item]:
    """The values of a flag or argument.

    Args:
        param: the flag or argument.
        context: that of its command.
        incomplete: the beginning of the value.
        given: the values of the flags before it, by the names of their parameters.
    """
    if isinstance(param.type, click.Choice):  # click offers them in lower case
        choices = map(str, param.type.choices)
        return [Item(choice) for choice in choices if choice.lower().startswith(incomplete.lower())]
    from layerzoo.errors import LayerzooError

    given = given or {}
    try:
        if param.name == "overrides":
            from layerzoo.cli.override_paths import override_paths

            paths = override_paths(incomplete, given.get("solver"), given.get("model"))
            return [Item(path, help=text) for path, text in paths]
        if param.name == "weights" and incomplete.startswith("zoo:"):
            from layerzoo.cli.flags import entry_names

            return [Item(f"zoo:{name}") for name in entry_names(context, param, incomplete[4:])]
        items = param.shell_complete(context, incomplete)
    except (LayerzooError, OSError):  # a damaged zoo, say: nothing to offer, and no place to say why
        return []
    if items:
        return items
    shown = (param.metavar or "").strip("[")
    if shown.startswith(_FILES):
        return [Item(name) for name in _shipped(param, incomplete)] or [Item(incomplete, "file")]
    return [Item(incomplete, "dir")] if shown.startswith(("FOLDER", "DIR", "RUN")) else []


def _shipped(param: click.Parameter, incomplete: str) -> Iterator[str]:
    """The configs that come with Layerzoo, where no file of the working folder is meant."""
    from pathlib import Path

    from layerzoo.catalogue.shipped import shipped_configs

    if not incomplete or param.name not in _CONFIGS or any(Path().glob(f"{glob.escape(incomplete)}*")):
        return
    for name in shipped_configs():
        kind = next((one for one in ("solver", "tune") if f"_{one}." in name), "model")
        right = kind == param.name or (param.name not in {"model", "solver"} and kind != "tune")
        if right and name.startswith(incomplete):
            yield name
