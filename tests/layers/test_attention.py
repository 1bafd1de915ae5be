from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

INPUT = """
layer {
  name: "x" type: "DummyData" top: "x" top: "m" top: "v"
  dummy_data_param {
    shape { dim: 2 dim: 3 dim: 4 } shape { dim: 2 dim: 2 dim: 4 } shape { dim: 2 dim: 2 dim: 2 }
    data_filler { type: "uniform" min: -1 max: 1 }
  }
}
layer {
  name: "mask" type: "DummyData" top: "mask" top: "rows" top: "length"
  dummy_data_param {
    shape { dim: 2 dim: 2 } shape { dim: 2 dim: 3 dim: 2 } shape { dim: 2 }
    data_filler { type: "constant" value: 1 } data_filler { type: "constant" }
    data_filler { type: "constant" value: 1 }
  }
}
"""
FILLED = 'weight_filler { type: "gaussian" std: 0.7 } bias_filler { type: "gaussian" std: 0.3 }'
FORMS = {
    'bottom: "x" top: "a"': f"causal: true num_heads: 2 {FILLED}",
    'bottom: "x" top: "b"': (
        "num_heads: 4 num_kv_heads: 2 window: 2 num_output: 8 bias_term: false rotary { } " + FILLED
    ),
    'bottom: "x" bottom: "m" bottom: "mask" top: "c" top: "d"': f"mask: true {FILLED}",
    'bottom: "x" bottom: "m" bottom: "v" bottom: "rows" bottom: "length" top: "e"': (
        "project: false mask: true lengths: true num_heads: 2 scale: 0.3"
    ),
    'bottom: "x" bottom: "m" bottom: "length" top: "f" top: "g"': (
        "score: ADDITIVE lengths: true num_output: 2 head_weights: true num_heads: 2 head_size: 2 " + FILLED
    ),
    'bottom: "x" top: "h"': f"dropout_ratio: 0.5 {FILLED}",
}
EXAMPLE = INPUT + "\n".join(
    f'layer {{ name: "{at}" type: "Attention" {ends} attention_param {{ {fields} }} }}'
    for at, (ends, fields) in enumerate(FORMS.items())
)


