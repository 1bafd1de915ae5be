from __future__ import annotations

import pytest
import torch
from torch.distributions import Categorical

from layerzoo.errors import DataError, LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "r" top: "w"
        input_param { shape { dim: 3 dim: 4 } shape { dim: 3 } shape { dim: 3 } } }
layer { name: "a" type: "ArgMax" bottom: "x" top: "a" argmax_param { axis: 1 } }
layer { name: "l" type: "PolicyGradientLoss" bottom: "x" bottom: "a" bottom: "r" bottom: "w" top: "l"
        policy_gradient_loss_param { entropy_weight: 0.1 } }
"""
X = torch.tensor([[0.3, -1, 2], [1, 1, 0]])
A = torch.tensor([2.0, 0])
R = torch.tensor([1.5, -2])


def loss(make, text, *blobs):
    return make(f'type: "PolicyGradientLoss" {text}', *[tuple(b.shape) for b in blobs])(*blobs)


def test_loss_is_the_advantage_times_the_negative_log_probability(make):
    policy = Categorical(logits=X)
    torch.testing.assert_close(loss(make, "", X, A, R), -(R * policy.log_prob(A)).mean())
    entropy = loss(make, "policy_gradient_loss_param { entropy_weight: 0.3 }", X, A, R)
    torch.testing.assert_close(entropy, -(R * policy.log_prob(A)).mean() - 0.3 * policy.entropy().mean())


def test_gradient_raises_actions_of_positive_advantage(make):
    x, r = X.clone().requires_grad_(), R.clone().requires_grad_()
    loss(make, "", x, A, r).backward()
    one_hot = torch.nn.functional.one_hot(A.long(), 3)
    torch.testing.assert_close(x.grad, (R[:, None] * (X.softmax(1) - one_hot)) / 2)
    assert r.grad is None


def test_ignored_steps_and_weights(make):
    logs = Categorical(logits=X).log_prob(A)
    ignoring = loss(make, "loss_param { ignore_label: -1 }", X, torch.tensor([-1.0, 0]), R)
    torch.testing.assert_close(ignoring, -(R * logs)[1])
    weighted = loss(make, "", X, A, R, torch.tensor([3.0, 1]))
    torch.testing.assert_close(weighted, -(3 * R * logs)[0] / 4 - (R * logs)[1] / 4)


def test_sequences_have_their_actions_along_another_axis(make):
    x, a, r = torch.randn(2, 3, 5), torch.randint(0, 5, (2, 3)).float(), torch.randn(2, 3)
    value = loss(make, "policy_gradient_loss_param { axis: 2 }", x, a, r)
    torch.testing.assert_close(value, -(r * Categorical(logits=x).log_prob(a)).mean())


def test_wrong_actions_and_settings_are_faults(make, shapes):
    with pytest.raises(DataError, match="action 3 is out of range"):
        loss(make, "", X, torch.tensor([3.0, 0]), R)
    with pytest.raises(LayerFault, match="advantages of shape") as caught:
        shapes("PolicyGradientLoss", (2, 3), (2,), (2, 2))
    assert caught.value.bottom == 2
    with pytest.raises(LayerFault, match="entropy_weight -1; expected 0 or more") as caught:
        shapes(
            'type: "PolicyGradientLoss" policy_gradient_loss_param { entropy_weight: -1 }', (2, 3), (2,), (2,)
        )
    assert caught.value.field == "policy_gradient_loss_param.entropy_weight"


BANDIT = """
layer { name: "in" type: "Input" top: "state" input_param { shape { dim: 256 dim: 3 } } }
layer { name: "best" type: "ArgMax" bottom: "state" top: "best" argmax_param { axis: 1 } }
layer { name: "policy" type: "InnerProduct" bottom: "state" top: "scores"
        inner_product_param { num_output: 3 } }
layer { name: "action" type: "Sample" bottom: "scores" top: "action"
        sample_param { distribution: CATEGORICAL output: INDEX } }
layer { name: "same" type: "Reshape" bottom: "action" top: "choice"
        reshape_param { shape { dim: 0 dim: 1 } } }
layer { name: "gap" type: "Eltwise" bottom: "choice" bottom: "best" top: "gap"
        eltwise_param { coeff: 1 coeff: -1 } }
layer { name: "miss" type: "AbsVal" bottom: "gap" top: "miss" }
layer { name: "clip" type: "Clip" bottom: "miss" top: "wrong" clip_param { min: 0 max: 1 } }
layer { name: "reward" type: "Power" bottom: "wrong" top: "reward" power_param { scale: -1 shift: 0.5 } }
layer { name: "right" type: "Power" bottom: "reward" top: "right" power_param { shift: 0.5 } }
layer { name: "loss" type: "PolicyGradientLoss" bottom: "scores" bottom: "action" bottom: "reward"
        top: "loss" }
"""


def test_policy_learns_the_rewarded_action_from_its_own_samples():
    """The action that is rewarded is the largest number of the state; nothing but the reward says so."""
    net = Net(parse_net(BANDIT), "TRAIN", seed=1)
    assert not net.graph.warnings
    weights = list(net.parameters())
    rewards = []
    for step in range(200):
        state = torch.randn(256, 3, generator=torch.Generator().manual_seed(step))
        values = net.run(net.fetch(step) | {0: state}, net.outputs_only)
        blobs = {blob.name: values[blob.index] for blob in net.graph.outputs}
        blobs["loss"].backward()
        with torch.no_grad():
            for weight in weights:
                weight.sub_(2 * weight.grad)
                weight.grad = None
        rewards.append(blobs["right"].mean().item())
    assert sum(rewards[:5]) / 5 < 0.5
    assert sum(rewards[-20:]) / 20 > 0.9
