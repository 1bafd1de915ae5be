import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "l" type: "SeLuDropout" bottom: "x" top: "y" selu_dropout_param { dropout_ratio: 0.25 } }
"""


def test_mean_and_variance_stay(make):
    x = torch.randn(200, 500, generator=torch.Generator().manual_seed(1))
    y = make('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.3 }', x.shape)(x)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.var().item() == pytest.approx(1, abs=0.03)
    dropped = y == y.flatten().mode().values
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.01)


def test_values_are_scaled_and_shifted(make):
    """With a ratio of 0.5: 1 / sqrt(0.5 + 1.7581^2 / 4) and half of 1.7581 of it."""
    layer = make('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.5 }', (1, 2000))
    values = sorted({round(value, 4) for value in layer(torch.ones(1, 2000)).flatten().tolist()})
    scale = (0.5 + 1.7580993**2 / 4) ** -0.5
    assert values == pytest.approx([-0.87905 * scale, 1.87905 * scale], abs=1e-3)


def test_test_phase_changes_nothing(make):
    x = torch.randn(3, 4)
    layer = make('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.5 }', (3, 4), phase=1)
    assert torch.equal(layer(x), x)


def test_ratio_is_below_1(shapes):
    with pytest.raises(LayerFault, match=r"dropout_ratio 1 is not in \[0, 1\)"):
        shapes('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 1 }', (3, 4))