def filled(layer, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for blob in layer.blobs:
        blob.data.copy_(torch.randn(blob.shape, generator=generator) / 2)
    return layer


def naive(q, k, v, sees, score):
    """One head of one sample, a query at a time: (T, h), (S, h), (S, values); sees(t, s), score(q, k)."""
    values, weights = np.zeros((len(q), v.shape[1])), np.zeros((len(q), len(k)))
    for t in range(len(q)):
        open_keys = [s for s in range(len(k)) if sees(t, s)]
        powers = {s: math.exp(score(q[t], k[s])) for s in open_keys}
        for s in open_keys:
            weights[t, s] = powers[s] / sum(powers.values())
            values[t] += weights[t, s] * v[s]
    return values, weights


def test_values_by_hand_without_projection(make):
    layer = make(
        'type: "Attention" top: "y" top: "w" attention_param { project: false scale: 1 }',
        (1, 1, 1),
        (1, 2, 1),
    )
    y, weights = layer(torch.tensor([[[1.0]]]), torch.tensor([[[0.0], [math.log(3)]]]))
    assert weights.tolist() == [[[pytest.approx(1 / 4), pytest.approx(3 / 4)]]]
    assert y.item() == pytest.approx(3 / 4 * math.log(3))


def test_additive_scores_by_hand(make):
    text = 'type: "Attention" attention_param { project: false score: ADDITIVE }'
    layer = make(text, (1, 1, 1), (1, 2, 1))
    layer.weight_score.data.fill_(2)
    powers = [math.exp(2 * math.tanh(0.5 + key)) for key in (-1, 3)]
    expected = (powers[0] * -1 + powers[1] * 3) / sum(powers)
    assert layer(torch.full((1, 1, 1), 0.5), torch.tensor([[[-1.0], [3]]])).item() == pytest.approx(expected)


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_is_that_of_torchs_module(make, causal):
    fields = f"attention_param {{ num_heads: 2 causal: {str(causal).lower()} }}"
    layer = filled(make(f'type: "Attention" top: "y" top: "w" {fields}', (2, 5, 8)))
    module = nn.MultiheadAttention(8, 2, batch_first=True)
    wq, bq, wk, bk, wv, bv, wo, bo = (blob.data for blob in layer.blobs)
    module.in_proj_weight.data.copy_(torch.cat([wq, wk, wv]))
    module.in_proj_bias.data.copy_(torch.cat([bq, bk, bv]))
    module.out_proj.weight.data.copy_(wo)
    module.out_proj.bias.data.copy_(bo)
    x = torch.randn(2, 5, 8)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    y, weights = module(x, x, x, attn_mask=hidden)
    found, found_weights = layer(x)
    torch.testing.assert_close(found, y)
    torch.testing.assert_close(found_weights, weights)
    layer.top_count = 1  # the fused operation
    torch.testing.assert_close(layer(x), y)


@pytest.mark.parametrize("score", ["DOT", "ADDITIVE"])
@pytest.mark.parametrize("fields", ["causal: true", "window: 2", "causal: true window: 2", ""])
@pytest.mark.parametrize("tops", ['top: "y"', 'top: "y" top: "w"'])
def test_values_agree_with_a_loop_over_queries(make, score, fields, tops):
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(2, 3, 8)), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 6))
    mask, lengths = rng.random((2, 3, 5)) > 0.3, np.array([5, 0])
    text = f"""type: "Attention" {tops} attention_param {{
        num_heads: 4 num_kv_heads: 2 project: false mask: true lengths: true head_weights: true
        score: {score} {fields} }}"""
    layer = filled(make(text, q.shape, k.shape, v.shape, mask.shape, lengths.shape)).double()
    bottoms = [torch.tensor(blob, dtype=torch.float64) for blob in (q, k, v, mask, lengths)]
    found = layer(*bottoms)
    y, weights = found if isinstance(found, tuple) else (found, None)
    for n in range(2):
        for h in range(4):
            of_q, of_kv = slice(2 * h, 2 * h + 2), h // 2
            of_k, of_v = slice(2 * of_kv, 2 * of_kv + 2), slice(3 * of_kv, 3 * of_kv + 3)

            def sees(t, s, n=n):
                place = t + 2
                near = "window" not in fields or abs(s - place) < 2
                return mask[n, t, s] and s < lengths[n] and near and ("causal" not in fields or s <= place)

            def score_of(a, b, h=h):
                if score == "DOT":
                    return a @ b / math.sqrt(2)
                return layer.weight_score[h].tolist() @ np.tanh(a + b)

            values, expected = naive(q[n][:, of_q], k[n][:, of_k], v[n][:, of_v], sees, score_of)
            np.testing.assert_allclose(y[n, :, 3 * h : 3 * h + 3].detach(), values, atol=1e-12)
            if weights is not None:
                np.testing.assert_allclose(weights[n, h].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("tops", ['top: "y"', 'top: "y" top: "w"'])
def test_query_without_keys_gets_0_and_no_nan_gradient(make, tops):
    layer = filled(
        make(f'type: "Attention" {tops} attention_param {{ mask: true bias_term: false }}', (2, 3, 4), (2, 3))
    )
    x = torch.randn(2, 3, 4, requires_grad=True)
    found = layer(x, torch.tensor([[1.0, 1, 0], [0, 0, 0]]))
    y = found[0] if isinstance(found, tuple) else found
    assert not y[1].any()
    assert y[0].all()
    grads = torch.autograd.grad(y.sin().sum(), [x, *layer.blobs], create_graph=True)
    assert all(grad.isfinite().all() for grad in grads)
    second = torch.autograd.grad(sum(grad.square().sum() for grad in grads), [x, *layer.blobs])
    assert all(grad.isfinite().all() for grad in second)
    assert not grads[0][1].any()


def test_causal_query_before_the_first_key_gets_0(make):
    layer = filled(
        make('type: "Attention" attention_param { causal: true project: false }', (1, 3, 2), (1, 2, 2))
    )
    q, m = torch.randn(1, 3, 2), torch.randn(1, 2, 2)
    y = layer(q, m)
    assert not y[0, 0].any()
    torch.testing.assert_close(y[0, 1], m[0, 0])


def test_any_length_runs_in_a_layer_built_for_another(make):
    layer = filled(
        make('type: "Attention" attention_param { num_heads: 2 causal: true rotary { } }', (2, 5, 8))
    )
    x = torch.randn(3, 9, 8)
    torch.testing.assert_close(layer(x)[:, :4], layer(x[:, :4]))


def test_second_derivatives_are_those_of_the_formula(make):
    layer = filled(
        make('type: "Attention" attention_param { num_heads: 2 num_kv_heads: 1 }', (2, 3, 4)).double()
    )
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_tensor_that_is_query_and_key_has_the_gradient_of_both(make):
    layer = make('type: "Attention" attention_param { project: false }', (1, 3, 2)).double()
    x = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_backward_pass_runs_twice(make):
    layer = filled(make('type: "Attention"', (2, 3, 4)))
    x = torch.randn(2, 3, 4, requires_grad=True)
    y = layer(x).sin().sum()
    first, again = (torch.autograd.grad(y, [x, *layer.blobs], retain_graph=True) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        torch.testing.assert_close(one, other)


def test_dropout_depends_on_the_sample_and_only_acts_in_training(make):
    layer = filled(make('type: "Attention" attention_param { dropout_ratio: 0.5 project: false }', (4, 3, 2)))
    x = torch.randn(4, 3, 2)
    layer.clock.rank, layer.clock.ranks = 0, 1
    whole = layer(x)
    assert not torch.equal(whole, layer.eval()(x))
    layer.train()
    layer.clock.rank, layer.clock.ranks = 1, 2
    torch.testing.assert_close(layer(x[1::2]), whole[1::2])


def test_dropout_keeps_the_expected_values(make):
    layer = make(
        'type: "Attention" attention_param { dropout_ratio: 0.25 project: false }', (1, 1, 1), (1, 999, 1)
    )
    m = torch.rand(512, 999, 1)
    dropped = layer(torch.zeros(512, 1, 1), m)
    assert dropped.mean().item() == pytest.approx(0.5, abs=0.01)
    assert dropped.std().item() > 0.01


def test_rotary_scores_depend_on_the_distance_alone(make):
    layer = make(
        'type: "Attention" top: "y" top: "w" attention_param { project: false rotary { } }', (1, 6, 4)
    )
    x = torch.randn(1, 1, 4).expand(1, 6, 4)
    weights = layer(x)[1][0].log()
    scores = weights - weights.diagonal()[:, None]
    torch.testing.assert_close(scores[:3, :3], scores[3:, 3:])


def test_16_bits_agree_with_fp32(make):
    for tops in ('top: "y"', 'top: "y" top: "w"'):
        layer = filled(
            make(f'type: "Attention" {tops} attention_param {{ num_heads: 2 causal: true }}', (2, 5, 8))
        )
        x = torch.randn(2, 5, 8)
        expected = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            found = layer(x)
        pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
        for one, other in pairs:
            torch.testing.assert_close(one.float(), other, rtol=0.1, atol=0.05)


def test_params_and_multiply_adds():
    p = {"num_heads": 4, "num_kv_heads": 2, "num_output": 8, "score": "ADDITIVE"}
    param, shapes = LayerParameter(attention_param=p), [(2, 3, 6), (2, 5, 7)]
    own = LAYERS["Attention"].param_shapes(param, shapes)
    assert [(o.name, o.shape) for o in own] == [
        *(("weight_q", (8, 6)), ("bias_q", (8,)), ("weight_k", (4, 7)), ("bias_k", (4,))),
        *(("weight_v", (4, 7)), ("bias_v", (4,)), ("weight_out", (8, 8)), ("bias_out", (8,))),
        ("weight_score", (4, 2)),
    ]
    expected = 2 * (3 * 6 * 8 + 2 * 5 * 7 * 4 + 4 * 3 * 5 * (2 + 2) + 3 * 8 * 8)
    assert LAYERS["Attention"].macs(param, shapes, []) == expected


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ("num_heads: 3", [(2, 3, 4)], "queries of 4 values can't be divided among 3 heads"),
        ("num_heads: 0", [(2, 3, 4)], "num_heads must be at least 1"),
        ("num_heads: 4 num_kv_heads: 3", [(2, 3, 4)], "num_kv_heads 3 doesn't divide num_heads 4"),
        ("num_output: 5 num_heads: 2", [(2, 3, 4)], "num_output of 5 values"),
        ("mask: true", [(2, 3, 4)], "1 bottoms; expected 1 to 3"),
        ("mask: true", [(2, 3, 4), (3, 3)], r"a mask of shape \(3, 3\); expected \(2, 3\)"),
        ("lengths: true", [(2, 3, 4), (3,)], r"lengths of shape \(3,\); expected \(2,\)"),
        ("", [(2, 3)], r"a bottom of shape \(2, 3\)"),
        ("", [(2, 3, 4), (1, 3, 4)], "expected .N, T"),
        ("project: false", [(2, 3, 4), (2, 3, 5)], "queries of 4 values in 1 heads, keys of 5 in 1"),
        ("dropout_ratio: 1", [(2, 3, 4)], "dropout_ratio 1 is not in"),
        ("rotary { fraction: 0.3 }", [(2, 3, 4)], "rotary positions turn 1 of the 4 values"),
        ("rotary { fraction: 2 }", [(2, 3, 4)], "fraction 2 is not in"),
        ("rotary { base: 0 }", [(2, 3, 4)], "base 0; expected a number above 1"),
    ],
)
def test_faults(shapes, fields, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Attention" attention_param {{ {fields} }}', *bottoms)
