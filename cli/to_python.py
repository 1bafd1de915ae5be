"""``layerzoo to_python``: write a net as a Python program."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="NET")
@click.argument("target", metavar="[OUT]", required=False)
@flags.overrides
@flags.allow_python
def command(source: str, target: str | None, overrides: tuple[str, ...]) -> None:
    """Write a net as a program in the NetSpec of Caffe's Python interface.

    Without OUT the program is printed. When run with python -m layerzoo.pycaffe, or with Caffe, it prints the
    net as prototxt.

    \b
      layerzoo to_python lenet.prototxt lenet.py
      python -m layerzoo.pycaffe lenet.py > again.prototxt
    """
    from pathlib import Path

    from layerzoo.atomic import write_atomic
    from layerzoo.errors import LayerzooError
    from layerzoo.loader import load_net
    from layerzoo.tools.net_program import net_program

    program = net_program(load_net(source, overrides).message, Path(source).name)
    if not target:
        click.echo(program, nl=False)
        return
    try:
        write_atomic(target, program)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from None
    click.echo(f"wrote {target}")
