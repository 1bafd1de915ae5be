"""``layerzoo fmt``: format configs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import gflags

if TYPE_CHECKING:
    from pathlib import Path

    from layerzoo.source import Source


@gflags.command("Files")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@gflags.switch(
    "check", help="Write nothing; name the files that aren't formatted, and exit with 1 if there are any."
)
@gflags.switch("diff", help="Write nothing; print what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Format prototxt and YAML files in place.

    Comments, blank lines and the order of fields are kept, and so is the meaning: it is compared before a
    file is written. With - the text is read from stdin, and the result is written to stdout.

    \b
      layerzoo fmt net.prototxt solver.yaml
      layerzoo fmt -check configs/*.prototxt
      layerzoo fmt - < net.prototxt
    """
    from layerzoo.errors import ConfigError
    from layerzoo.formatting import formatted

    faults: list[ConfigError] = []
    changed = 0
    for name in files:
        try:
            source = _read(name)
            text = formatted(source)
        except ConfigError as error:
            faults.append(error)
            continue
        if text != source.text:
            changed += 1
        if diff:
            _print_diff(source, text)
        if check and text != source.text:
            click.echo(name)
        if name == "-" and not check and not diff:
            _print(text)
        elif text != source.text and not check and not diff:
            _write(name, text)
            click.echo(f"formatted {name}")
    if faults:
        raise ConfigError([fault for error in faults for fault in error.faults])
    return 1 if check and changed else 0


def _read(name: str) -> Source:
    """Read a file, or stdin; other than by the other commands, it is not searched among the shipped configs.

    Raises:
        ConfigError: it can't be read.
    """
    from pathlib import Path

    from layerzoo.errors import ConfigError, Fault
    from layerzoo.loader.files import read_source

    if name == "-":
        return read_source(Path("/dev/stdin"), "<stdin>", from_user=True)
    path = Path(name).expanduser()
    if path.is_dir():
        hint = f"name its files: layerzoo fmt {path}/*.prototxt"
        raise ConfigError(Fault(f"'{name}' is a directory; expected a file", hint=hint))
    if not path.exists():
        raise ConfigError(Fault(f"no file '{name}'"))
    return read_source(path, name)


def _write(name: str, text: str) -> None:
    """Replace the text of a file atomically; its permissions, and links to it, stay.

    Raises:
        LayerzooError: it can't be written.
    """
    import shutil
    from pathlib import Path

    from layerzoo.atomic import atomic_path
    from layerzoo.errors import LayerzooError

    try:
        path: Path = Path(name).expanduser().resolve()
        with atomic_path(path) as temporary:
            temporary.write_bytes(text.encode("utf-8", "surrogateescape"))
            shutil.copymode(path, temporary)
    except OSError as error:
        raise LayerzooError(f"{name} can't be written: {error.strerror or error}") from None


def _print_diff(source: Source, text: str) -> None:
    from difflib import unified_diff

    before, after = source.text.splitlines(), text.splitlines()
    for line in unified_diff(before, after, source.name, f"{source.name}, formatted", lineterm=""):
        click.echo(line)


def _print(text: str) -> None:
    """Write a config to stdout: as it is to a file or pipe, bytes that are not UTF-8 included."""
    import sys

    from layerzoo.terminal_text import unescaped

    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        stream = unescaped(sys.stdout)
        stream.flush()
        stream.buffer.write(text.encode("utf-8", "surrogateescape"))
