"""Curves in the terminal."""

from __future__ import annotations

import re

import pytest

from layerzoo.runs import Curve, Panel, Style, draw


def panel(*curves: Curve, log: bool = False) -> Panel:
    return Panel("loss", "iteration", list(curves), log)


FALLING = Curve("train", [0, 10, 20], [4, 2, 0])
FLAT = Curve("test", [0, 20], [1, 1], net=0)


def test_draw_uses_letters_without_unicode() -> None:
    assert draw(panel(FALLING, FLAT), Style(width=30, height=5, unicode=False)) == (
        "     loss by iteration\n"
        "    |aaaa\n"
        "    |    aaaaa\n"
        "2.5 +         aaaaaa\n"
        "    |bbbbbbbbbbbbbbbbbbbbbbbbb\n"
        "  0 +                     aaaa\n"
        "    `+----------------------+\n"
        "     0                     20\n"
        "     a train 0   b test 1\n"
    )


def test_draw_uses_braille_dots() -> None:
    drawn = draw(panel(FALLING), Style(width=28, height=4))
    assert drawn == (
        "     loss by iteration\n"
        "    │⠉⠒⠢⠤⣀⡀\n"
        "2.5 ┤     ⠈⠉⠒⠢⠤⣀⡀\n"
        "    │           ⠈⠉⠒⠢⠤⢄⣀\n"
        "  0 ┤                  ⠉⠑⠒⠢⠤⣀a\n"
        "    └┬──────────────────────┬\n"
        "     0                     20\n"
        "     a train 0\n"
    )


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [40, 80, 133])
@pytest.mark.parametrize("height", [4, 14])
def test_draw_fits_its_width_and_height(unicode: bool, width: int, height: int) -> None:
    long = Curve("a rather long name " * 2, [0, 1000, 123456], [1e-5, -12345.678, 3])
    lines = draw(panel(FALLING, FLAT, long), Style(width, height, unicode=unicode)).splitlines()
    chart = lines[: height + 3]
    assert max(map(len, chart)) <= width
    assert re.search(r"[┤│|+]", lines[1])
    assert re.search(r"[└`]", lines[height + 1])
    assert all(
        name in "".join(lines[height + 3 :]) for name in ("a train 0", "b test 1", "c a rather long name")
    )


def test_colours_are_optional() -> None:
    assert "\x1b" not in draw(panel(FALLING), Style())
    coloured = draw(panel(FALLING, FLAT), Style(colour=True))
    assert "\x1b[36ma train 0\x1b[0m" in coloured
    assert "\x1b[33mb test 1\x1b[0m" in coloured
    plain = re.sub(r"\x1b\[\d+m", "", coloured)
    assert plain == draw(panel(FALLING, FLAT), Style())


def test_logarithmic_axis_leaves_out_other_values() -> None:
    drawn = draw(panel(Curve("train", [0, 1, 2, 3], [100, 1, 0, -1]), log=True), Style(width=40, height=7))
    assert drawn.startswith("     loss by iteration (log)\n")
    assert [line.split()[0] for line in drawn.splitlines() if "┤" in line] == ["100", "10", "1"]
    assert "a train 1" in drawn


def test_single_point_and_constant_are_drawn() -> None:
    for ys in ([0.0], [5.0], [-2.0]):
        drawn = draw(panel(Curve("train", [7], ys)), Style(width=40, height=5))
        assert f"a train {ys[0]:.4g}" in drawn
        assert "7" in drawn.splitlines()[-2]


def test_draw_without_points_is_a_line() -> None:
    assert draw(panel(), Style()) == "loss by iteration: nothing to draw\n"
    assert (
        draw(panel(Curve("train", [1], [-1]), log=True), Style())
        == "loss by iteration (log): nothing to draw\n"
    )


def test_letters_of_many_curves_do_not_overlap() -> None:
    curves = [Curve(f"run{i}", [0, 1], [0, 1]) for i in range(5)]
    lines = draw(panel(*curves), Style(width=40, height=4)).splitlines()
    assert [line[-3:].strip("⠉⠊⠁ ") for line in lines[1:4]] == ["ab", "cd", "e"]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("ys", [[1e300, 1e300], [-1e300, 1e300], [5e-324, 1e-300, 1e300], [5e-324, 5e-324]])
def test_draw_takes_values_at_the_limits_of_floats(ys: list[float], log: bool) -> None:
    drawn = draw(panel(Curve("train", list(range(len(ys))), ys), log=log), Style(width=60, height=8))
    assert drawn.count("\n") > 8 or drawn.endswith("nothing to draw\n")
