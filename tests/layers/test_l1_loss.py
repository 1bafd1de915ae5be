import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 } } }
layer { name: "l" type: "L1Loss" bottom: "x" top: "a" }
layer { name: "m" type: "Power" bottom: "y" top: "z" power_param { scale: 0.3 } }
layer { name: "n" type: "L1Loss" bottom: "x" bottom: "z" top: "b" l1_loss_param {
  l2_per_location: true l2_prescale_by_channels: true normalize_by_num_entries: true
  epsilon: 0.1 plateau: 0.05 } }
"""


def reference(x, y, l2=False, prescale=False, by_entries=False, epsilon=0.01, plateau=0.0):
    difference = x - y
    known = ~np.isnan(difference)
    difference[~known] = 0
    divisor = known.sum() / x.shape[1] if by_entries else len(x)
    if not l2:
        errors = abs(difference)
        return errors[errors >= plateau].sum() / divisor
    squared = (difference**2).mean(1) if prescale else (difference**2).sum(1)
    squared[squared < plateau**2] = 0
    return np.sqrt(squared + epsilon).sum() / divisor


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("plateau: 0.5", {"plateau": 0.5}),
        ("normalize_by_num_entries: true", {"by_entries": True}),
        ("l2_per_location: true", {"l2": True}),
        (
            "l2_per_location: true l2_prescale_by_channels: true epsilon: 0.25 plateau: 0.5",
            {"l2": True, "prescale": True, "epsilon": 0.25, "plateau": 0.5},
        ),
    ],
)
@pytest.mark.parametrize("unknown", [False, True])
def test_l1_loss_agrees_with_numpy(make, text, fields, unknown):
    x, y = np.random.default_rng(0).standard_normal((2, 3, 2, 4, 5))
    if unknown:
        y[0, :, 1, 2:] = np.nan
    layer = make(f'type: "L1Loss" l1_loss_param {{ {text} }}', x.shape, y.shape)
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    loss = layer(leaf, torch.from_numpy(y))
    assert loss.item() == pytest.approx(reference(x, y.copy(), **fields))
    loss.backward()
    assert leaf.grad.isfinite().all()
    assert (leaf.grad[0, :, 1, 2:] == 0).all() == unknown


def test_gradient_is_the_sign_over_images(make):
    x = torch.tensor([[1.0, -2.0], [0.5, 0.0]], requires_grad=True)
    loss = make("L1Loss", (2, 2))(x)
    assert loss.item() == pytest.approx(1.75)
    loss.backward()
    assert x.grad.tolist() == [[0.5, -0.5], [0.5, 0]]


def test_batch_without_known_values_has_no_loss(make):
    layer = make('type: "L1Loss" l1_loss_param { normalize_by_num_entries: true }', (1, 2), (1, 2))
    assert layer(torch.ones(1, 2), torch.full((1, 2), torch.nan)).item() == 0


def test_faults(shapes):
    with pytest.raises(LayerFault, match="both must be equal"):
        shapes("L1Loss", (2, 3), (2, 4))
    with pytest.raises(LayerFault, match="has no channels"):
        shapes('type: "L1Loss" l1_loss_param { l2_per_location: true }', (2,))


def test_weights_multiply_errors_and_the_divisor_stays(make):
    x, target = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    errors = (x - target).abs()
    of_images, of_values = torch.tensor([3.0, 0.5]), torch.rand(2, 3, 4)
    value = make("L1Loss", (2, 3, 4), (2, 3, 4), (2,))(x, target, of_images)
    torch.testing.assert_close(value, (errors * of_images.view(2, 1, 1)).sum() / 2)
    value = make("L1Loss", (2, 3, 4), (2, 3, 4), (2, 3, 4))(x, target, of_values)
    torch.testing.assert_close(value, (errors * of_values).sum() / 2)
    text = 'type: "L1Loss" l1_loss_param { l2_per_location: true epsilon: 0.25 }'
    of_locations = torch.rand(2, 4)
    value = make(text, (2, 3, 4), (2, 3, 4), (2, 4))(x, target, of_locations)
    lengths = ((x - target).square().sum(1) + 0.25).sqrt()
    torch.testing.assert_close(value, (lengths * of_locations).sum() / 2)


def test_weights_of_another_number_are_an_error(shapes):
    with pytest.raises(LayerFault, match="3 weights") as caught:
        shapes("L1Loss", (2, 2), (2, 2), (3,))
    assert caught.value.bottom == 2
