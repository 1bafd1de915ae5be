from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter
from tests.host_reads import Watch


def one(values, **fields):
    param = nn.Parameter(torch.tensor(values))
    return param, make_rule(SolverParameter(**fields), [UpdateParam(param, name="ip.weight")], seed=7)


def moved(param, rule, gradient, **kwargs):
    before = param.detach().clone()
    param.grad = torch.tensor(gradient)
    rule.step(1.0, 0, **kwargs)
    return (before - param).tolist()


def test_clipping_precedes_iter_size_and_decay():
    param, rule = one([2.0, 0.0], clip_gradients=5, iter_size=2, weight_decay=0.5)
    # (6, 8) is clipped to (3, 4), halved, and gets 0.5 * w
    assert moved(param, rule, [6.0, 8.0]) == pytest.approx([2.5, 2])


def test_clipping_uses_the_norm_of_all_gradients(two):
    params = two("SGD", clip_gradients=1)
    assert params.step(1, 0, [3, 0], 4) == pytest.approx([0.4, -2, 0.5 - 2 * 0.8])


@pytest.mark.parametrize(("limit", "expected"), [(5, [3, 4]), (6, [3, 4]), (0, [0, 0]), (-1, [3, 4])])
def test_clipping_at_limits(limit, expected):
    param, rule = one([0.0, 0.0], clip_gradients=limit)
    assert moved(param, rule, [3.0, 4.0]) == pytest.approx(expected)


def test_clipping_of_zero_gradients_gives_zeros():
    param, rule = one([1.0], clip_gradients=0)
    assert moved(param, rule, [0.0]) == [0]


@pytest.mark.parametrize("type_name", ["SGD", "RMSProp"])
@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("clip", [-1, 1])
def test_loss_scale_changes_nothing(type_name, as_tensor, clip):
    plain = moved(*one([1.0, 2.0], type=type_name, clip_gradients=clip), [3.0, 4.0])
    scale = torch.tensor(8.0) if as_tensor else 8.0
    scaled = moved(*one([1.0, 2.0], type=type_name, clip_gradients=clip), [24.0, 32.0], loss_scale=scale)
    assert scaled == pytest.approx(plain)


def test_noise_has_its_variance_and_depends_on_seed_and_iteration():
    fields = {"gradient_noise_param": {"eta": 4, "gamma": 1}}

    def noise(seed, iteration):
        param = nn.Parameter(torch.zeros(10000))
        param.grad = torch.zeros(10000)
        make_rule(SolverParameter(**fields), [UpdateParam(param)], seed).step(1.0, iteration)
        return param.detach()

    assert float(noise(1, 0).std()) == pytest.approx(2, rel=0.03)
    assert float(noise(1, 3).std()) == pytest.approx(1, rel=0.03)
    assert torch.equal(noise(1, 3), noise(1, 3))
    assert not torch.equal(noise(1, 3), noise(2, 3))
    assert not torch.allclose(noise(1, 3), noise(1, 0) / 2, atol=0.1), (
        "not the same draws at another deviation"
    )
    assert abs(float(noise(1, 3).mean())) < 0.05


@pytest.mark.parametrize(
    "fields", [{"gradient_noise_param": {"eta": 4}}, {"clip_gradients": 1}, {"iter_size": 2}]
)
@pytest.mark.parametrize("type_name", ["SGD", "Adam", "LARS"])
def test_params_that_do_not_move_have_no_noise_and_no_norm(type_name, fields):
    """With momentum, Caffe keeps the history of such params: their gradient is 0 but for weight decay."""
    param = nn.Parameter(torch.tensor([2.0]))
    solver = SolverParameter(type=type_name, weight_decay=0.5, momentum=0.5, **fields)
    rule = make_rule(solver, [UpdateParam(param, lr_mult=0, name="ip.weight")], seed=7)
    param.grad = torch.tensor([3.0])
    rule.step(1.0, 0)
    assert param.tolist() == [2.0]
    make_rule(solver, [], seed=7).step(1.0, 0)


def test_noise_with_decay_and_a_fused_rule():
    param, rule = one([2.0], weight_decay=0.5, gradient_noise_param={"eta": 0})
    assert moved(param, rule, [1.0]) == pytest.approx([2])


def test_history_of_a_constant_param_takes_in_its_decay_as_in_caffe():
    # BatchNorm's statistics: lr_mult 0, decay_mult 1, whatever .grad holds
    trained, constant = nn.Parameter(torch.ones(1)), nn.Parameter(torch.tensor([3.0]))
    params = [UpdateParam(trained), UpdateParam(constant, lr_mult=0)]
    fields = {"type": "Adam", "momentum": 0.5, "momentum2": 0.75, "weight_decay": 2}
    rule = make_rule(SolverParameter(**fields), params)
    trained.grad = constant.grad = torch.ones(1)
    rule.step(0.1, 0)
    assert constant.item() == 3
    assert [h.item() for h in rule.history] == pytest.approx([1.5, 3, 2.25, 9])


