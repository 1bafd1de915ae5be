"""Parameters of blocks."""

from __future__ import annotations

from layerzoo.folding.variables import Variables, literal


def test_texts_share_a_parameter_where_they_differ_alike() -> None:
    variables = Variables()
    assert variables.text(["res2a_b", "res2b_b", "res3a_b"]) == "res${p}_b"
    assert variables.text(["bn2a", "bn2b", "bn3a"]) == "bn${p}"
    assert variables.text(["same", "same", "same"]) == "same"
    assert variables.values == {"p": ("2a", "2b", "3a")}


def test_numbers_are_scaled_and_shifted_from_others() -> None:
    variables = Variables()
    assert variables.number([64, 128, 64]) == "${n}"
    assert variables.number([256, 512, 256]) == "${4 * n}"
    assert variables.number([65, 129, 65]) == "${n + 1}"
    assert variables.number([1, 2, 3]) == "${m}"
    assert variables.text(["x1", "x2", "x3"]) == "x${m}"
    assert variables.text(["x2", "x3", "x4"]) == "x${m + 1}"
    assert variables.number([7, 7, 7]) == "7"
    assert variables.values == {"n": (64, 128, 64), "m": (1, 2, 3)}


def test_digits_with_leading_zeros_are_text() -> None:
    variables = Variables()
    assert variables.text(["a01", "a12"]) == "a${p}"
    assert variables.values == {"p": ("01", "12")}


def test_dollar_braces_are_escaped() -> None:
    assert literal("a${b}") == "a$${b}"
    assert Variables().text(["${x}1", "${x}2"]) == "$${x}${n}"
