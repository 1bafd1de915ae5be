import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 } } }
layer { name: "l" type: "LpqLoss" bottom: "x" top: "a" lpq_loss_param { p: 1 q: 0.5 } }
layer { name: "m" type: "Power" bottom: "y" top: "z" power_param { scale: 0.3 } }
layer { name: "n" type: "LpqLoss" bottom: "x" bottom: "z" top: "b" lpq_loss_param {
  p: 2 q: 0.5 p: 1.5 q: 0.4 pq_episode_starts_at_iter: 0 pq_episode_starts_at_iter: 3
  l2_prescale_by_channels: true normalize_by_num_entries: true p_epsilon: 0.1 q_epsilon: 0.2 } }
"""


def reference(x, y, p, q, prescale=False, by_entries=False, p_epsilon=0.0, q_epsilon=0.01):
    difference = x - y
    known = ~np.isnan(difference)
    difference[~known] = 0
    sums = ((abs(difference) + p_epsilon) ** p).sum(1) / (x.shape[1] if prescale else 1)
    divisor = known.sum() / x.shape[1] if by_entries else len(x)
    return ((sums + q_epsilon) ** q).sum() / divisor


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("p: 1 q: 1", {"p": 1, "q": 1}),
        ("p: 2 q: 0.5", {"p": 2, "q": 0.5}),
        (
            "p: 1.5 q: 0.4 p_epsilon: 0.25 q_epsilon: 0.5 l2_prescale_by_channels: true "
            "normalize_by_num_entries: true",
            {"p": 1.5, "q": 0.4, "p_epsilon": 0.25, "q_epsilon": 0.5, "prescale": True, "by_entries": True},
        ),
    ],
)
@pytest.mark.parametrize("unknown", [False, True])
def test_lpq_loss_agrees_with_numpy(make, text, fields, unknown):
    x, y = np.random.default_rng(0).standard_normal((2, 3, 2, 4, 5))
    if unknown:
        y[0, :, 1, 2:] = np.nan
    layer = make(f'type: "LpqLoss" lpq_loss_param {{ {text} }}', x.shape, y.shape)
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    loss = layer(leaf, torch.from_numpy(y))
    assert loss.item() == pytest.approx(reference(x, y.copy(), **fields))
    loss.backward()
    assert leaf.grad.isfinite().all()
    assert (leaf.grad[0, :, 1, 2:] == 0).all() == unknown


def test_gradient_by_hand(make):
    """(|3| + |-1| + 0.25)^0.5 / 2: the derivative is the sign times 0.5 (4.25)^-0.5 / 2."""
    x = torch.tensor([[3.0, -1.0], [0.0, 2.0]], requires_grad=True)
    make('type: "LpqLoss" lpq_loss_param { p: 1 q: 0.5 q_epsilon: 0.25 }', (2, 2))(x).backward()
    slope, other = 0.25 / 4.25**0.5, 0.25 / 1.5
    torch.testing.assert_close(x.grad, torch.tensor([[slope, -slope], [-other, other]]))


def test_powers_follow_the_number_of_the_pass(make):
    text = """type: "LpqLoss" lpq_loss_param { p: 1 p: 2 p: 3 q: 1 q: 1 q: 2 q_epsilon: 0
      pq_episode_starts_at_iter: 0 pq_episode_starts_at_iter: 2 pq_episode_starts_at_iter: 5 }"""
    layer, x = make(text, (1, 2)), torch.tensor([[2.0, 3.0]])
    losses = []
    for number in range(6):
        layer.clock.batch = number
        losses.append(layer(x).item())
    assert losses == [5, 5, 13, 13, 13, 35**2]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "0 p, 0 q and 0 pq_episode_starts_at_iter"),
        ("p: 1 p: 2 q: 1 q: 1", "2 p, 2 q and 0 pq_episode_starts_at_iter"),
        ("p: 1 q: 1 pq_episode_starts_at_iter: 4", "must begin with 0"),
        ("p: 1 p: 1 q: 1 q: 1 pq_episode_starts_at_iter: 0 pq_episode_starts_at_iter: 0", "and rise"),
    ],
)
def test_faults(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "LpqLoss" lpq_loss_param {{ {fields} }}', (1, 2, 4, 4))


def test_bottoms_must_be_equal(shapes):
    with pytest.raises(LayerFault, match="both must be equal"):
        shapes('type: "LpqLoss" lpq_loss_param { p: 1 q: 1 }', (1, 2, 4, 4), (1, 2, 4, 5))
