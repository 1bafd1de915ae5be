from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from layerzoo.errors import ExportError, LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import TEST, LayerParameter

EXAMPLE = """
layer { name: "in" type: "Input" top: "m" top: "v" top: "p"
        input_param { shape { dim: 3 dim: 4 } shape { dim: 3 dim: 4 } shape { dim: 2 dim: 3 dim: 2 } } }
layer { name: "g" type: "Sample" bottom: "m" bottom: "v" top: "g" }
layer { name: "n" type: "Sample" bottom: "m" top: "n" sample_param { std: 0.5 } }
layer { name: "b" type: "Sample" bottom: "m" top: "b"
        sample_param { distribution: BERNOULLI output: RELAXED temperature: 0.7 } }
layer { name: "c" type: "Sample" bottom: "p" top: "c"
        sample_param { distribution: CATEGORICAL output: RELAXED temperature: 2 } }
layer { name: "h" type: "Sample" bottom: "p" top: "h" sample_param { distribution: CATEGORICAL axis: -2 } }
"""
MANY = 40_000


def build(make, text, *shapes, phase=None):
    bottoms = " ".join(f'bottom: "{i}"' for i in range(len(shapes)))
    fields = {} if phase is None else {"phase": phase}
    return make(f'type: "Sample" {bottoms} sample_param {{ {text} }}', *shapes, **fields)


def test_gaussian_is_mean_plus_deviation_times_a_normal_number(make):
    mean, log_var = torch.full((MANY,), 3.0), torch.full((MANY,), math.log(4.0))
    z = build(make, "", (MANY,), (MANY,))(mean, log_var)
    assert z.mean().item() == pytest.approx(3, abs=5 * 2 / MANY**0.5)
    assert z.std().item() == pytest.approx(2, abs=5 * 2 / (2 * MANY) ** 0.5)
    kept = build(make, "", (MANY,), (MANY,))
    eps = kept.clock.normal(kept, "", (MANY,), mean.device)
    torch.testing.assert_close(z, 3 + 2 * eps)


def test_gaussian_gradient_is_that_of_the_reparametrisation(make):
    mean = torch.zeros(5, requires_grad=True)
    log_var = torch.full((5,), math.log(9.0), requires_grad=True)
    z = build(make, "", (5,), (5,))(mean, log_var)
    z.sum().backward()
    assert mean.grad.tolist() == [1] * 5
    torch.testing.assert_close(log_var.grad, z.detach() / 2)  # d/dv exp(v/2) eps


def test_gaussian_of_one_bottom_has_the_deviation_of_the_field(make):
    z = build(make, "std: 0.1", (MANY,))(torch.zeros(MANY))
    assert z.std().item() == pytest.approx(0.1, rel=0.02)
    assert torch.equal(build(make, "std: 0", (3,))(torch.ones(3)), torch.ones(3))


@pytest.mark.parametrize("test", ["MODE", "MEAN"])
def test_gaussian_of_test_is_the_mean(make, test):
    mean = torch.randn(2, 3)
    layer = build(make, f"test: {test}", (2, 3), (2, 3), phase=TEST)
    assert torch.equal(layer(mean, torch.zeros(2, 3)), mean)


def test_test_draws_if_it_is_told_to(make):
    layer = build(make, "test: SAMPLE", (2, 3), (2, 3), phase=TEST)
    z = layer(torch.zeros(2, 3), torch.zeros(2, 3))
    layer.clock.batch = 1
    assert z.unique().numel() == 6
    assert not torch.equal(z, layer(torch.zeros(2, 3), torch.zeros(2, 3)))


@pytest.mark.parametrize("form", ["input: PROBABILITIES", "input: LOGITS"])
def test_bernoulli_is_one_as_often_as_it_should(make, form):
    p = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]).repeat(MANY, 1)
    x = p if "PROB" in form else torch.logit(p)
    y = build(make, f"distribution: BERNOULLI {form}", p.shape)(x)
    assert y.unique().tolist() == [0, 1]
    assert y.mean(0).tolist() == pytest.approx(p[0].tolist(), abs=5 * 0.5 / MANY**0.5)
    assert y[:, 0].any().item() is False
    assert y[:, 4].all().item() is True


def test_bernoulli_gradient_is_that_of_the_probability(make):
    x = torch.tensor([-1.0, 0, 2], requires_grad=True)
    build(make, "distribution: BERNOULLI", (3,))(x).sum().backward()
    s = x.detach().sigmoid()
    torch.testing.assert_close(x.grad, s * (1 - s))
    p = torch.tensor([0.2, 0.7], requires_grad=True)
    build(make, "distribution: BERNOULLI input: PROBABILITIES", (2,))(p).sum().backward()
    assert p.grad.tolist() == [1, 1]
    p.grad = None
    hard = build(make, "distribution: BERNOULLI input: PROBABILITIES straight_through: false", (2,))(p)
    assert not hard.requires_grad


def test_relaxed_bernoulli_is_above_a_half_as_often_as_a_hard_one_is_one(make):
    p = torch.tensor([0.2, 0.6]).repeat(MANY, 1)
    text = "distribution: BERNOULLI input: PROBABILITIES output: RELAXED temperature: 0.3"
    y = build(make, text, p.shape)(p)
    assert 0 < y.min() < 0.01
    assert (y > 0.5).double().mean(0).tolist() == pytest.approx([0.2, 0.6], abs=5 * 0.5 / MANY**0.5)


def test_bernoulli_of_test_is_the_likelier_value_or_the_probability(make):
    x = torch.tensor([-2.0, 0.1, 3])
    assert build(make, "distribution: BERNOULLI", (3,), phase=TEST)(x).tolist() == [0, 1, 1]
    mean = build(make, "distribution: BERNOULLI test: MEAN", (3,), phase=TEST)
    torch.testing.assert_close(mean(x), x.sigmoid())


