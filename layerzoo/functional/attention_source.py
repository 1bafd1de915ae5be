"""Attention as plain torch, for the export of a net as Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from layerzoo.functional.attention_sizes import AttentionSettings, AttentionSizes
from layerzoo.python_source import PythonSource, number

SOURCE: Final = '''
def attention_mask(q, k, causal=False, window=0, mask=None, lengths=None):
    """Which keys (N, heads, S, values) each query sees; the last query and key are at one place."""
    queries, keys = q.shape[2], k.shape[2]
    own = torch.arange(keys - queries, keys, device=q.device)[:, None]
    place = torch.arange(keys, device=q.device)
    seen = torch.ones(1, 1, queries, keys, dtype=torch.bool, device=q.device)
    if causal:
        seen = seen & (place <= own)
    if window:
        seen = seen & ((place - own).abs() < window)
    if mask is not None:
        seen = seen & ((mask[:, None, None] if mask.dim() == 2 else mask[:, None]) != 0)
    if lengths is not None:
        seen = seen & (place < lengths[:, None, None, None])
    return seen


def split_heads(x, heads):
    """(N, T, values) as (N, heads, T, values of a head)."""
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def attention_weights(scores, seen):
    """Softmax over the keys that are seen; 0 where none is."""
    sees = seen.any(-1, keepdim=True)
    return torch.where(sees, scores.masked_fill(~(seen | ~sees), -torch.inf).softmax(-1), 0)


def attend(scores, v, seen):
    """The values, summed by the weights of their keys, (N, T, values); and the weights of each head."""
    weights = attention_weights(scores, seen)
    return (weights @ v).transpose(1, 2).flatten(2), weights
'''
"""Functions of `written`."""

ROTARY: Final = '''
def rotated(x, size, base, interleaved):
    """Turn the first ``size`` values of each position of x (N, heads, T, values)."""
    rates = base ** (-torch.arange(0, size, 2, device=x.device, dtype=x.dtype) / size)
    angles = torch.arange(x.shape[2], device=x.device, dtype=x.dtype)[:, None] * rates
    cos, sin, turned = angles.cos(), angles.sin(), x[..., :size]
    if interleaved:
        one, two = turned[..., 0::2], turned[..., 1::2]
        made = torch.stack((one * cos - two * sin, one * sin + two * cos), -1).flatten(-2)
    else:
        one, two = turned.chunk(2, -1)
        made = torch.cat((one * cos - two * sin, one * sin + two * cos), -1)
    return torch.cat((made, x[..., size:]), -1)
'''
"""The function that turns queries and keys."""


def written(
    source: PythonSource,
    names: Sequence[str],
    sizes: AttentionSizes,
    settings: AttentionSettings,
    product: Callable[[str, str], str],
    score: str,
) -> tuple[str, str]:
    """Write an attention as plain torch.

    Args:
        source: takes the functions, and the lines of the pass.
        names: variables of the bottoms.
        sizes, settings: of the layer.
        product: the learned product of a name (``q``, ``k``, ``v``, ``out``) and a variable.
        score: the param ``weight_score``; empty unless the scores are ADDITIVE.

    Returns:
        the expressions of the values, and of the weights of each head.
    """
    source.helpers["attention_mask"] = SOURCE
    sources, rest, member = list(names[: sizes.sources]), list(names[sizes.sources :]), source.member
    group = sizes.heads // sizes.kv_heads
    for at, name in enumerate("qkv"):
        x = product(name, sources[min(at, sizes.sources - 1)])
        x = f"split_heads({x}, {sizes.kv_heads if at else sizes.heads})"
        if settings.turned and name != "v":
            source.helpers["rotated"] = ROTARY
            x = f"rotated({x}, {settings.turned}, {number(settings.base)}, {settings.interleaved})"
        x = f"{x}.repeat_interleave({group}, 1)" if at and group > 1 else x
        source.steps.append(f"{name}_{member} = {x}")
    q, k, v = (f"{name}_{member}" for name in "qkv")
    scores = f"{q} @ {k}.mT * {number(settings.scale)}"
    if settings.additive:
        scores = f"(({q}.unsqueeze(3) + {k}.unsqueeze(2)).tanh() @ {score}[:, None, :, None]).squeeze(4)"
    seen = [q, k, f"causal={settings.causal}", f"window={settings.window}"]
    seen += [f"mask={rest.pop(0)}"] if settings.mask else []
    seen += [f"lengths={rest.pop(0)}"] if settings.lengths else []
    source.steps.append(
        f"made_{member}, weights_{member} = attend({scores}, {v}, attention_mask({', '.join(seen)}))"
    )
    return product("out", f"made_{member}"), f"weights_{member}"