def test_norms_of_tensors():
    _, rule = one([0.0])
    assert rule.norms([torch.tensor([3.0]), torch.tensor([[4.0, 3.0]])]).tolist() == [3, 5]


def test_norms_of_parts_are_joined():
    param, rule = one([0.0, 0.0], clip_gradients=5)
    rule.join_norms = lambda own, parts: (own.square() + 9 * len(parts)).sqrt()  # 3 of another process
    moved(param, rule, [0.0, 4.0])
    assert param.tolist() == [0, -4], "a norm of 5 is not clipped"
    moved(param, rule, [0.0, 8.0])
    assert param[1].item() == pytest.approx(-4 - 8 * 5 / 73**0.5)


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"clip_weights": 0.5}, [-0.5, 0.25, 0.5]),
        ({"clamp_weights_lower": -1}, [-1, 0.25, 3]),
        ({"clamp_weights_upper": 1}, [-2, 0.25, 1]),
        ({}, [-2, 0.25, 3]),
    ],
)
def test_params_are_kept_within_their_limits(fields, after):
    param, rule = one([-1.0, 1.25, 4.0], **fields)
    moved(param, rule, [1.0, 1.0, 1.0])
    assert param.tolist() == after


@pytest.mark.parametrize("lr_mult", [1, 0])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_gradients_of_another_layout_than_their_params(kind, lr_mult):
    values, gradient = torch.randn(4, 3, 2, 2), torch.randn(4, 3, 2, 2)
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        param = nn.Parameter(values.clone().to(memory_format=layout))
        fields = {"type": kind, "momentum": 0.5, "weight_decay": 0.1, "gradient_noise_param": {"eta": 0}}
        moving = nn.Parameter(torch.zeros(1))
        moving.grad = torch.ones(1)
        rule = make_rule(
            SolverParameter(**fields), [UpdateParam(param, lr_mult=lr_mult), UpdateParam(moving)]
        )
        for slot in rule.history:
            slot.data = slot.data.to(memory_format=layout) if slot.dim() == 4 else slot.data
        for _ in range(2):
            param.grad = None
            param.grad = gradient.clone()
            rule.step(0.1, 0)
        found.append((param.detach().clone(), rule.history[0].clone()))
    for one, two in zip(*found, strict=True):
        assert torch.allclose(one, two, atol=1e-6)


RULES = ["SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam", "AdamW", "LAMB", "LARS", "Lion"]
RULES += ["Muon", "Adafactor", "ScheduleFreeSGD", "ScheduleFreeAdamW"]


@pytest.mark.parametrize(
    ("type_name", "fields"),
    [(name, {}) for name in RULES]
    + [(name, {"clip_gradients": 1, "iter_size": 2}) for name in RULES]
    + [("SGD", {"larc": True}), ("SGD", {"larc": True, "larc_policy": "clip"})]
    + [("Nesterov", {"local_lr_auto": True}), ("SGD", {"regularization_type": "L1"})]
    + [("Adam", {"regularization_type": "L1L2"}), ("Muon", {"muon_param": {"adamw": ["*"]}})]
    + [("Adafactor", {"adafactor_param": {"relative_step": False, "scale_by_param": False}})]
    + [("RMSProp", {"decoupled_weight_decay": True, "clip_weights": 0.9})],
)
def test_numbers_on_the_device_give_the_same_updates(type_name, fields):
    """The rate and the iteration as tensors, which a recorded step reads in each replay."""
    found = []
    for number in (float, torch.tensor):
        generator = torch.Generator().manual_seed(3)
        params = [nn.Parameter(torch.randn(4, 3, generator=generator)) for _ in range(3)]
        members = [UpdateParam(param, mult, mult, "a") for param, mult in zip(params, (1, 2, 0), strict=True)]
        solver = SolverParameter(type=type_name, weight_decay=0.01, delta=1e-3, **fields)
        if type_name not in ("AdaGrad", "RMSProp"):
            solver.momentum = 0.9
        rule = make_rule(solver, members, seed=7)
        for iteration, rate in enumerate((0.1, 0.05, 0.0, 0.2)):
            for param in params:
                param.grad = torch.randn(4, 3, generator=generator)
            place = iteration if number is float else torch.tensor(float(iteration), dtype=torch.float64)
            value = number(rate)
            with Watch() as watch:
                rule.step(value, place)
            assert not watch.found
        found.append([*params, *rule.history])
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6)
    assert not torch.equal(found[1][0], torch.randn(4, 3, generator=torch.Generator().manual_seed(3)))
