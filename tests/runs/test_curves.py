"""Curves of histories."""

from __future__ import annotations

from math import inf, nan

import pytest

from layerzoo.errors import UsageError
from layerzoo.runs import History, Row, panels


def history(name: str = "a", nets: int = 1) -> History:
    rows = []
    for i in (0, 10, 20):
        rows += [Row(i, net, i / 10, {"accuracy": [i / 100], "loss": [2.0 - i / 20]}) for net in range(nets)]
        rows.append(Row(i, None, i / 10 + 0.5, {"out": [i, nan]}, loss=3.0 - i / 10, lr=0.1, epoch=i / 5))
    return History(name, rows)


def test_panels_show_the_loss_and_scores_by_default() -> None:
    loss, accuracy = panels([history()])
    assert (loss.title, accuracy.title) == ("loss", "accuracy")
    assert [(curve.label, curve.net) for curve in loss.curves] == [("train", None), ("test", 0)]
    assert loss.curves[0].ys == [3, 2, 1]
    assert loss.curves[1].ys == [2, 1.5, 1]
    assert [(curve.label, curve.xs, curve.ys) for curve in accuracy.curves] == [
        ("test", [0, 10, 20], [0, 0.1, 0.2])
    ]


def test_panels_show_the_loss_without_scores() -> None:
    only = History("a", [Row(0, None, 0, {"weird": [1.0]})])
    assert [panel.title for panel in panels([only])] == ["weird"]


@pytest.mark.parametrize(
    ("axis", "xs"), [("iteration", [0, 10, 20]), ("seconds", [0.5, 1.5, 2.5]), ("epoch", [0, 2, 4])]
)
def test_panels_against_each_axis(axis: str, xs: list[float]) -> None:
    (panel,) = panels([history()], ["lr"], axis)  # type: ignore[arg-type]  # a literal of a parameter
    assert panel.curves[0].xs == xs
    assert panel.axis == axis


def test_epochs_of_a_log_need_iterations_per_epoch() -> None:
    log = History("a", [Row(30, None, 0.0, loss=1.0)])
    with pytest.raises(UsageError, match="-iters_per_epoch"):
        panels([log], axis="epoch")
    (panel,) = panels([log], axis="epoch", iterations_per_epoch=20)
    assert panel.curves[0].xs == [1.5]


def test_elements_of_an_output_are_curves_without_nan() -> None:
    (first,) = panels([history()], ["out[0]"])
    assert first.curves[0].ys == [0, 10, 20]
    (second,) = panels([history()], ["out[1]"])
    assert second.curves == []
    endless = History("a", [Row(0, None, loss=inf), Row(1, None, loss=1.0)])
    assert panels([endless])[0].curves[0].xs == [1]


def test_labels_name_runs_and_nets() -> None:
    (panel,) = panels([history("a", nets=2), history("b")], ["loss"])
    assert [(curve.label, curve.run) for curve in panel.curves] == [
        ("a train", 0),
        ("a test #0", 0),
        ("a test #1", 0),
        ("b train", 1),
        ("b test", 1),
    ]


def test_smoothing_is_the_mean_of_the_last_displays() -> None:
    (panel,) = panels([history()], ["loss"], smooth=2, log=["loss"])
    assert panel.curves[0].ys == [3, 2.5, 1.5]
    assert panel.curves[1].ys == [2, 1.5, 1]
    assert panel.log


def test_misspelt_quantity_is_suggested() -> None:
    with pytest.raises(UsageError, match="no 'acuracy' in these runs; did you mean 'accuracy'"):
        panels([history()], ["acuracy"])
    with pytest.raises(
        UsageError, match=r"no 'xyz' in these runs; available: loss, lr, accuracy, out\[0\], out\[1\]"
    ):
        panels([history()], ["xyz"])
    with pytest.raises(UsageError, match="nothing to show"):
        panels([History("empty")])


def test_values_that_cannot_be_drawn_are_left_out() -> None:
    rows = [Row(i, None, 1.0, {"out": [y]}) for i, y in enumerate((1.0, 1e308, -inf, 1e300, nan))]
    (panel,) = panels([History("a", rows)], ["out"])
    assert panel.curves[0].ys == [1.0, 1e300]
