from __future__ import annotations

import pytest
import torch

from layerzoo.errors import SnapshotError
from layerzoo.optimizer import EvaluatedWeights
from layerzoo.optimizer.evaluated_weights import WeightsOfUpdates


class Doubled(EvaluatedWeights):
    """Weights that are twice the params."""

    @property
    def means(self):
        return [2 * param for param in self.params]

    def restart(self):
        pass

    def update(self, iteration):
        pass

    def load(self, saved):
        pass


def test_in_place_puts_the_means_into_the_memory_of_the_params():
    param = torch.tensor([1.0, 3.0])
    address = param.data_ptr()
    with Doubled([param]).in_place():
        assert param.tolist() == [2, 6]
    assert param.tolist() == [1, 3]
    assert param.data_ptr() == address


def test_in_place_ends_with_the_params_after_an_error():
    param = torch.tensor([1.0])
    with pytest.raises(ZeroDivisionError), Doubled([param]).in_place():
        raise ZeroDivisionError
    assert param.tolist() == [1]


def test_check_refuses_the_means_of_another_net():
    weights = Doubled([torch.zeros(2, 3)])
    weights.check([torch.zeros(2, 3)])
    with pytest.raises(SnapshotError, match="1 averaged params don't fit this net's 1"):
        weights.check([torch.zeros(6)])


def test_weights_of_updates_are_those_of_each():
    params = [torch.tensor([float(value)]) for value in (1, 2, 3)]
    weights = WeightsOfUpdates(params, {(2,): Doubled(params[2:]), (0,): Doubled(params[:1])})
    assert [mean.item() for mean in weights.means] == [2, 2, 6]
    with weights.in_place():
        assert [param.item() for param in params] == [2, 2, 6]
    assert [param.item() for param in params] == [1, 2, 3]
