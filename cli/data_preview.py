"""``layerzoo data preview``: transformed samples, for programs that let a user choose the transforms."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags, sourced


@click.command("preview", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@flags.overrides
@flags.allow_python
def subcommand(path: str, overrides: tuple[str, ...]) -> None:
    """Answer requests for samples with other transforms: a JSON object a line, until the input ends.

    A request has transform (the text of a transform_param), seed, rows and columns. The answer has samples,
    each with its name, its label, the original and the variants of the first epochs as data URIs; or error.

    \b
      echo '{"transform": "mirror: true", "rows": 2}' | layerzoo data preview photos/
    """
    import json
    import sys

    from layerzoo.data_report.preview import Previewer
    from layerzoo.data_report.sources import DataSource

    def opened() -> DataSource:
        sources, _ = sourced.sources_in(path, overrides)
        return next((source for source in sources if source.phase == "TRAIN"), sources[0])

    previewer = Previewer(opened)
    try:
        for line in sys.stdin:
            try:
                request = json.loads(line)
            except (ValueError, RecursionError) as error:
                answer: dict[str, object] = {"error": f"not JSON: {error}"}
            else:
                known = isinstance(request, dict)
                answer = previewer.answer(request) if known else {"error": "expected an object"}
            click.echo(json.dumps(answer))
            sys.stdout.flush()
    finally:
        previewer.close()
