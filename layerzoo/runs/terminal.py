"""Plot panels in a terminal: with braille dots, or with letters without Unicode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10
from typing import NamedTuple

from layerzoo.runs.curves import LARGEST, Curve, Panel
from layerzoo.runs.ticks import log_ticks, short, ticks
from layerzoo.terminal_text import one_line

COLOURS = (36, 33, 35, 32, 34, 31, 96, 93, 95, 92, 94, 91)
"""ANSI foreground colours, one per curve."""
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIN_WIDTH, _MIN_HEIGHT = 24, 4
_MARGIN = 2
_GAP = 12
_MAX_ENDS = 100


class Style(NamedTuple):
    """Capabilities of a terminal.

    Attributes:
        width: width in characters.
        height: height of the plot area of a panel in characters.
        colour: whether to use ANSI colours.
        unicode: whether to use braille dots and box-drawing characters.
    """

    width: int = 80
    height: int = 14
    colour: bool = False
    unicode: bool = True


def draw(panel: Panel, style: Style) -> str:
    """Render a panel as text: title, curves with both axes, legend.

    The end of each curve is marked by a letter, shown in the legend too, so colours aren't needed.
    """
    curves = [drawn for curve in panel.curves if (drawn := _logarithmic(curve) if panel.log else curve).xs]
    title = one_line(f"{panel.title} by {panel.axis}{' (log)' if panel.log else ''}")
    if not curves:
        return f"{title}: nothing to draw\n"
    (left, right), (low, high) = _limits(c.xs for c in curves), _limits(c.ys for c in curves)
    height = max(_MIN_HEIGHT, style.height)
    marks = _y_marks(low, high, height, panel.log)
    margin = max(map(len, marks.values()))
    width = max(_MIN_WIDTH, style.width - margin - 2 - _MARGIN)
    canvas = _Canvas(width, height, style.unicode)
    for index, curve in enumerate(curves):
        canvas.curve(
            index,
            [(x - left) / (right - left) for x in curve.xs],
            [(y - low) / (high - low) for y in curve.ys],
        )
    bar, tick, corner, dash = "│┤└─" if style.unicode else "|+`-"
    lines = [" " * (margin + 2) + title]
    for row in range(height):
        edge = tick if row in marks else bar
        lines.append(f"{marks.get(row, ''):>{margin}} {edge}{canvas.line(row, style.colour)}")
    below, names = _x_marks(left, right, width, dash, "┬" if style.unicode else "+")
    lines.append(" " * (margin + 1) + corner + below)
    lines.append(" " * (margin + 2) + names)
    lines += _legend(
        [(c.label, 10 ** c.ys[-1] if panel.log else c.ys[-1]) for c in curves], style, margin + 2
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


class _Canvas:
    """A grid of characters; each shows dots of one curve."""

    def __init__(self, width: int, height: int, unicode: bool) -> None:
        self.width, self.height = width, height
        self.across, self.down = (2, 4) if unicode else (1, 1)
        self.unicode = unicode
        self.dots = [[0] * width for _ in range(height)]
        self.owners = [[-1] * width for _ in range(height)]
        self.ends: dict[int, dict[int, int]] = {row: {} for row in range(height)}

    def curve(self, index: int, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Draw a curve given in coordinates from 0 to 1; y points up."""
        wide, high = self.width * self.across - 1, self.height * self.down - 1
        points = [(round(x * wide), round((1 - y) * high)) for x, y in zip(xs, ys, strict=True)]
        for start, end in zip(points, points[1:] or points, strict=False):
            for x, y in _line(start, end):
                self._dot(index, x, y)
        self._end(index, points[-1][0] // self.across + 1, points[-1][1] // self.down)

    def line(self, row: int, colour: bool) -> str:
        """The text of a row."""
        text = []
        for column in range(self.width + _MARGIN):
            end = self.ends[row].get(column)
            if end is not None:
                text.append(_paint(letter(end), end, colour))
            elif column < self.width and self.dots[row][column]:
                owner = self.owners[row][column]
                mark = chr(_BRAILLE + self.dots[row][column]) if self.unicode else letter(owner)
                text.append(_paint(mark, owner, colour))
            else:
                text.append(" ")
        return "".join(text)

    def _end(self, index: int, column: int, row: int) -> None:
        """Place the letter of a curve at its end, or at the nearest free position, while there is room."""
        if index >= _MAX_ENDS:
            return
        for near in sorted(range(self.height), key=lambda other: abs(other - row)):
            for place in range(column, self.width + _MARGIN):
                if place not in self.ends[near]:
                    self.ends[near][place] = index
                    return

    def _dot(self, index: int, x: int, y: int) -> None:
        row, column = y // self.down, x // self.across
        self.dots[row][column] |= _DOTS[y % self.down][x % self.across]
        self.owners[row][column] = index


def letter(index: int) -> str:
    """The letter of a curve."""
    return _LETTERS[index % len(_LETTERS)]


def _line(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The dots of a line between two points, both included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for i in range(steps + 1):
        yield (
            start[0] + round((end[0] - start[0]) * i / steps),
            start[1] + round((end[1] - start[1]) * i / steps),
        )


def _limits(values: Iterator[list[float]]) -> tuple[float, float]:
    """Minimum and maximum of several lists, widened if all values are equal."""
    flat = [value for each in values for value in each]
    low, high = min(flat), max(flat)
    if low == high:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room
    return low, high


def _logarithmic(curve: Curve) -> Curve:
    pairs = [(x, log10(y)) for x, y in zip(curve.xs, curve.ys, strict=True) if y >= 1 / LARGEST]
    return Curve(curve.label, [x for x, _ in pairs], [y for _, y in pairs], curve.run, curve.net)


def _y_marks(low: float, high: float, height: int, log: bool) -> dict[int, str]:
    """Labels of the y axis by row."""
    most = max(2, height // 3 + 1)
    limit = log10(LARGEST)
    values = (
        log_ticks(10 ** max(low, -limit), 10 ** min(high, limit), most) if log else ticks(low, high, most)
    )
    marks = {}
    for value in values:
        place = log10(value) if log else value
        marks[round((1 - (place - low) / (high - low)) * (height - 1))] = short(value)
    return marks


def _x_marks(left: float, right: float, width: int, dash: str, tick: str) -> tuple[str, str]:
    """The line of the x axis, and the labels below it."""
    line, names = [dash] * width, [" "] * width
    for value in ticks(left, right, max(2, width // _GAP)):
        column = round((value - left) / (right - left) * (width - 1))
        text = short(value)
        first = min(max(0, column - len(text) // 2), width - len(text))
        if any(c != " " for c in names[max(0, first - 1) : first + len(text) + 1]):
            continue
        line[column] = tick
        names[first : first + len(text)] = text
    return "".join(line), "".join(names)


def _legend(curves: Sequence[tuple[str, float]], style: Style, indent: int) -> list[str]:
    """Letter, name and last value of each curve, wrapped to the width."""
    lines: list[str] = []
    used = style.width
    for index, (label, last) in enumerate(curves):
        plain = f"{letter(index)} {one_line(label)} {last:.4g}"
        if used + len(plain) + 3 > style.width or not lines:
            lines.append(" " * indent)
            used = indent
        else:
            lines[-1] += "   "
            used += 3
        lines[-1] += _paint(plain, index, style.colour)
        used += len(plain)
    return lines


def _paint(text: str, index: int, colour: bool) -> str:
    return f"\x1b[{COLOURS[index % len(COLOURS)]}m{text}\x1b[0m" if colour else text
