"""Attention: weights of keys for queries, and the values that they sum.

N is the number of samples, H of heads, T of queries, S of keys, h the size of a head. The last query's place
is that of the last key: query t is at place ``t + S - T``.
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from layerzoo.functional.transforms import transforming


class AttentionMask(NamedTuple):
    """Which keys the queries see.

    Attributes:
        keys: bool, of a shape that broadcasts to (N, H, T, S); None for all.
        causal: queries and keys are as many, and none sees a key after its own place; ``keys`` is None.
        all_see: each query sees at least one key.
    """

    keys: Tensor | None = None
    causal: bool = False
    all_see: bool = True


def attention_mask(
    queries: int,
    keys: int,
    device: torch.device,
    causal: bool = False,
    window: int = 0,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> AttentionMask:
    """Which keys each query sees.

    Args:
        queries, keys: T and S.
        device: where the result is.
        causal: a query sees no key after its own place.
        window: a query sees only keys nearer than that to its place; 0: all.
        mask: not 0 where a key is seen, (N, S) or (N, T, S).
        lengths: number of keys of each sample, (N).
    """
    if causal and queries == keys and not window and mask is None and lengths is None:
        return AttentionMask(causal=True)
    parts = []
    if window or (causal and queries != 1):  # a single query is at the last place
        own = torch.arange(keys - queries, keys, device=device)[:, None]
        place = torch.arange(keys, device=device)
        if causal:
            parts.append(place <= own)
        if window:
            parts.append((place - own).abs() < window)
    if mask is not None:
        parts.append((mask[:, None, None] if mask.dim() == 2 else mask[:, None]) != 0)
    if lengths is not None:
        parts.append(torch.arange(keys, device=device) < lengths[:, None, None, None])
    if not parts:
        return AttentionMask()
    whole = parts[0]
    for part in parts[1:]:
        whole = whole & part
    return AttentionMask(whole, all_see=mask is None and lengths is None and queries <= keys)


def attention_weights(scores: Tensor, seen: AttentionMask) -> Tensor:
    """Softmax of scores (N, H, T, S) over the keys that are seen; 0 for the others, and where none is seen.

    In 16-bit types it is computed in FP32; the weights are in that type.
    """
    if scores.dtype in (torch.float16, torch.bfloat16):
        scores = scores.float()
    keys = seen.keys
    if seen.causal:
        keys = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if keys is None:
        return scores.softmax(-1)
    open_keys, sees = _without_empty_rows(keys, seen)
    weights = scores.masked_fill(~open_keys, -inf).softmax(-1)
    return weights if sees is None else torch.where(sees, weights, 0)


def dot_scores(q: Tensor, k: Tensor, scale: float) -> Tensor:
    """``scale * q . k``, (N, H, T, S); of each head of k (N, K, S, h) as many of q (N, H, T, h) take it."""
    return (q * scale) @ shared_heads(k, q.shape[1]).mT


def additive_scores(q: Tensor, k: Tensor, weight: Tensor) -> Tensor:
    """``weight . tanh(q + k)``, (N, H, T, S), with a weight (H, h) for each head."""
    sums = q.unsqueeze(3) + shared_heads(k, q.shape[1]).unsqueeze(2)
    return (sums.tanh() @ weight[:, None, :, None]).squeeze(4)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Values (N, T, heads * size) as heads (N, heads, T, size)."""
    return x.reshape(*x.shape[:2], heads, x.shape[2] // heads).transpose(1, 2)


def shared_heads(x: Tensor, heads: int) -> Tensor:
    """Heads (N, K, S, h), each repeated so that there are ``heads``."""
    return x if x.shape[1] == heads else x.repeat_interleave(heads // x.shape[1], 1)


def attend(q: Tensor, k: Tensor, v: Tensor, seen: AttentionMask, scale: float) -> Tensor:
    """The values v summed by the weights of their keys, by torch's fused operation.

    Its backward pass has no derivative of its own: second derivatives, and all within transforms of
    ``torch.func``, are those of the plain formula.

    Args:
        q: (N, H, T, h).
        k, v: (N, K, S, h) and (N, K, S, values); K divides H.
        seen: the keys that are seen.
        scale: factor of the products.

    Returns:
        (N, H, T, values); 0 for a query that sees no key.
    """
    if transforming():
        return plain_attention(q, k, v, seen, scale)
    keys, sees = (None, None) if seen.keys is None else _without_empty_rows(seen.keys, seen)
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():
        top = _fused(q, k, v, keys, seen.causal, scale)
    else:
        top = _Fused.apply(q, k, v, keys, seen.causal, scale)  # type: ignore[no-untyped-call]  # torch's
    return top if sees is None else torch.where(sees, top, 0)


def plain_attention(q: Tensor, k: Tensor, v: Tensor, seen: AttentionMask, scale: float) -> Tensor:
    """The same as `attend` by products and a softmax."""
    weights = attention_weights(dot_scores(q, k, scale), seen)
    return weights.to(v.dtype) @ shared_heads(v, q.shape[1])


def _without_empty_rows(keys: Tensor, seen: AttentionMask) -> tuple[Tensor, Tensor | None]:
    """Keys where a query that sees none sees all, and which queries see one; None if all do.

    A softmax over no key would be NaN, and so would its gradient.
    """
    if seen.all_see:
        return keys, None
    sees = keys.any(-1, keepdim=True)
    return keys | ~sees, sees


def _fused(q: Tensor, k: Tensor, v: Tensor, keys: Tensor | None, causal: bool, scale: float) -> Tensor:
    shared = k.shape[1] != q.shape[1]
    if shared and torch.compiler.is_exporting():  # ONNX has no shared heads
        k, v, shared = shared_heads(k, q.shape[1]), shared_heads(v, q.shape[1]), False
    return F.scaled_dot_product_attention(q, k, v, keys, 0.0, causal, scale=scale, enable_gqa=shared)


class _Fused(torch.autograd.Function):
    """torch's fused attention, with second derivatives.

    The forward pass keeps the fused operation's own graph for the first backward pass; another makes it anew.
    A backward pass that is itself to be differentiated takes the plain formula.
    """

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, keys: Tensor | None, causal: bool, scale: float
    ) -> Tensor:
        ctx.save_for_backward(q, k, v, keys)
        ctx.settings = causal, scale
        ctx.inner = _graph(ctx, (q, k, v), keys)
        top: Tensor = ctx.inner[1]
        return top.detach()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        inner, ctx.inner = ctx.inner, None
        q, k, v, keys = ctx.saved_tensors
        if torch.is_grad_enabled():
            causal, scale = ctx.settings
            # views: a tensor that is both query and key has a gradient for each
            parts = [part.view_as(part) for part in (q, k, v)]
            top = plain_attention(parts[0], parts[1], parts[2], AttentionMask(keys, causal), scale)
            needed = [part for part, need in zip(parts, ctx.needs_input_grad, strict=False) if need]
        else:
            needed, top = inner or _graph(ctx, (q, k, v), keys)
        made = iter(
            torch.autograd.grad(top, needed, grad.to(top.dtype), create_graph=torch.is_grad_enabled())
        )
        return *(next(made) if need else None for need in ctx.needs_input_grad[:3]), None, None, None


def _graph(
    ctx: Any, given: tuple[Tensor, Tensor, Tensor], keys: Tensor | None
) -> tuple[list[Tensor], Tensor]:
    """The fused operation with a graph of its own: its inputs that need a gradient, and its result."""
    causal, scale = ctx.settings
    with torch.enable_grad():
        q, k, v = (
            part.detach().requires_grad_(need)
            for part, need in zip(given, ctx.needs_input_grad, strict=False)
        )
        return [part for part in (q, k, v) if part.requires_grad], _fused(q, k, v, keys, causal, scale)
