"""One format → another: what a config says, without its comments, in the other's clothes."""

from __future__ import annotations

import os
from pathlib import Path

from layerzoo.errors import Fault
from layerzoo.loader.emit import emit, write_config
from layerzoo.loader.files import Format, find_config, format_of, read_source
from layerzoo.loader.load import Document, is_solver, parse_net, parse_solver
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.source import Source

Config = Document[NetParameter] | Document[SolverParameter]


def convert(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, lenient: bool = False
) -> Config:
    """Write a net or solver to another file, in the format of its suffix; old formats become today's.

    The nets that a solver names by path are left alone, and need not be there.

    Args:
        source: the config; looked for as `load_net` does.
        target: the file to write.
        lenient: unknown fields are left out with a warning.

    Returns:
        What was read; its ``warnings`` and ``notes`` are for the user.

    Raises:
        ConfigError: the config has faults.
        LayerzooError: the file can't be written.
    """
    path = find_config(source)
    document = parse_either(read_source(path, os.fspath(source)), path=path, lenient=lenient)
    write_config(document.message, target)
    return document


def convert_text(
    text: str,
    to: Format,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    lenient: bool = False,
) -> str:
    """A net or solver in another format; its own is told by its look where ``format`` is None.

    Raises:
        ConfigError: the config has faults.
    """
    return emit(parse_either(text, format=format, lenient=lenient).message, to)


def parse_either(
    text: str | Source,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    path: Path | None = None,
    lenient: bool = False,
    faults: list[Fault] | None = None,
) -> Config:
    """The net or solver that a text says, by its fields; without the nets that a solver names by path.

    Raises:
        ConfigError: all faults of the config, unless ``faults`` takes them.
    """
    if isinstance(text, str):
        text = Source(str(path or "<text>"), text, (format or format_of(path, text)) == "yaml")
    if is_solver(text):
        return parse_solver(text, path=path, lenient=lenient, faults=faults, with_nets=False)
    return parse_net(text, path=path, lenient=lenient, faults=faults)
