"""Curves as columns."""

from __future__ import annotations

import numpy as np

from layerzoo.runs import Row
from layerzoo.studio.index.columns import TRAIN, columns, extended, thin


def test_columns_by_net() -> None:
    rows = [
        Row(0, None, 0.0, {"loss": [2.0]}, loss=2.5, lr=0.1),
        Row(0, 0, 0.5, {"accuracy": [0.5], "pair": [1.0, 2.0]}),
        Row(10, None, 1.0, {"loss": [1.0], "extra": [7.0]}, loss=1.5, lr=0.1),
    ]
    found = columns(rows)
    assert sorted(found) == [TRAIN, 0]
    assert found[TRAIN]["loss"].tolist() == [2.5, 1.5]
    assert found[TRAIN]["iteration"].tolist() == [0, 10]
    np.testing.assert_equal(found[TRAIN]["extra"], [np.nan, 7.0])
    assert found[0]["pair[1]"].tolist() == [2.0]
    assert "lr" not in found[0]


def test_a_nets_own_loss_stands_in_for_a_missing_one() -> None:
    found = columns([Row(0, 0, outputs={"loss": [3.0]})])
    assert found[0]["loss"].tolist() == [3.0]


def test_extended_fills_what_one_part_lacks() -> None:
    a = {"iteration": np.array([0.0, 1.0]), "loss": np.array([2.0, 1.0])}
    b = {"iteration": np.array([2.0]), "lr": np.array([0.1])}
    joined = extended(a, b)
    assert joined["iteration"].tolist() == [0, 1, 2]
    np.testing.assert_equal(joined["loss"], [2, 1, np.nan])
    np.testing.assert_equal(joined["lr"], [np.nan, np.nan, 0.1])


def test_thin_keeps_extremes_and_ends() -> None:
    x = np.arange(10_000.0)
    y = np.sin(x / 50)
    y[4321], y[6789] = 100.0, -100.0
    few_x, few_y = thin(x, y, 200)
    assert len(few_x) <= 202
    assert few_y.max() == 100
    assert few_y.min() == -100
    assert (few_x[0], few_x[-1]) == (0, 9999)
    assert np.all(np.diff(few_x) > 0)
    assert np.array_equal(few_y, y[few_x.astype(int)])
    assert thin(x[:50], y[:50], 200)[0] is not None
    assert len(thin(x[:50], y[:50], 200)[0]) == 50
