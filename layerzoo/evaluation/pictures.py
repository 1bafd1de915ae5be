"""Draw a report: the confusion matrix, and a contact sheet of the worst mistakes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from layerzoo.evaluation.report import Report
from layerzoo.evaluation.samples import visible

_CELL: Final = 44
_LETTER: Final = 7
_LINE: Final = 12
_GRID: Final = 230
_PAPER, _INK, _FAINT = "white", "black", (150, 150, 150)
_RIGHT, _WRONG = np.array([33, 113, 181]), np.array([203, 24, 29])
_MAX_NAMED: Final = 120
"""Number of classes above which the picture has no class names."""


def confusion_picture(report: Report) -> Image.Image:
    """Draw the confusion matrix: true classes in rows, predictions in columns; correct is blue, wrong red."""
    count = len(report.names)
    cell = _CELL if count <= 30 else max(4, 1200 // count)
    numbers = cell == _CELL
    margin = min(20, max(map(len, report.names))) * _LETTER + 14 if count <= _MAX_NAMED else 14
    picture = Image.new("RGB", (margin + count * cell + 1, margin + count * cell + 1), _PAPER)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default()
    shares = report.confusion / np.maximum(1, report.confusion.sum(1, keepdims=True))
    cells = _colours(shares).repeat(cell, 0).repeat(cell, 1)
    if numbers:
        cells[::cell], cells[:, ::cell] = _GRID, _GRID
    picture.paste(Image.fromarray(cells), (margin, margin))
    for row, column in np.argwhere(report.confusion) if numbers else ():
        ink = _PAPER if shares[row, column] > 0.5 else _INK
        place = (margin + (column + 0.5) * cell, margin + (row + 0.5) * cell)
        draw.text(place, str(report.confusion[row, column]), ink, font, "mm")
    for index, name in enumerate(report.names if margin > 14 else ()):
        centre = margin + (index + 0.5) * cell
        draw.text((margin - 6, centre), name[:20], _INK, font, "rm")
        draw.text((centre, margin - 6), name[:20], _INK, font, "mb")
    return picture


def contact_sheet(report: Report, images: NDArray[np.float32], columns: int = 5) -> Image.Image:
    """Draw the worst mistakes, each with its true class and the prediction.

    Args:
        report: the report with the mistakes.
        images: the input images of all samples; each is scaled to the full range of grey levels.
        columns: pictures per row.
    """
    shown = report.worst
    side = max(96, *images.shape[2:]) if len(images) else 96
    width, height = side + 12, side + 2 * _LINE + 14
    rows = -(-len(shown) // columns) or 1
    sheet = Image.new("RGB", (columns * width, rows * height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default()
    if not shown:
        draw.text((8, 8), "no mistakes", _INK, font)
    for place, (index, right, guess, _) in enumerate(shown):
        x, y = place % columns * width + 6, place // columns * height + 6
        sheet.paste(visible(images[index]).resize((side, side), Image.Resampling.NEAREST), (x, y))
        draw.text((x, y + side + 2), f"{report.names[right]} taken for", _FAINT, font)
        draw.text((x, y + side + 2 + _LINE), report.names[guess], _INK, font)
    return sheet


def _colours(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A colour for each cell: the smaller its share, the paler."""
    full = np.where(np.eye(len(shares), dtype=bool)[..., None], _RIGHT, _WRONG)
    paled: NDArray[np.float64] = 255 + (full - 255) * np.sqrt(shares)[..., None]
    return paled.astype(np.uint8)
