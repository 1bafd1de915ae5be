"""The report of a check of data as one HTML file, with its pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import PurePath
from typing import Final

import numpy as np

from layerzoo.data_report.findings import Example, Finding, worst
from layerzoo.data_report.sheet import picture_of
from layerzoo.data_report.statistics import SourceStatistics, shown
from layerzoo.errors import DataError

_SIDE: Final = 128
_LINES: Final = 30
_BARS: Final = 60
_PICTURES: Final = 12
"""Pictures of a source, beside those of findings."""
_STYLE: Final = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
body{color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
.finding{border-left:.4rem solid;padding:.2rem 0 .2rem .8rem;margin:.8rem 0}
.good{border-color:#2e8b57}.warn{border-color:#d98e04}.fail{border-color:#c0392b}
.level{font-weight:600;text-transform:uppercase;font-size:.8rem}
ul{margin:.3rem 0;padding-left:1.2rem;font-size:.9rem;color:#444;overflow-wrap:anywhere}
.pair{display:inline-flex;gap:.4rem;margin:.4rem 1rem .4rem 0;border:1px solid #ddd;padding:.4rem}
figure{margin:0;width:8rem}figure img{width:8rem;height:8rem;object-fit:contain;background:#eee}
figcaption{font-size:.75rem;color:#555;overflow-wrap:anywhere}
table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top}
.bar{background:#3b6ea8;height:.8rem;display:inline-block;min-width:1px}
"""


def report_page(statistics: Sequence[SourceStatistics], findings: Sequence[Finding]) -> str:
    """The page; all text from outside is escaped, and nothing is loaded from elsewhere."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>layerzoo data check</title>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<style>{_STYLE}</style><h1>Data check: <span class=level>{worst(findings)}</span></h1>",
    ]
    parts += [_finding(finding) for finding in findings]
    parts += [_source(each) for each in statistics]
    return "\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    lines = "".join(f"<li>{escape(line)}" for line in finding.details[:_LINES])
    if len(finding.details) > _LINES:
        lines += f"<li>… {len(finding.details) - _LINES:,} more"
    pairs = "".join(
        f"<div class=pair>{''.join(map(_figure, examples))}</div>" for examples in finding.pictures
    )
    head = f"<span class=level>{finding.level}</span> {escape(finding.title)}"
    return f"<div class='finding {finding.level}'>{head}{f'<ul>{lines}</ul>' if lines else ''}{pairs}</div>"


def _figure(example: Example) -> str:
    source = example.of.source
    try:
        pixels = source.as_bytes(source.original(int(example.of.indices[example.place]))[0][0])
    except DataError as error:  # it could be read before
        return f"<figure><figcaption>{escape(str(error))}</figcaption></figure>"
    caption = escape(example.caption)
    return f"<figure><img alt='' src='{_embedded(pixels)}'><figcaption>{caption}</figcaption></figure>"


def _embedded(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    picture = picture_of(pixels)
    picture.thumbnail((2 * _SIDE, 2 * _SIDE))
    data = BytesIO()
    picture.save(data, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(data.getvalue()).decode()}"


def _source(each: SourceStatistics) -> str:
    rows = [("samples", f"{each.count:,}"), ("unreadable", f"{each.unreadable_count:,}")]
    shapes = each.shapes.most_common(5)
    text = ", ".join(f"{' x '.join(map(str, shape))} ({count:,})" for shape, count in shapes)
    rows.append(("shapes", text + (f", {len(each.shapes) - 5:,} more" if len(each.shapes) > 5 else "")))
    if each.mean:
        rows.append(("mean", ", ".join(map(shown, each.mean))))
        rows.append(("deviation", ", ".join(map(shown, each.std))))
    table = "".join(f"<tr><th>{escape(key)}<td>{escape(value)}" for key, value in rows)
    most = max(each.counts.values(), default=1)
    bars = "".join(
        f"<tr><td>{escape(each.source.class_name(label))}<td>{count:,}"
        f"<td style='width:20rem'><span class=bar style='width:{100 * count / most:.1f}%'></span>"
        for label, count in sorted(each.counts.items())[:_BARS]
    )
    if len(each.counts) > _BARS:
        bars += f"<tr><td>… {len(each.counts) - _BARS:,} more"
    pictures = "".join(f"<div class=pair>{_figure(example)}</div>" for example in _typical(each))
    return f"<h2>{escape(each.name)}</h2><table>{table}</table><table>{bars}</table>{pictures}"


def _typical(each: SourceStatistics) -> list[Example]:
    """The first image of each class, or images from the whole source."""
    if not each.source.is_image or not len(each.indices):
        return []
    if each.labels is None:
        places = sorted({len(each.indices) * n // _PICTURES for n in range(_PICTURES)})
        return [Example(each, place, PurePath(each.keys[place]).name) for place in places]
    labels, first = np.unique(each.labels, return_index=True)
    return [
        Example(each, place, f"{each.source.class_name(label)}: {PurePath(each.keys[place]).name}")
        for label, place in zip(labels[:_PICTURES].tolist(), first[:_PICTURES].tolist(), strict=True)
    ]
