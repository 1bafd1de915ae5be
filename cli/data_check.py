"""``layerzoo data check``: look for mistakes in data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags, sourced

if TYPE_CHECKING:
    from layerzoo.data_report.findings import Finding

_COLOURS = {"good": "green", "warn": "yellow", "fail": "red"}
_LINES = 8


@click.command("check", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@sourced.limit
@gflags.flag("html", metavar="FILE.html", default=None, help="Write a report with pictures to this file.")
@gflags.switch("json", to="as_json", help="Print JSON.")
@flags.overrides
@flags.allow_python
def subcommand(
    path: str, limit: int, html: str | None, as_json: bool, overrides: tuple[str, ...]
) -> int | None:
    """Look for mistakes in the data of a net or a solver, or in data themselves.

    DATA is a folder of images, an LMDB or LevelDB, an HDF5 file, a CSV file, annotations of COCO, or a folder
    of PASCAL VOC. Reads every sample: unreadable ones by name, labels that the net doesn't have, empty and
    rare classes, duplicates and near duplicates between training and test, files of the same name. Exit code
    4 if a check fails.

    \b
      layerzoo data check solver.yaml -html report.html
      layerzoo data check photos/
    """
    import json

    from layerzoo.data_report.facts import facts_of, facts_of_finding
    from layerzoo.data_report.findings import judge, worst
    from layerzoo.data_report.page import report_page

    sources, _ = sourced.sources_in(path, overrides)
    try:
        statistics = sourced.read_all(sources, limit)
        findings = judge(statistics)
        level = worst(findings)
        if html is not None:
            from layerzoo.atomic import write_atomic

            write_atomic(html, report_page(statistics, findings))
    finally:
        for source in sources:
            source.close()
    if as_json:
        report = {
            "level": level,
            "findings": [facts_of_finding(finding) for finding in findings],
            "sources": [facts_of(each) for each in statistics],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        for finding in findings:
            _print(finding)
    if html is not None:
        click.echo(f"report: {html}", err=as_json)
    return 4 if level == "fail" else None


def _print(finding: Finding) -> None:
    from layerzoo.terminal_text import one_line

    level = click.style(f"{finding.level:>4}", fg=_COLOURS[finding.level])
    click.echo(f"{level}  {one_line(finding.title)}")
    for line in finding.details[:_LINES]:
        click.echo(f"        {one_line(line)}")
    if len(finding.details) > _LINES:
        click.echo(f"        … {len(finding.details) - _LINES:,} more; -json and -html show them")
