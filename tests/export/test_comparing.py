"""Comparison of exported nets with the original."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import ExportError
from layerzoo.export.comparing import Positional, compare, samples
from layerzoo.export.rows import Rows
from layerzoo.zoo import load


def test_compare_measures_relative_to_the_largest_value() -> None:
    expected = [torch.tensor([10.0, 0.0])]
    assert compare(expected, [torch.tensor([10.0, 0.0005])], ["y"], "file") == pytest.approx(5e-5)
    with pytest.raises(
        ExportError,
        match=r"output 'y' of the file deviates from that of the net by 0\.0002 of its largest",
    ):
        compare(expected, [torch.tensor([10.0, 0.002])], ["y"], "file")
    with pytest.raises(ExportError, match="output 'y' of the file deviates"):
        compare(expected, [torch.tensor([10.0, float("nan")])], ["y"], "file")
    with pytest.raises(ExportError, match=r"output 'y' of the file has shape \(1,\), that of the net \(2,\)"):
        compare(expected, [torch.tensor([10.0])], ["y"], "file")
    with pytest.raises(ExportError, match="the file has 0 outputs, the net 1"):
        compare(expected, [], ["y"], "file")


def test_compare_takes_detections_in_any_order_but_not_with_other_scores_or_classes() -> None:
    right = torch.tensor([[0, 20, 0.9, 0, 0, 8, 8], [0, 1, 0.8, 0, 0, 8, 4]]).reshape(1, 1, 2, 7)
    lists = {"d": Rows(2, True)}
    assert compare([right], [right.flip(2)], ["d"], "file", lists) == 0
    with pytest.raises(ExportError, match="deviates"):
        compare([right], [right.flip(2)], ["d"], "file")
    for column, change in ((2, 0.001), (1, 1.0), (5, 0.001)):
        other = right.clone()
        other[..., 1, column] += change
        with pytest.raises(ExportError, match="output 'd' of the file deviates"):
            compare([right], [other], ["d"], "file", lists)


def test_positional_resets_recurrent_state_in_a_copy() -> None:
    net = load("char-lstm").net
    wrapped = Positional(net)
    inputs = (torch.tensor([[3.0], [5.0]]), torch.ones(2, 1))
    with torch.no_grad():
        first, again = wrapped(*inputs)[0], wrapped(*inputs)[0]
        torch.testing.assert_close(first, again, rtol=0, atol=0)
        torch.testing.assert_close(net(*inputs)["prob"], first)
        assert not torch.equal(net(*inputs)["prob"], first), "the net itself keeps its state"


def test_samples_are_given_or_reproducible_noise() -> None:
    net = load("mlp-digits").net
    assert torch.equal(samples(net)[0], samples(net)[0])
    own = torch.ones(1, 1, 8, 8)
    assert samples(net, {"data": own})[0] is own
