"""Write the result of a command that reads one file and writes another."""

from __future__ import annotations

from pathlib import Path


def write_output(source: str, target: str, text: str) -> None:
    """Write a text to the file that the user named, which must not be the one that was read.

    Raises:
        UsageError: they are the same file.
        LayerzooError: the file can't be written.
    """
    from layerzoo.atomic import write_atomic
    from layerzoo.errors import LayerzooError

    refuse_same_file(source, target)
    try:
        write_atomic(Path(target), text)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from error


def refuse_same_file(source: str, target: str) -> None:
    """Check that a command does not overwrite what it reads.

    Raises:
        UsageError: it would.
    """
    from layerzoo.errors import UsageError
    from layerzoo.loader import find_config

    if Path(target).exists() and find_config(source).samefile(target):
        raise UsageError(f"{source} and {target} are the same file; name another output file")
