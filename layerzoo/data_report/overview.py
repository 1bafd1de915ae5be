"""An overview of data as files: facts and findings as JSON, thumbnails by class, mean images.

A folder holds ``overview.json``, which names the other files, and ``progress.json`` while it is made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layerzoo.atomic import write_atomic
from layerzoo.data.samples import Array
from layerzoo.data_report.annotations import Annotation
from layerzoo.data_report.facts import facts_of, facts_of_finding
from layerzoo.data_report.findings import Example, Finding, worst
from layerzoo.data_report.sheet import cell_of, picture_of
from layerzoo.data_report.sources import DataSource
from layerzoo.data_report.statistics import SourceStatistics
from layerzoo.data_report.table import sample_rows
from layerzoo.errors import DataError

OVERVIEW: Final = "overview.json"
PROGRESS: Final = "progress.json"
SIDE: Final = 112
"""The side of a thumbnail in pixels."""
_MEAN_SIDE: Final = 96
_MOST: Final = 6000
"""The most thumbnails of a source."""
_MEANS: Final = 100
"""The most classes with a mean image of their own."""
_BINS: Final = 12
_COMMON: Final = 10
_ROWS: Final = 20
_DETAILS: Final = 200
_QUALITY: Final = 88


@dataclass
class Gallery:
    """Thumbnails and mean images of a source, made while its samples are read.

    Attributes:
        source: the source.
        folder: where the pictures are written.
        start: the first part of the names of its files.
        per_class: the most thumbnails of a class.
        samples: what was written: file, name, and the names of the classes.
        sizes: how often each width and height occurs.
    """

    source: DataSource
    folder: Path
    start: str
    per_class: int
    samples: list[dict[str, Any]] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    _shown: Counter[int | None] = field(default_factory=Counter)
    _sums: dict[int | None, NDArray[np.float64]] = field(default_factory=dict)
    _counts: Counter[int | None] = field(default_factory=Counter)

    def look(self, index: int, annotation: Annotation, pixels: Array | None) -> None:
        """Take a sample in."""
        if pixels is None or not pixels.size:
            return
        self.sizes[pixels.shape[-1], pixels.shape[-2]] += 1
        self._add_to_means(annotation.label, picture_of(pixels))
        labels = [annotation.label] if annotation.label is not None else [n for n, _ in annotation.boxes]
        if annotation.mask is not None:
            labels = annotation.labels_of_pixels
        classes: list[int] = list(dict.fromkeys(labels))
        keys: list[int | None] = [*classes] or [None]
        if len(self.samples) >= _MOST or all(self._shown[key] >= self.per_class for key in keys):
            return
        self._shown.update(keys)
        name = f"{self.start}-{index}.jpg"
        cell, _ = cell_of(self.source, pixels, annotation, SIDE)
        _save(cell, self.folder / name)
        self.samples.append(
            {
                "file": name,
                "name": self.source.raw.name(index),
                "classes": [self.source.class_name(number) for number in classes],
            }
        )

    def facts(self) -> dict[str, Any]:
        """What was found, for JSON; mean images are written."""
        means = {}
        for label, total in sorted(self._sums.items(), key=lambda pair: (pair[0] is not None, pair[0] or 0)):
            name = f"{self.start}-mean{'' if label is None else f'-{label}'}.png"
            values = np.rint(total / self._counts[label]).clip(0, 255).astype(np.uint8)
            _save(Image.fromarray(values), self.folder / name)
            means["" if label is None else self.source.class_name(label)] = name
        widths, heights = (_histogram(self.sizes, axis) for axis in (0, 1))
        common = [[*size, count] for size, count in self.sizes.most_common(_COMMON)]
        return {
            "thumbnails": self.samples,
            "mean_images": means,
            "sizes": {
                "distinct": len(self.sizes),
                "common": common,
                "widths": widths,
                "heights": heights,
            },
        }

    def _add_to_means(self, label: int | None, picture: Image.Image) -> None:
        if None not in self._sums:
            scale = min(1.0, _MEAN_SIDE / max(picture.size))
            wide, high = (max(1, round(side * scale)) for side in picture.size)
            self._sums[None] = np.zeros((high, wide, 3))
        high, wide, _ = self._sums[None].shape
        if picture.size != (wide, high):
            picture = picture.resize((wide, high), Image.Resampling.BOX)
        values = np.asarray(picture, np.float64)
        keys: list[int | None] = [None] if label is None else [None, label]
        for key in keys:
            if key not in self._sums:
                if len(self._sums) > _MEANS:
                    continue
                self._sums[key] = np.zeros((high, wide, 3))
            self._sums[key] += values
            self._counts[key] += 1


def write_overview(
    folder: Path,
    what: str,
    statistics: Sequence[SourceStatistics],
    findings: Sequence[Finding],
    galleries: Sequence[Gallery],
) -> None:
    """Write what was found of sources that were read with the galleries.

    Args:
        folder: where to; the galleries' pictures are in it.
        what: the path that was asked about.
        statistics: of each source.
        findings: over all.
        galleries: of each source, in the order of ``statistics``.
    """
    report = {
        "what": what,
        "level": worst(findings),
        "findings": [_finding(folder, place, finding) for place, finding in enumerate(findings)],
        "sources": [_source(*pair) for pair in zip(statistics, galleries, strict=True)],
    }
    write_atomic(folder / OVERVIEW, json.dumps(report))


def _source(each: SourceStatistics, gallery: Gallery) -> dict[str, Any]:
    facts = facts_of(each)
    del facts["unreadable"]  # findings name them
    facts["shapes"] = dict(list(facts["shapes"].items())[:_COMMON])
    source = each.source
    if not source.is_image:
        try:
            rows = sample_rows(source, 0, _ROWS)
        except DataError:
            rows = []
        return {**facts, "is_image": False, "columns": ["sample", *source.param.top], "rows": rows}
    return {**facts, "is_image": True, **gallery.facts()}


def _finding(folder: Path, place: int, finding: Finding) -> dict[str, Any]:
    facts = facts_of_finding(finding)
    facts["details"] = facts["details"][:_DETAILS]
    pictures = []
    for number, examples in enumerate(finding.pictures):
        shown = []
        for of, example in enumerate(examples):
            name = f"finding-{place}-{number}-{of}.jpg"
            if _draw(example, folder / name):
                shown.append({"file": name, "caption": example.caption})
        pictures.append(shown)
    return {**facts, "pictures": pictures}


def _draw(example: Example, path: Path) -> bool:
    source = example.of.source
    try:
        pixels = source.as_bytes(source.original(int(example.of.indices[example.place]))[0][0])
    except DataError:  # it could be read before
        return False
    cell, _ = cell_of(source, pixels, Annotation(), SIDE)
    _save(cell, path)
    return True


def _histogram(sizes: Counter[tuple[int, int]], axis: int) -> list[list[int]]:
    """Ranges of pixels with the number of images in them: first, last, count."""
    if not sizes:
        return []
    low, high = (pick(size[axis] for size in sizes) for pick in (min, max))
    step = max(1, -(-(high - low + 1) // _BINS))
    counts = Counter[int]()
    for size, count in sizes.items():
        counts[(size[axis] - low) // step] += count
    return [
        [low + place * step, min(high, low + (place + 1) * step - 1), counts[place]]
        for place in range((high - low) // step + 1)
    ]


def _save(picture: Image.Image, path: Path) -> None:
    if path.suffix == ".png":
        picture.save(path, "PNG")
    else:
        picture.save(path, "JPEG", quality=_QUALITY)
