"""Printing of zoo entries."""

from __future__ import annotations

import pytest

from layerzoo.cli.entries import results_text, size_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9949, "9.9 kB"),
        (250_000, "250 kB"),
        (1.75e6, "1.8 MB"),
        (3e10, "30.0 GB"),
    ],
)
def test_sizes_are_readable(count: float, text: str) -> None:
    assert size_text(count) == text


def test_results_are_one_line() -> None:
    assert results_text({"accuracy": 0.98125, "loss": 0.05}) == "accuracy 0.9812, loss 0.05"
    assert results_text({}) == ""
