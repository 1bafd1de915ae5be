from __future__ import annotations

import pytest
import torch

from layerzoo.functional import attention
from layerzoo.functional.attention import (
    AttentionMask,
    attend,
    attention_mask,
    attention_weights,
    plain_attention,
)


def test_causal_of_as_many_keys_needs_no_tensor() -> None:
    assert attention_mask(3, 3, torch.device("cpu"), causal=True) == AttentionMask(causal=True)
    assert attention_mask(1, 7, torch.device("cpu"), causal=True) == AttentionMask()
    assert attention_mask(3, 5, torch.device("cpu")) == AttentionMask()


def test_last_query_is_at_the_last_key() -> None:
    seen = attention_mask(2, 4, torch.device("cpu"), causal=True)
    assert seen.keys is not None
    assert seen.keys.int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert seen.all_see
    assert not attention_mask(4, 2, torch.device("cpu"), causal=True).all_see


def test_window_holds_on_both_sides() -> None:
    seen = attention_mask(3, 3, torch.device("cpu"), window=2)
    assert seen.keys is not None
    assert seen.keys.int().tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]


def test_weights_of_16_bits_are_computed_in_fp32() -> None:
    assert (
        attention_weights(torch.zeros(1, 1, 2, 2, dtype=torch.bfloat16), AttentionMask()).dtype
        == torch.float32
    )


@pytest.mark.parametrize(
    "seen",
    [AttentionMask(), AttentionMask(causal=True), AttentionMask(torch.eye(3, dtype=torch.bool)[:, :3])],
)
def test_fused_operation_agrees_with_the_formula(seen: AttentionMask) -> None:
    parts = [torch.randn(2, heads, 3, 4, requires_grad=True) for heads in (4, 2, 2)]
    tops = [function(*parts, seen, 0.3) for function in (attend, plain_attention)]
    torch.testing.assert_close(*tops)
    grads = [torch.autograd.grad(top.sin().sum(), parts) for top in tops]
    torch.testing.assert_close(*grads)


def test_training_runs_the_fused_operation_and_its_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "plain_attention", None)
    parts = [torch.randn(2, 4, 3, 4, requires_grad=True) for _ in range(3)]
    top = attend(*parts, AttentionMask(causal=True), 0.3).sum()
    first = torch.autograd.grad(top, parts, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(top, parts), first, rtol=0, atol=0)


def test_only_inputs_that_need_a_gradient_get_one() -> None:
    q, k, v = (torch.randn(1, 1, 3, 4) for _ in range(3))
    (grad,) = torch.autograd.grad(
        attend(q, k.requires_grad_(), v, AttentionMask(), 1).sum(), k, create_graph=True
    )
    expected = torch.autograd.grad(plain_attention(q, k, v, AttentionMask(), 1).sum(), k)[0]
    torch.testing.assert_close(grad, expected)
