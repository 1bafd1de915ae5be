"""Judge what a pass over the sources of a net found: good, warn or fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import PurePath
from typing import Final, Literal

import numpy as np

from layerzoo.data_report.class_numbers import class_mismatch
from layerzoo.data_report.duplicates import Pair, near_pairs, same_values
from layerzoo.data_report.statistics import SourceStatistics

Level = Literal["good", "warn", "fail"]
_IMBALANCE: Final = 10
"""Warned of from this ratio of the most frequent class to the least on."""
_FEW: Final = 5
"""Classes with fewer samples are warned of."""
_SHOWN: Final = 5
_LEAKY_NAMES: Final = 0.5
"""The share of test files with a namesake in training from which on it is said."""


@dataclass(frozen=True)
class Example:
    """A sample to show with a finding: its statistics, its place in them, and a caption."""

    of: SourceStatistics
    place: int
    caption: str


@dataclass(frozen=True)
class Finding:
    """Something that was checked.

    Attributes:
        level: good, warn or fail.
        title: what was found, one sentence.
        details: names of samples and numbers, one a line.
        pictures: samples that show it, in pairs.
    """

    level: Level
    title: str
    details: list[str] = field(default_factory=list)
    pictures: list[tuple[Example, ...]] = field(default_factory=list)


def judge(statistics: Sequence[SourceStatistics]) -> list[Finding]:
    """All findings, over each source and between them, the worst first."""
    findings: list[Finding] = []
    for each in statistics:
        findings += [*_readable(each), *_shapes(each), *_labels(each), *_within(each)]
    for first, second in combinations(statistics, 2):
        findings += _between(first, second)
    order = ("fail", "warn", "good")
    return sorted(findings, key=lambda finding: order.index(finding.level))


def worst(findings: Sequence[Finding]) -> Level:
    """The worst level."""
    levels: set[Level] = {finding.level for finding in findings}
    return "fail" if "fail" in levels else "warn" if "warn" in levels else "good"


def _readable(each: SourceStatistics) -> Iterator[Finding]:
    if not each.count:
        yield Finding("fail", f"{each.name}: no samples")
    elif each.unreadable_count:
        what = "1 sample is" if each.unreadable_count == 1 else f"{each.unreadable_count:,} samples are"
        yield Finding("fail", f"{each.name}: {what} unreadable", [text for _, text in each.unreadable])
    else:
        yield Finding("good", f"{each.name}: all {len(each.indices):,} samples that were read are readable")


def _shapes(each: SourceStatistics) -> Iterator[Finding]:
    channels = Counter[int]()
    for shape, count in each.shapes.items():
        if each.source.is_image and len(shape) == 3:
            channels[shape[0]] += count
    if len(channels) > 1:
        details = [f"{count:,} with {number} channels" for number, count in channels.most_common()]
        details.append("fix: force_color or force_gray in transform_param")
        yield Finding("fail", f"{each.name}: images differ in the number of channels", details)


def _labels(each: SourceStatistics) -> Iterator[Finding]:
    if not each.counts:
        return
    name = each.source.class_name
    bad = False
    for classes, layer, ignored in dict.fromkeys(each.source.outputs):
        wrong = {
            label: n for label, n in each.counts.items() if not 0 <= label < classes and label != ignored
        }
        if wrong:
            bad = True
            samples = f"{sum(wrong.values()):,} labels outside of 0 to {classes - 1}"
            details = [f"label {label}: {count:,} times" for label, count in sorted(wrong.items())[:_SHOWN]]
            if each.labels is not None:
                places = np.flatnonzero(np.isin(each.labels, list(wrong)))[:_SHOWN]
                details += [each.source.raw.name(int(each.indices[place])) for place in places]
            details.append(f"fix: num_output of the layer before '{layer}', or the labels")
            yield Finding("fail", f"{each.name}: {samples}, the classes of layer '{layer}'", details)
    if each.labels is None:
        return
    classes = max(
        [len(each.source.names), *(count for count, _, _ in each.source.outputs), max(each.counts) + 1]
    )
    empty = [label for label in range(classes) if not each.counts[label]] if classes <= 100_000 else []
    if empty:
        names = ", ".join(name(label) for label in empty[:_SHOWN]) + (", …" if len(empty) > _SHOWN else "")
        what = "1 class has" if len(empty) == 1 else f"{len(empty):,} classes have"
        yield Finding("warn", f"{each.name}: {what} no samples: {names}")
    counts = each.counts.most_common()
    most, least = counts[0], counts[-1]
    if each.source.phase == "TRAIN" and most[1] >= _IMBALANCE * least[1]:
        ratio = most[1] / least[1]
        details = [f"{name(label)}: {count:,}" for label, count in (most, least)]
        details.append("fix: loss_param { class_weights: AUTO }, or reading_param { sampler: BALANCED }")
        yield Finding("warn", f"{each.name}: classes are imbalanced, {ratio:.0f} to 1", details)
    elif least[1] < _FEW and each.source.phase == "TRAIN":
        details = [f"{name(label)}: {count}" for label, count in reversed(counts) if count < _FEW][:_SHOWN]
        yield Finding("warn", f"{each.name}: classes with fewer than {_FEW} samples", details)
    elif not bad:
        what = "1 class" if len(counts) == 1 else f"{len(counts):,} classes"
        span = f"{least[1]:,}" if least[1] == most[1] else f"{least[1]:,} to {most[1]:,}"
        yield Finding("good", f"{each.name}: {what} with {span} samples{' each' if len(counts) > 1 else ''}")


def _within(each: SourceStatistics) -> Iterator[Finding]:
    """Duplicates within a source; with different labels they contradict each other."""
    pairs = same_values(each.digests)
    if each.source.is_image and each.labels is not None:
        clashes = [pair for pair in pairs if each.labels[pair.first] != each.labels[pair.second]]
        if clashes:
            what = "image has" if len(clashes) == 1 else "images have"
            title = f"{each.name}: {len(clashes):,} {what} a duplicate with another label"
            yield Finding("warn", title, _named(clashes, each, each), _shown(clashes, each, each))
    if pairs:
        share = len(pairs) / max(1, len(each.digests))
        level: Level = "warn" if share > 0.01 else "good"
        what = "1 sample is a duplicate" if len(pairs) == 1 else f"{len(pairs):,} samples are duplicates"
        title = f"{each.name}: {what} of others in it ({share:.1%})"
        yield Finding(level, title, _named(pairs, each, each), _shown(pairs, each, each))


def _between(first: SourceStatistics, second: SourceStatistics) -> Iterator[Finding]:
    """Samples that two sources share."""
    if first.source.part == second.source.part:
        return
    names = f"{first.source.part} and {second.source.part}"
    if mismatch := class_mismatch(first.source, second.source):
        layers = f"in the layer of {second.source.part} as in that of {first.source.part}"
        yield Finding("fail", mismatch, [f"fix: class_name, or fitted_on, {layers}"])
    exact = same_values(first.digests, second.digests)
    whole = len(second.digests)
    if exact and len(exact) == whole and len(first.digests) == whole:
        title = f"{names} read the same {whole:,} samples: the test says nothing of new data"
        yield Finding("fail", title, [first.name, second.name])
        return
    if exact:
        share = f"{len(exact):,} of {whole:,} samples of {second.source.part}"
        details, shown = _named(exact, first, second), _shown(exact, first, second)
        yield Finding("fail", f"{share} are in {first.source.part} too, value for value", details, shown)
    same = {pair.second for pair in exact}
    near = near_pairs((first.hashes, first.thumbnails), (second.hashes, second.thumbnails))
    near = [pair for pair in near if pair.second not in same]
    if near:
        count = len({pair.second for pair in near})
        what = f"{count:,} of {whole:,} images of {second.source.part}"
        title = f"{what} are nearly the same as images of {first.source.part}"
        yield Finding("warn", title, _named(near, first, second), _shown(near, first, second))
    if not exact and not near and first.digests and second.digests:
        yield Finding("good", f"{names} share no samples")
    yield from _names(first, second)


def _names(first: SourceStatistics, second: SourceStatistics) -> Iterator[Finding]:
    """Files of the same name in both; numbers don't count as names."""
    known: dict[str, int] = {}
    for place, key in enumerate(first.keys):
        for name in _ends(key):
            known.setdefault(name, place)
    # those in folders of the same name belong together, if there are such
    pairs = [
        Pair(next(known[name] for name in _ends(key) if name in known), place, False)
        for place, key in enumerate(second.keys)
        if not PurePath(key).name.isdecimal() and PurePath(key).name in known
    ]
    if not pairs:
        return
    whole = f"{first.source.part} and {second.source.part}"
    level: Level = "warn" if len(pairs) / len(second.keys) < _LEAKY_NAMES else "good"
    files = "1 file has the same name" if len(pairs) == 1 else f"{len(pairs):,} files have the same names"
    title = f"{files} in {whole}"
    hint = [] if level == "warn" else ["most do, so the names seem to be numbers"]
    yield Finding(level, title, [*_named(pairs, first, second), *hint])


def _ends(key: str) -> tuple[str, str]:
    """The folder and the name in a path, and the name alone."""
    path = PurePath(key)
    return f"{path.parent.name}/{path.name}", path.name


def _named(pairs: Sequence[Pair], first: SourceStatistics, second: SourceStatistics) -> list[str]:
    names = [
        f"{second.source.raw.name(int(second.indices[pair.second]))} = "
        f"{first.source.raw.name(int(first.indices[pair.first]))}"
        for pair in pairs[:100]
    ]
    return [*names, f"… {len(pairs) - 100:,} more"] if len(pairs) > 100 else names


def _shown(
    pairs: Sequence[Pair], first: SourceStatistics, second: SourceStatistics
) -> list[tuple[Example, ...]]:
    def example(of: SourceStatistics, place: int) -> Example:
        label = "" if of.labels is None else f" ({of.source.class_name(int(of.labels[place]))})"
        return Example(of, place, f"{of.source.part}: {PurePath(of.keys[place]).name}{label}")

    if not first.source.is_image:
        return []
    return [(example(first, pair.first), example(second, pair.second)) for pair in pairs[:12]]
