"""``layerzoo explain``: explain a name of the config language."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names that begin with a text, for completion; fields of messages once a dot is typed."""
    from layerzoo.catalogue import explainable

    names = sorted(name for name in explainable() if name.startswith(incomplete))
    return [name for name in names if "." in incomplete or "." not in name]


@gflags.command("Nets")
@click.argument("name", metavar="NAME", shell_complete=_names)
@flags.allow_python
def command(name: str) -> None:
    """Explain a layer type, solver type, policy, filler, data set, message or field.

    Prints the formula, fields with defaults and units, an example, and the source file.

    \b
      layerzoo explain Convolution
      layerzoo explain SolverParameter.lr_policy
      layerzoo explain kernel_size
      layerzoo explain expressions
    """
    from layerzoo.catalogue import explain

    click.echo(explain(name), nl=False)