P = torch.tensor([0.05, 0.15, 0.8])


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("output", ["HARD", "INDEX"])
def test_categories_are_drawn_as_often_as_they_should_along_an_axis(make, axis, output):
    logits = P.log().repeat(MANY, 1) + 7  # a constant changes nothing
    x = logits.movedim(1, axis)
    y = build(make, f"distribution: CATEGORICAL axis: {axis} output: {output}", x.shape)(x)
    one_hot = y.movedim(axis, 1) if output == "HARD" else F.one_hot(y.long(), 3).float()
    assert one_hot.sum(1).unique().tolist() == [1]
    assert one_hot.mean(0).tolist() == pytest.approx(P.tolist(), abs=5 * 0.5 / MANY**0.5)


def test_categories_of_probabilities_need_no_sum_of_one(make):
    x = torch.tensor([2.0, 0, 6]).repeat(MANY, 1)
    y = build(make, "distribution: CATEGORICAL input: PROBABILITIES", x.shape)(x)
    assert y.mean(0).tolist() == pytest.approx([0.25, 0, 0.75], abs=5 * 0.5 / MANY**0.5)
    assert not y[:, 1].any()
    mean = build(make, "distribution: CATEGORICAL input: PROBABILITIES test: MEAN", x.shape, phase=TEST)
    assert mean(x)[0].tolist() == [0.25, 0, 0.75]


def test_hard_and_relaxed_categories_are_of_the_same_noise_and_gradient(make):
    x = torch.randn(6, 4, requires_grad=True)
    results = []
    for output in ("HARD", "RELAXED"):
        y = build(make, f"distribution: CATEGORICAL temperature: 0.5 output: {output}", (6, 4))(x)
        (y * torch.arange(4.0)).sum().backward()
        results.append((y.detach(), x.grad))
        x.grad = None
    (hard, of_hard), (relaxed, of_relaxed) = results
    assert torch.equal(hard.argmax(1), relaxed.argmax(1))
    assert set(hard.unique().tolist()) == {0, 1}
    assert torch.equal(of_hard, of_relaxed)
    layer = build(make, "distribution: CATEGORICAL", (6, 4))
    noise = layer.clock.gumbel(layer, "", (6, 4), x.device)
    torch.testing.assert_close(relaxed, ((x.detach() + noise) / 0.5).softmax(1))


def test_category_does_not_depend_on_the_temperature(make):
    x = torch.randn(50, 4)

    def draw(t):
        return build(make, f"distribution: CATEGORICAL temperature: {t}", (50, 4))(x)

    assert torch.equal(draw(0.1), draw(10))


def test_categories_of_test_are_the_likeliest_or_probabilities(make):
    x = torch.tensor([[0.0, 2, 1], [5, 2, 1]])

    def run(text):
        return build(make, f"distribution: CATEGORICAL {text}", (2, 3), phase=TEST)(x)

    assert run("").tolist() == [[0, 1, 0], [1, 0, 0]]
    assert run("output: INDEX").tolist() == [1, 0]
    torch.testing.assert_close(run("test: MEAN"), x.softmax(1))


def test_half_precision_draws_what_single_precision_draws(make):
    mean = torch.zeros(100)
    layer = build(make, "std: 1", (100,))
    torch.testing.assert_close(layer(mean.bfloat16()), layer(mean).bfloat16())


def test_randomness_is_declared_only_where_it_draws():
    def of(**fields):
        return LAYERS["Sample"].randomness(LayerParameter(name="l", bottom=["x"], **fields))

    assert of() == "Sample is random"
    assert of(phase=TEST) is None
    assert of(phase=TEST, sample_param={"test": 2}) == "Sample is random"
    assert of(sample_param={"std": 0}) is None


FAULTS = {
    "bottom: 'a' bottom: 'b' sample_param { distribution: BERNOULLI }": ("BERNOULLI has one bottom", ""),
    "sample_param { distribution: CATEGORICAL temperature: 0 }": ("temperature 0 is not", "temperature"),
    "sample_param { distribution: CATEGORICAL axis: 2 }": ("axis 2 of a blob with 2 axes", "axis"),
    "sample_param { distribution: BERNOULLI output: INDEX }": ("no category", "output"),
    "sample_param { distribution: CATEGORICAL output: INDEX test: MEAN }": ("have no mean", "test"),
    "sample_param { std: -1 }": ("std -1; expected 0 or more", "std"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_wrong_settings_are_faults(shapes, text):
    message, field = FAULTS[text]
    with pytest.raises(LayerFault, match=message) as caught:
        shapes(f'type: "Sample" {text}', *[(2, 3)] * max(1, text.count("bottom")))
    assert caught.value.field == (f"sample_param.{field}" if field else None)
    with pytest.raises(LayerFault, match="logarithm of variances"):
        shapes("Sample", (2, 3), (2, 4))


def test_fields_that_the_distribution_does_not_have_are_told():
    def of(**fields):
        return LAYERS["Sample"].unread(LayerParameter(sample_param=fields))

    assert "sample_param.temperature" in of()
    assert set(of(distribution=2)) == {"sample_param.std"}
    assert set(of(distribution=1, output=1)) == {
        f"sample_param.{n}" for n in ("std", "axis", "straight_through")
    }


def test_random_samples_are_not_exported(make):
    layer = build(make, "test: SAMPLE", (2, 3), phase=TEST)
    with pytest.raises(ExportError, match="test: MODE or MEAN"):
        layer.as_python(None, None)
    with pytest.raises(Exception, match="test: MODE or MEAN"):
        torch.export.export(layer, (torch.zeros(2, 3), torch.zeros(2, 3)))
