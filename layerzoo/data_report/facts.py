"""Statistics of sources as JSON, and as tables."""

from __future__ import annotations

from typing import Any, Final

from rich.table import Table

from layerzoo.data_report.findings import Finding
from layerzoo.data_report.statistics import SourceStatistics, shown

_SHOWN: Final = 20
_BAR: Final = 24


def facts_of(each: SourceStatistics) -> dict[str, Any]:
    """The statistics of a source for JSON."""
    return {
        "phase": each.source.phase,
        "part": each.source.part,
        "layer": each.source.name,
        "source": each.source.text,
        "samples": each.count,
        "read": len(each.indices),
        "unreadable": [{"index": index, "message": text} for index, text in each.unreadable],
        "unreadable_count": each.unreadable_count,
        "shapes": {" x ".join(map(str, shape)): count for shape, count in each.shapes.most_common()},
        "labels": {each.source.class_name(label): count for label, count in sorted(each.counts.items())},
        "mean": [float(f"{value:.6g}") for value in each.mean],
        "std": [float(f"{value:.6g}") for value in each.std],
    }


def facts_of_finding(finding: Finding) -> dict[str, Any]:
    """A finding for JSON."""
    return {"level": finding.level, "title": finding.title, "details": finding.details}


def facts_table(each: SourceStatistics) -> Table:
    """The statistics of a source as a table, with a bar for each class."""
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    read = len(each.indices) + each.unreadable_count
    table.add_row("samples", f"{each.count:,}" + (f" ({read:,} were read)" if read < each.count else ""))
    if each.unreadable_count:
        table.add_row("unreadable", f"{each.unreadable_count:,}")
    for shape, count in each.shapes.most_common(3):
        table.add_row("shape", f"{' x '.join(map(str, shape))}: {count:,}")
    if len(each.shapes) > 3:
        table.add_row("", f"{len(each.shapes) - 3:,} more shapes")
    if each.mean:
        table.add_row("mean", ", ".join(map(shown, each.mean)))
        table.add_row("deviation", ", ".join(map(shown, each.std)))
    most = max(each.counts.values(), default=1)
    for label, count in sorted(each.counts.items())[:_SHOWN]:
        table.add_row(each.source.class_name(label), f"{'█' * max(1, round(_BAR * count / most))} {count:,}")
    if len(each.counts) > _SHOWN:
        table.add_row("…", f"{len(each.counts) - _SHOWN:,} more classes")
    return table
