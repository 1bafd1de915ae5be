"""How pages show things."""

from __future__ import annotations

import pytest

from layerzoo.studio.pages import rendering
from layerzoo.studio.pages.rendering import duration, number, size, spark, templates, when


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (9.96, "10.0 s"), (59.6, "1 min"), (75, "1 min 15 s"), (3600, "1 h"), (90_000, "1 d 1 h"),
     (None, ""), (float("nan"), "")],
)  # fmt: skip
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_number_and_size() -> None:
    assert (number(0.97222), number(None), number(1e-7)) == ("0.9722", "", "1e-07")
    assert (size(0), size(1023), size(1536), size(5 * 2**40)) == ("0 B", "1.02e+03 B", "1.5 KiB", "5 TiB")


def test_when_is_a_time_that_the_browser_localises() -> None:
    assert when(0) == ""
    assert when(1e9) == '<time datetime="2001-09-09T01:46:40+00:00">2001-09-09 01:46 UTC</time>'


def test_spark_draws_from_the_bottom_up() -> None:
    assert spark([1.0]) == ""
    assert 'points="0.0,22.0 96.0,2.0"' in spark([1.0, 2.0])
    assert 'points="0.0,22.0 96.0,22.0"' in spark([3.0, 3.0])


def test_what_templates_show_is_escaped() -> None:
    text = templates().get_template("problem.html").render(
        title="<b>", text="<script>", base="", static="", sections=(), section="", version="", command="",
        user=rendering.User(), may_run=False, change="",
    )  # fmt: skip
    assert "&lt;script&gt;" in text
    assert "<b>" not in text
