"""Draw what a net is fed: samples before and after the transforms, with labels, boxes and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from layerzoo.data.samples import Array
from layerzoo.data_report.annotations import Annotation, annotation_of
from layerzoo.data_report.sources import DataSource
from layerzoo.errors import DataError
from layerzoo.evaluation.overlays import Box, colour, palette, with_boxes

_GAP: Final = 10
_PAPER, _INK, _FAINT, _AROUND = "white", (20, 20, 20), (110, 110, 110), (225, 225, 225)
_OPACITY: Final = 0.5
_LINE: Final = 17
_FONT: Final = 13


def draw_sheet(source: DataSource, seed: int, rows: int, columns: int, side: int) -> Image.Image:
    """Draw samples, one a row: first without transforms, then as the net is fed in successive epochs.

    Args:
        source: the source.
        seed: seed of the run.
        rows: number of samples.
        columns: number of epochs.
        side: side of a picture in pixels.

    Raises:
        DataError: a sample can't be read.
    """
    order, size = source.order(seed), len(source.layer.source)
    if not size:
        raise DataError(f"{source.text}: no samples")
    rows = min(rows, size)
    indices = order.indices(np.arange(rows))
    drawn = []
    legend: dict[int, str] = {}
    for row, index in enumerate(indices.tolist()):
        tops = source.original(index)
        line = [cell_of(source, source.as_bytes(tops[0][0]), annotation_of(tops), side)]
        for epoch in range(columns):
            number = row if epoch == 0 else number_in_epoch(source, seed, epoch, index)
            tops = source.fed(number, seed)
            line.append(cell_of(source, source.shown(tops[0][0]), annotation_of(tops), side))
        for _, annotation in line:
            legend |= {label: source.class_name(label) for label in annotation.labels_of_pixels}
        drawn.append((source.layer.source.name(index), line))
    return _joined(source, drawn, legend, side)


def number_in_epoch(source: DataSource, seed: int, epoch: int, index: int) -> int:
    """The number at which a sample is read in an epoch; any of the epoch where it isn't read."""
    size = len(source.layer.source)
    first = epoch * size
    places = np.flatnonzero(source.order(seed).indices(np.arange(first, first + size)) == index)
    return first + (int(places[0]) if len(places) else index)


def cell_of(
    source: DataSource, pixels: Array, annotation: Annotation, side: int
) -> tuple[Image.Image, Annotation]:
    """A picture of a sample within a square, with its boxes and its mask."""
    picture = picture_of(pixels)
    scale = side / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    kind = Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.LANCZOS
    if annotation.mask is not None:
        picture = _tinted(picture, annotation.mask)
    picture = picture.resize(size, kind)
    if annotation.boxes:
        height, width = pixels.shape[-2:]
        boxes = [
            Box(source.class_name(number), number + 1, *edges)
            for number, edges in annotation.fractions(height, width)
        ]
        picture = with_boxes(picture, boxes, enlarge=False)
    cell = Image.new("RGB", (side, side), _AROUND)
    cell.paste(picture, ((side - size[0]) // 2, (side - size[1]) // 2))
    return cell, annotation


def picture_of(pixels: Array) -> Image.Image:
    """Bytes, channels (BGR) x height x width, as a picture; of a clip its middle frame."""
    if pixels.ndim == 4:
        pixels = pixels[:, pixels.shape[1] // 2]
    if pixels.ndim != 3:
        pixels = pixels.reshape(1, 1, -1)
    if len(pixels) < 3:
        return Image.fromarray(np.ascontiguousarray(pixels[0])).convert("RGB")
    return Image.fromarray(np.ascontiguousarray(pixels[2::-1].transpose(1, 2, 0)))


def _tinted(picture: Image.Image, mask: Array) -> Image.Image:
    numbers = np.asarray(
        Image.fromarray(mask.clip(0, 255).astype(np.uint8)).resize(picture.size, Image.Resampling.NEAREST)
    )
    base = np.asarray(picture, np.float32)
    tinted = base * (1 - _OPACITY) + palette()[numbers] * _OPACITY
    return Image.fromarray(np.where(numbers[..., None] == 0, base, tinted).astype(np.uint8))


def _joined(
    source: DataSource,
    rows: Sequence[tuple[str, Sequence[tuple[Image.Image, Annotation]]]],
    legend: dict[int, str],
    side: int,
) -> Image.Image:
    font, columns = ImageFont.load_default(_FONT), len(rows[0][1])
    shapes = " and ".join(" x ".join(map(str, shape)) for shape in source.layer.top_shapes(source.param, []))
    titles = [f"{source.text}, {source.part}: {len(source.layer.source):,} samples; tops {shapes}"]
    epochs = "the first epoch" if columns == 2 else f"the first {columns - 1} epochs"
    titles.append(f"left: the sample; right: as the net is fed in {epochs}")
    step, high = side + _GAP, side + 2 * _LINE + _GAP
    wide = max(_GAP + columns * step, *(2 * _GAP + int(font.getlength(line)) for line in titles))
    top = _GAP + len(titles) * (_LINE + 2) + 6
    legend_lines = _wrapped(legend, wide, font)
    sheet = Image.new("RGB", (wide, top + len(rows) * high + len(legend_lines) * (_LINE + 4) + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, line in enumerate(titles):
        draw.text((_GAP, _GAP + place * (_LINE + 2)), line, _INK if place == 0 else _FAINT, font)
    for row, (name, cells) in enumerate(rows):
        y = top + row * high
        for column, (cell, annotation) in enumerate(cells):
            x = _GAP + column * step + (_GAP // 2 if column else 0)
            sheet.paste(cell, (x, y))
            label = _fitted(annotation.text(source.class_name), side, font)
            draw.text((x, y + side + 2), label, _INK, font)
        room = max(side, int(columns * step) - 2 * _GAP)
        draw.text((_GAP, y + side + 2 + _LINE), _fitted(name, room, font, end=True), _FAINT, font)
    y = top + len(rows) * high
    for entries in legend_lines:
        for x, number, name in entries:
            draw.rectangle((x, y + 2, x + 12, y + 14), fill=colour(number), outline=_INK)
            draw.text((x + 18, y), name, _INK, font)
        y += _LINE + 4
    return sheet


def _wrapped(
    legend: dict[int, str], wide: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> list[list[tuple[int, int, str]]]:
    """Places of the classes in the legend, in lines."""
    lines: list[list[tuple[int, int, str]]] = []
    x = wide
    for number, name in sorted(legend.items()):
        needed = 30 + int(font.getlength(name))
        if not lines or x + needed > wide:
            lines.append([])
            x = _GAP
        lines[-1].append((x, number, name))
        x += needed
    return lines


def _fitted(
    text: str, room: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, end: bool = False
) -> str:
    """A text, shortened to a width in pixels; with ``end`` its end is kept."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[1:] if end else text[:-1]
    return f"…{text}" if end else f"{text}…"
