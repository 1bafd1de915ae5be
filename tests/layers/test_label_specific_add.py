from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

X = torch.tensor([[1.0, 2.0], [0.25, 3.0]])
LABELS = torch.tensor([1.0, 0.0])


def test_bias_is_added_where_the_score_is_above_its_negative(make):
    x = X.clone().requires_grad_()
    layer = make("LabelSpecificAdd", (2, 2), (2,), label_specific_add_param={"bias": -0.5})
    y = layer(x, LABELS)
    assert y.tolist() == [[1, 1.5], [0.25, 3]]
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1]]


def test_nothing_is_added_in_test(make):
    layer = make(
        'type: "LabelSpecificAdd" top: "y" top: "b"',
        (2, 2),
        (2,),
        phase=TEST,
        label_specific_add_param={"bias": -0.5, "transform_test": True},
    )
    y, bias = layer(X, LABELS)
    assert torch.equal(y, X)
    assert bias.tolist() == [0]


def test_bias_changes_with_the_iteration_and_not_with_passes_made_before(make):
    fields = {"bias_base": 0.5, "bias_gamma": 0.5, "bias_power": 1, "bias_max": 2, "iteration": 1}
    text = 'type: "LabelSpecificAdd" top: "y" top: "b"'
    layer = make(text, (2, 2), (2,), label_specific_add_param=fields)
    found = []
    for layer.clock.batch in (0, 1, 2, 9, 1):
        found.append(layer(X, LABELS)[1].item())
    assert found == [1, 1.5, 2, 2, 1.5]
    assert "depends on the iteration" in layer.randomness(layer.param)


def test_labels_are_one_per_item(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, classes\) and \(N\)"):
        shapes("LabelSpecificAdd", (2, 2), (2, 2))
