"""``layerzoo copy``: copy a config that comes with Layerzoo."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import gflags


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The shipped configs that begin with a text, for completion."""
    from layerzoo.catalogue.shipped import shipped_configs

    return [name for name in shipped_configs() if name.startswith(incomplete)]


@gflags.command("Files")
@click.argument("name", metavar="NAME", shell_complete=_names)
@click.argument("folder", metavar="[DIR]", required=False, default=".", type=click.Path(path_type=Path))
@gflags.switch("force", help="Overwrite files that exist with other content.")
def command(name: str, folder: Path, force: bool) -> None:
    """Copy a config that comes with Layerzoo, with the files that it refers to, to change and train it.

    NAME is a file; the beginning of its name, which means the solver; or a folder. With a solver come its
    net, what they include, and data files; with a plan of layerzoo tune comes its solver. Paths in the
    copies, and commands in their comments, are right where they stand: in the working folder, or DIR. Only
    -force overwrites a file that has changed.

    \b
      layerzoo list configs
      layerzoo copy configs/lenet_solver.yaml
      layerzoo train -solver lenet_solver.yaml
      layerzoo copy configs/courses/vae
      layerzoo copy char_transformer mine
    """
    from layerzoo.projects.shipped import copy_shipped

    copied = copy_shipped(name, folder, force)
    if copied.written:
        click.echo(f"written: {', '.join(map(str, copied.written))}")
    if copied.unchanged:
        click.echo(f"unchanged: {', '.join(map(str, copied.unchanged))}")
    for plan in copied.plans:
        click.echo(f"next: layerzoo tune {plan}")
    for solver in copied.solvers:
        click.echo(f"next: layerzoo train -solver {solver}")
    if not copied.solvers:
        for net in copied.nets:
            click.echo(f"next: layerzoo check -model {net}")
