"""``layerzoo data overview``: an overview of data as files, for programs that show it."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags, sourced


@click.command("overview", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@gflags.flag(
    "out", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="The folder to write."
)
@gflags.flag(
    "samples",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=60,
    show_default=True,
    help="The most thumbnails of each class.",
)
@sourced.limit
@flags.overrides
@flags.allow_python
def subcommand(path: str, out: Path, samples: int, limit: int, overrides: tuple[str, ...]) -> None:
    """Write facts, verdicts, thumbnails by class and mean images of data to a folder.

    overview.json names the other files; it appears at the end. Until then progress.json tells how many
    samples have been read: done and of.

    \b
      layerzoo data overview photos/ -out overview
    """
    import json
    from time import monotonic

    from layerzoo.atomic import write_atomic
    from layerzoo.data_report.findings import judge
    from layerzoo.data_report.overview import PROGRESS, Gallery, write_overview
    from layerzoo.data_report.sources import DataSource
    from layerzoo.data_report.statistics import Look
    from layerzoo.errors import DataError

    sources, _ = sourced.sources_in(path, overrides)
    galleries: list[Gallery] = []
    told = 0.0

    def progress(done: int, of: int) -> None:
        nonlocal told
        if monotonic() - told > 0.25:
            told = monotonic()
            whole = {"done": done, "of": of, "part": len(galleries), "parts": len(sources)}
            write_atomic(out / PROGRESS, json.dumps(whole))

    def look(source: DataSource) -> Look:
        galleries.append(Gallery(source, out, f"{len(galleries)}", samples))
        return galleries[-1].look

    try:
        out.mkdir(parents=True, exist_ok=True)
        statistics = sourced.read_all(sources, limit, progress, look)
        findings = judge(statistics)
        write_overview(out, path, statistics, findings, galleries)
        (out / PROGRESS).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{error.filename or out}: {error.strerror or error}") from None
    finally:
        for source in sources:
            source.close()
    click.echo(f"{out}: {sum(each.count for each in statistics):,} samples, {len(findings)} findings")
