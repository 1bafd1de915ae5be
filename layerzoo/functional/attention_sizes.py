"""Sizes of an Attention layer: what its message and its bottoms say, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerzoo.errors import LayerFault
from layerzoo.schema import AttentionParameter

Shape = tuple[int, ...]

_FIELD = "attention_param."


class AttentionSizes(NamedTuple):
    """Sizes of an attention.

    Attributes:
        batch, queries, keys: N, T and S.
        heads, kv_heads: of queries, and of keys and values.
        head, value_head: size of a head of queries and keys, and of values.
        inputs: sizes of a query, a key and a value as the bottoms have them.
        outputs: size of the top.
        sources: number of bottoms that hold queries, keys and values, 1 to 3.
    """

    batch: int
    queries: int
    keys: int
    heads: int
    kv_heads: int
    head: int
    value_head: int
    inputs: tuple[int, int, int]
    outputs: int
    sources: int

    def projections(self) -> list[tuple[str, int, int]]:
        """The names of the learned products, with the sizes of their results and inputs."""
        q, k, v = self.inputs
        return [
            ("q", self.heads * self.head, q),
            ("k", self.kv_heads * self.head, k),
            ("v", self.kv_heads * self.value_head, v),
            ("out", self.outputs, self.heads * self.value_head),
        ]

    def macs(self, project: bool) -> int:
        """Multiply-adds of a pass."""
        pairs = self.heads * self.queries * self.keys * (self.head + self.value_head)
        steps = {"q": self.queries, "k": self.keys, "v": self.keys, "out": self.queries}
        products = sum(steps[name] * rows * columns for name, rows, columns in self.projections())
        return self.batch * (pairs + products * project)


class AttentionSettings(NamedTuple):
    """What a message says of an attention beside its sizes.

    Attributes:
        scale: factor of the products of queries and keys.
        additive: scores are ADDITIVE.
        causal, window: as in the message.
        mask, lengths: there is such a bottom.
        turned: the number of values of a head that rotary positions turn.
        base, interleaved: of rotary positions.
        project: there are learned products.
        per_head: the second top has the weights of each head.
    """

    scale: float
    additive: bool
    causal: bool
    window: int
    mask: bool
    lengths: bool
    turned: int
    base: float
    interleaved: bool
    project: bool
    per_head: bool

    @classmethod
    def of(cls, p: AttentionParameter, head: int) -> AttentionSettings:
        """Those of a message, for heads of a size."""
        return cls(
            scale=p.scale if p.HasField("scale") else head**-0.5,
            additive=p.score == AttentionParameter.ADDITIVE,
            causal=p.causal,
            window=p.window,
            mask=p.mask,
            lengths=p.lengths,
            turned=turned_values(p, head),
            base=p.rotary.base,
            interleaved=p.rotary.interleaved,
            project=p.project,
            per_head=p.head_weights,
        )


def attention_sizes(p: AttentionParameter, bottoms: Sequence[Shape], tops: int) -> AttentionSizes:
    """The sizes of an attention.

    Args:
        p: the layer's message.
        bottoms: shapes of queries, keys and values as there are, then of the mask and the lengths.
        tops: number of tops.

    Raises:
        LayerFault: message or shapes are wrong.
    """
    _check_fields(p, tops)
    sources = len(bottoms) - p.mask - p.lengths
    if not 1 <= sources <= 3:
        also = ", ".join(name for name, given in (("mask", p.mask), ("lengths", p.lengths)) if given)
        expected = "1 to 3 with queries, keys and values" + (f", and those of {also}" if also else "")
        hint = "bottoms: (x), (queries, memory) or (queries, keys, values), then mask and lengths"
        raise LayerFault(f"{len(bottoms)} bottoms; expected {expected}", field="bottom", hint=hint)
    for index, shape in enumerate(bottoms[:sources]):
        if len(shape) != 3:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, steps, values)", bottom=index)
    query, key, value = (bottoms[min(index, sources - 1)] for index in range(3))
    if key[0] != query[0] or value[:2] != key[:2]:
        raise LayerFault(
            f"queries {query}, keys {key} and values {value}; expected (N, T, ...), (N, S, ...), (N, S, ...)",
            bottom=sources - 1,
        )
    _check_rest(p, bottoms, sources, query, key)
    heads, kv_heads = p.num_heads, p.num_kv_heads or p.num_heads
    inputs = query[2], key[2], value[2]
    extent = query[0], query[1], key[1], heads, kv_heads
    if p.project:
        outputs = p.num_output or query[2]
        head = p.head_size or _divided(outputs, heads, "num_output" if p.num_output else "queries")
        sizes = AttentionSizes(*extent, head, head, inputs, outputs, sources)
    else:
        head = _divided(query[2], heads, "queries")
        if _divided(key[2], kv_heads, "keys") != head:
            raise LayerFault(
                f"queries of {query[2]} values in {heads} heads, keys of {key[2]} in {kv_heads}",
                bottom=min(1, sources - 1),
                hint="without project each head of queries and keys must be of one size",
            )
        value_head = _divided(value[2], kv_heads, "values")
        sizes = AttentionSizes(*extent, head, value_head, inputs, heads * value_head, sources)
    turned_values(p, sizes.head)
    return sizes


def turned_values(p: AttentionParameter, head: int) -> int:
    """The number of values of a head that rotary positions turn; 0 for none.

    Raises:
        LayerFault: it is none, or odd.
    """
    if not p.HasField("rotary"):
        return 0
    fraction, base = p.rotary.fraction, p.rotary.base
    if not 0 < fraction <= 1:
        raise LayerFault(f"fraction {fraction:g} is not in (0, 1]", field=f"{_FIELD}rotary.fraction")
    if not 1 < base < float("inf"):
        raise LayerFault(f"base {base:g}; expected a number above 1", field=f"{_FIELD}rotary.base")
    count = round(fraction * head)
    if count < 2 or count % 2:
        raise LayerFault(
            f"rotary positions turn {count} of the {head} values of a head; expected an even number",
            field=f"{_FIELD}rotary.fraction",
            hint="choose fraction, num_heads or head_size so that it is even",
        )
    return count


def _check_fields(p: AttentionParameter, tops: int) -> None:
    heads, kv_heads = p.num_heads, p.num_kv_heads or p.num_heads
    if not heads:
        raise LayerFault("num_heads must be at least 1", field=f"{_FIELD}num_heads")
    if heads % kv_heads:
        raise LayerFault(
            f"num_kv_heads {kv_heads} doesn't divide num_heads {heads}", field=f"{_FIELD}num_kv_heads"
        )
    if not 0 <= p.dropout_ratio < 1:
        raise LayerFault(
            f"dropout_ratio {p.dropout_ratio:g} is not in [0, 1)",
            field=f"{_FIELD}dropout_ratio",
            hint="it is the fraction of weights to drop",
        )
    if tops > 2:
        raise LayerFault(f"{tops} tops; expected the values, and the weights if they are wanted", field="top")


def _check_rest(
    p: AttentionParameter, bottoms: Sequence[Shape], sources: int, query: Shape, key: Shape
) -> None:
    """Check the shapes of mask and lengths."""
    if p.mask and bottoms[sources] not in ((query[0], key[1]), (query[0], query[1], key[1])):
        raise LayerFault(
            f"a mask of shape {bottoms[sources]}; expected {(query[0], key[1])}, or {(*query[:2], key[1])}",
            bottom=sources,
        )
    if p.lengths and bottoms[-1] != query[:1]:
        raise LayerFault(
            f"lengths of shape {bottoms[-1]}; expected {query[:1]}: a number for each sample",
            bottom=len(bottoms) - 1,
        )


def _divided(size: int, heads: int, what: str) -> int:
    if not size or size % heads:
        raise LayerFault(
            f"{what} of {size} values can't be divided among {heads} heads",
            field=f"{_FIELD}num_output" if what == "num_output" else f"{_FIELD}num_heads",
            hint="give a multiple of the number of heads",
        )
    return size // heads
