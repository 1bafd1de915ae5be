"""Convert configs between formats; comments are lost."""

from __future__ import annotations

import os
from pathlib import Path

from layerzoo.errors import Fault
from layerzoo.loader.document import Document
from layerzoo.loader.emit import emit, write_config
from layerzoo.loader.files import Format, find_config, format_of, read_source
from layerzoo.loader.load import parse_net, parse_solver
from layerzoo.loader.read_tree import is_solver
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.source import Source

Config = Document[NetParameter] | Document[SolverParameter]


def convert(
    source: str | os.PathLike[str], target: str | os.PathLike[str], *, lenient: bool = False
) -> Config:
    """Convert a net or solver to the format of the target's suffix; old formats are upgraded.

    The nets that a solver names by path are not converted, and may be missing.

    Args:
        source: the config; searched for as by `load_net`.
        target: the file to write.
        lenient: drop unknown fields with a warning.

    Returns:
        the document that was read, with its ``warnings`` and ``notes`` for the user.

    Raises:
        ConfigError: the config has faults.
        LayerzooError: the file can't be written.
    """
    path = find_config(source)
    document = parse_either(read_source(path, os.fspath(source), from_user=True), path=path, lenient=lenient)
    write_config(document.message, target)
    return document


def convert_text(
    text: str,
    to: Format,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    lenient: bool = False,
) -> str:
    """Convert the text of a net or solver to another format.

    Args:
        text: the text.
        to: the new format.
        format: the format of the text; None detects it.
        lenient: drop unknown fields.

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
    """Parse a text that is a net or a solver, judged by its fields; nets that a solver names are not loaded.

    Args:
        text: the text.
        format: its format; None detects it by ``path`` or by its look.
        path: the file of the text, if any.
        lenient: drop unknown fields with a warning.
        faults: receives the faults; None raises them.

    Raises:
        ConfigError: the config has faults, and ``faults`` is None.
    """
    if isinstance(text, str):
        text = Source(str(path or "<text>"), text, (format or format_of(path, text)) == "yaml")
    if is_solver(text):
        return parse_solver(text, path=path, lenient=lenient, faults=faults, with_nets=False)
    return parse_net(text, path=path, lenient=lenient, faults=faults)
