from __future__ import annotations

from math import inf

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.loss import (
    LabelCheck,
    check_batch,
    check_labels_fit,
    ignored,
    label_losses,
    normalization,
    normalizer,
)
from layerzoo.schema import LossParameter

FULL, VALID, BATCH_SIZE, NONE = (
    LossParameter.FULL,
    LossParameter.VALID,
    LossParameter.BATCH_SIZE,
    LossParameter.NONE,
)


def test_normalization_of_new_and_old_field():
    assert normalization(LossParameter()) == VALID
    assert normalization(LossParameter(), BATCH_SIZE) == BATCH_SIZE
    assert normalization(LossParameter(normalize=True), BATCH_SIZE) == VALID
    assert normalization(LossParameter(normalize=False)) == BATCH_SIZE
    assert normalization(LossParameter(normalize=False, normalization=FULL)) == FULL


def test_normalizer():
    assert normalizer(FULL, 2, 12, torch.tensor(5)) == 12
    assert normalizer(VALID, 2, 12, torch.tensor(5)) == 5
    assert normalizer(VALID, 2, 12) == 12
    assert normalizer(BATCH_SIZE, 2, 12) == 2
    assert normalizer(NONE, 2, 12, torch.tensor(5)) == 1
    assert normalizer(VALID, 2, 12, torch.tensor(0)) == 1
    assert normalizer(BATCH_SIZE, 0, 0) == 1
    assert normalizer(LossParameter.PRE_FIXED, 2, 12, torch.tensor(5), fixed=128) == 128
    assert normalizer(LossParameter.PRE_FIXED, 2, 12, fixed=0.25) == 1


def test_normalizer_shares_counts_and_divides_constants():
    def half(count):  # two processes, of which the other one has counted nothing
        return count.clamp(min=1) / 2

    assert normalizer(VALID, 2, 12, torch.tensor(5), half) == 2.5
    assert normalizer(VALID, 2, 12, None, half) == 12
    assert normalizer(FULL, 2, 12, torch.tensor(5), half) == 12
    assert normalizer(NONE, 2, 12, torch.tensor(5), half) == 0.5
    assert normalizer(LossParameter.PRE_FIXED, 2, 12, None, half, 128) == 64


def test_ignored():
    assert ignored(LossParameter()) is None
    assert ignored(LossParameter(ignore_label=0)) == 0


def test_check_batch_and_labels():
    check_batch([(2, 3), (2,)])
    check_labels_fit((2, 3, 4), (2, 1, 4), 1)
    with pytest.raises(LayerFault, match="first axes must be equal"):
        check_batch([(2, 3), ()])
    with pytest.raises(LayerFault, match=r"expected 8, e.g. of shape \(2, 4\)") as e:
        check_labels_fit((2, 3, 4), (2,), 1)
    assert e.value.hint == "labels are numbers from 0 to 2, one per position"


@pytest.fixture
def check():
    check = LabelCheck()
    check.name = "loss"
    return check


def test_indices_are_truncated_labels(check):
    assert check.indices(torch.tensor([0.0, 2.9, -0.5]), 3).tolist() == [0, 2, 0]
    assert check.indices(torch.tensor([0.0, 255.0]), 3, 255).tolist() == [0, 255]
    assert check.indices(torch.zeros(0), 3).tolist() == []
    assert check.indices(torch.tensor([1, 2]), 3).tolist() == [1, 2]


@pytest.mark.parametrize("label", [-1.0, 3.0, inf, float("nan")])
def test_indices_raise_at_once_on_the_cpu(check, label):
    with pytest.raises(DataError, match=f"layer 'loss': label {label:g} is out of range; 0 to 2 exist"):
        check.indices(torch.tensor([0.0, label]), 3)
    with pytest.raises(DataError, match="exist, and 9 is ignored"):
        check.indices(torch.tensor([9.0, label]), 3, 9)


@pytest.fixture
def deferred(check, monkeypatch):
    """A check that works as on a GPU: the forward pass reads no values."""
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    return check


def test_indices_are_clamped_and_their_range_recorded_on_a_gpu(deferred):
    assert deferred.indices(torch.tensor([0.0, 7.0, -4.0, 9.0]), 3, 9).tolist() == [0, 2, 0, 9]
    deferred.indices(torch.tensor([1.0]), 3)
    assert deferred.label_range.tolist() == [-4.0, 4.0, 3.0]
    with pytest.raises(DataError, match="layer 'loss': label -4 is out of range; 0 to 2 exist"):
        deferred.check_labels()


def test_check_labels_raises_for_a_label_that_is_too_high(deferred):
    deferred.indices(torch.tensor([0.0, 2.0]), 3)
    deferred.check_labels()
    deferred.indices(torch.tensor([0.0, 4.0]), 3)
    with pytest.raises(DataError, match="label 4 is out of range; 0 to 2 exist"):
        deferred.check_labels()


def test_check_labels_raises_for_nan(deferred):
    deferred.indices(torch.tensor([float("nan"), 0.0]), 3)
    with pytest.raises(DataError, match="label nan is out of range"):
        deferred.check_labels()


def test_check_labels_passes_before_the_first_batch(check):
    check.check_labels()
    assert not check.state_dict()


def test_indices_compile_to_one_graph():
    check = LabelCheck()
    check.name = "loss"
    traced = torch.compile(lambda labels: check.indices(labels, 3), backend="eager", fullgraph=True)
    assert traced(torch.tensor([0.0, 9.0])).tolist() == [0, 2]
    with pytest.raises(DataError, match="label 9 is out of range; 0 to 2 exist"):
        check.check_labels()


def test_label_losses_are_those_of_cross_entropy():
    scores, target = torch.randn(3, 4, 2), torch.tensor([[0, 3], [-1, 2], [1, 1]])
    expected = torch.nn.functional.cross_entropy(scores, target, ignore_index=-1, reduction="none")
    torch.testing.assert_close(label_losses(scores, target, -1), expected)
    torch.testing.assert_close(label_losses(scores[:1], target[:1], None), expected[:1])
