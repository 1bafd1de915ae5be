"""Printing of zoo entries."""

from __future__ import annotations

from layerzoo.cli.entries import results_text


def test_results_are_one_line() -> None:
    assert results_text({"accuracy": 0.98125, "loss": 0.05}) == "accuracy 0.9812, loss 0.05"
    assert results_text({}) == ""
