"""What may stand next in an incomplete command line: commands, flags, their values and arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from layerzoo.cli.gflags import Group, everywhere_flags, flags_of, name_of

Item = CompletionItem[str]


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
    waiting: click.Option | None = None
    for arg in (arg for arg in args if arg != "="):  # bash makes three words of -flag=value
        if waiting is not None:
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
    incomplete = "" if incomplete == "=" else incomplete
    if waiting is not None:
        return _values(waiting, context, incomplete)
    if incomplete.startswith("-"):
        return list(_flags({**general, **flags_of(command)}, context, incomplete))
    if isinstance(command, click.Group):
        return list(_commands(command, context, incomplete))
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    if arguments and (len(words) < len(arguments) or arguments[-1].nargs == -1):
        return _values(arguments[min(len(words), len(arguments) - 1)], context, incomplete)
    return []


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


def _values(param: click.Parameter, context: click.Context, incomplete: str) -> list[Item]:
    if isinstance(param.type, click.Choice):  # click offers them in lower case
        choices = map(str, param.type.choices)
        return [Item(choice) for choice in choices if choice.lower().startswith(incomplete.lower())]
    from layerzoo.errors import LayerzooError

    try:
        items = param.shell_complete(context, incomplete)
    except (LayerzooError, OSError):  # a damaged zoo, say: nothing to offer, and no place to say why
        return []
    if items:
        return items
    shown = param.metavar or ""
    if shown.strip("[").startswith(("FILE", "WEIGHTS")):
        return [Item(incomplete, "file")]
    return [Item(incomplete, "dir")] if shown.strip("[").startswith(("FOLDER", "DIR", "RUN")) else []
