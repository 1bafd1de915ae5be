"""``layerzoo diff``: compare two nets or solvers."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("old", metavar="FILE")
@click.argument("new", metavar="FILE")
@gflags.switch("json", to="as_json", help="Print JSON.")
@gflags.switch(
    "nets", default=True, help="Of solvers, compare the nets too (default); -nonets: only the solvers."
)
@gflags.switch("lenient", help="Leave unknown fields out.")
@flags.allow_python
def command(old: str, new: str, as_json: bool, nets: bool, lenient: bool) -> int:
    """Compare two nets or solvers by meaning.

    Files may be prototxt, YAML or binary, of any of Caffe's formats. A field that is not set has its default;
    layers are matched by name, type and phase, renamed and moved ones are recognised. Exits with 0 if they
    are equal, 1 if they differ, 2 if one can't be read or has faults.

    \b
      layerzoo diff old.prototxt new.yaml
      layerzoo diff configs/lenet_solver.yaml configs/lenet_adam_solver.yaml
    """
    import json
    import sys

    from layerzoo.cli.terminal import terminal_style
    from layerzoo.comparison import compare, report
    from layerzoo.errors import ConfigError, Fault, LayerzooError
    from layerzoo.terminal_text import one_line, unescaped

    try:
        changes = compare(old, new, with_nets=nets, lenient=lenient)
    except LayerzooError as error:
        if error.exit_code == 2:
            raise
        raise ConfigError(Fault(str(error))) from None  # 1 says that they differ
    if as_json:
        click.echo(json.dumps(report.as_json(changes), indent=1))
        return 1 if changes else 0

    def paint(text: str, colour: str) -> str:
        style = {"bold": {"bold": True}, "dim": {"dim": True}}.get(colour, {"fg": colour})
        return click.style(one_line(text), **style)

    if terminal_style(1).colour:
        for line in report.lines(changes, paint):
            click.echo(line, unescaped(sys.stdout), color=True)
    else:
        for line in report.lines(changes):
            click.echo(line)
    return 1 if changes else 0
