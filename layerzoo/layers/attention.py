"""Attention: each query takes the values of the keys that fit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.attention import (
    AttentionMask,
    additive_scores,
    attend,
    attention_mask,
    attention_weights,
    dot_scores,
    shared_heads,
    split_heads,
)
from layerzoo.functional.attention_sizes import AttentionSettings, AttentionSizes, attention_sizes
from layerzoo.functional.attention_source import written
from layerzoo.functional.key_value_cache import KeyValueCache
from layerzoo.functional.rotary import rotated
from layerzoo.layer import Layer, OwnParam, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import AttentionParameter, LayerParameter

_LEVELS = 1 << 16


@register
class Attention(Layer):
    """Each query gets a mean of values, weighted by how well their keys fit it; in several heads.

    ``y = softmax(score(q, k)) v`` over the keys that the query sees, with ``score`` the product of query and
    key, scaled, or with ADDITIVE ``v . tanh(q + k)``. With ``project``, queries, keys, values and the result
    are multiplied by learned weights. One bottom is all three (self-attention); of two the second is keys
    and values. A query that sees no key gets 0. T and S may differ from pass to pass; the last query's place
    (for ``causal`` and ``window``) is that of the last key. While a net is decoded step by step, a causal
    layer keeps its keys and values.

    The second top has the weights, before dropout: the mean of the heads, or with ``head_weights`` of each.

    Shapes: bottoms queries (N, T, D), [keys (N, S, D_k), [values (N, S, D_v)]], [mask (N, S) or (N, T, S)],
    [lengths (N)]; tops (N, T, num_output), [weights (N, T, S) or (N, heads, T, S)]. Params: ``weight_q``
    (heads * size, D), ``bias_q``, ``weight_k`` (kv heads * size, D_k), ``bias_k``, ``weight_v`` (kv heads *
    size, D_v), ``bias_v``, ``weight_out`` (num_output, heads * size), ``bias_out``; with ADDITIVE
    ``weight_score`` (heads, size). Source: ours; Vaswani et al. 2017; ADDITIVE: Bahdanau et
    al. 2015; shared heads: Ainslie et al. 2023; rotary: Su et al. 2021.
    """

    family = "attention"
    messages = ("attention_param",)
    example = 'num_heads: 2 causal: true weight_filler { type: "xavier" }'
    example_bottoms = ((2, 5, 8),)
    bottoms = between(1, 5)
    tops = between(1, 2)
    param_names = (
        *("weight_q", "bias_q", "weight_k", "bias_k", "weight_v", "bias_v"),
        *("weight_out", "bias_out", "weight_score"),
    )
    weight_score: nn.Parameter | None
    decoding: KeyValueCache | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.sizes = _sizes(param, bottom_shapes)
        self.settings = AttentionSettings.of(param.attention_param, self.sizes.head)
        self.dropped = round(param.attention_param.dropout_ratio * _LEVELS)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p, unread = param.attention_param, {}
        if not p.project:
            names = ["num_output", "head_size", "bias_term", "bias_filler"]
            names += ["weight_filler"] if p.score == AttentionParameter.DOT else []
            unread = dict.fromkeys(names, "project is false")
        elif not p.bias_term:
            unread["bias_filler"] = "bias_term is false"
        if p.score == AttentionParameter.ADDITIVE:
            unread["scale"] = "only DOT has it"
        if len(param.top) < 2:
            unread["head_weights"] = "there is no second top"
        return {f"attention_param.{name}": why for name, why in unread.items()}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        s = _sizes(param, bottoms)
        heads = (s.heads,) if param.attention_param.head_weights else ()
        tops = [(s.batch, s.queries, s.outputs), (s.batch, *heads, s.queries, s.keys)]
        return tops[: max(1, len(param.top))]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, s = param.attention_param, _sizes(param, bottoms)
        score = OwnParam("weight_score", (s.heads, s.head), p.weight_filler)
        own: list[OwnParam] = []
        for name, rows, columns in s.projections() if p.project else ():
            own.append(OwnParam(f"weight_{name}", (rows, columns), p.weight_filler))
            own += [OwnParam(f"bias_{name}", (rows,), p.bias_filler)] if p.bias_term else []
        return [*own, score] if p.score == AttentionParameter.ADDITIVE else own

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "dropout of Attention is random" if param.attention_param.dropout_ratio > 0 else None

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return _sizes(param, bottoms).macs(param.attention_param.project)

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        p = param.attention_param
        sources = len(shapes) - p.mask - p.lengths
        if bottom < sources:
            return None
        return 2 if p.mask and bottom == sources else shapes[sources - 1][1] + 1

    def begin_decoding(self) -> KeyValueCache | None:
        """Keys and values of a causal layer; None if there is a memory, which is whole in each step.

        Raises:
            LayerFault: a step would need keys that come after it.
        """
        if self.settings.causal:
            return KeyValueCache(self.settings.window)
        if len(set(self.param.bottom[: self.sizes.sources])) <= 1:
            hint = "set attention_param { causal: true }"
            raise LayerFault("self-attention that isn't causal can't be decoded step by step", hint=hint)
        return None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        def product(name: str, x: str) -> str:
            params = {f"{kind}_{name}": self._param(kind, name) for kind in ("weight", "bias")}
            given = [source.param(key, value) for key, value in params.items() if value is not None]
            return f"F.linear({', '.join([x, *given])})" if given else x

        weight = self.weight_score
        score = "" if weight is None else source.param("weight_score", weight)
        top, weights = written(source, bottoms.names, self.sizes, self.settings, product, score)
        if self.top_count == 1:
            return top
        return f"{top}, {weights}" if self.settings.per_head else f"{top}, {weights}.mean(1)"

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        s, settings, kept = self.sizes, self.settings, self.decoding
        rest = list(bottoms[s.sources :])
        mask = rest.pop(0) if settings.mask else None
        lengths = rest.pop(0) if settings.lengths else None
        q, k, v = (
            split_heads(self._projected(name, bottoms[min(at, s.sources - 1)]), s.kv_heads if at else s.heads)
            for at, name in enumerate("qkv")
        )
        if settings.turned:
            turns = settings.turned, settings.base, settings.interleaved
            q, k = (rotated(x, *turns, 0 if kept is None else kept.steps) for x in (q, k))
        if kept is not None:
            k, v, mask = kept.extended(k, v, mask, lengths)
        sizes = q.shape[2], k.shape[2]
        seen = attention_mask(*sizes, q.device, settings.causal, settings.window, mask, lengths)
        drops = self.training and self.dropped > 0
        if settings.additive or drops or self.top_count > 1:
            return self._weighed(q, k, v, seen, drops)
        return self._joined(attend(q, k, v, seen, settings.scale))

    def _weighed(
        self, q: Tensor, k: Tensor, v: Tensor, seen: AttentionMask, drops: bool
    ) -> Tensor | tuple[Tensor, Tensor]:
        """The tops, where the weights are computed."""
        weight = self.weight_score
        scores = dot_scores(q, k, self.settings.scale) if weight is None else additive_scores(q, k, weight)
        weights = used = attention_weights(scores, seen).to(v.dtype)
        if drops:
            kept = self.random_levels(weights.shape, weights.device) >= self.dropped - _LEVELS // 2
            used = weights * kept.to(weights.dtype).mul_(_LEVELS / (_LEVELS - self.dropped))
        top = self._joined(used @ shared_heads(v, q.shape[1]))
        if self.top_count == 1:
            return top
        return top, weights if self.settings.per_head else weights.mean(1)

    def _joined(self, values: Tensor) -> Tensor:
        """The top of the values of all heads."""
        return self._projected("out", values.transpose(1, 2).flatten(2))

    def _projected(self, name: str, x: Tensor) -> Tensor:
        weight = self._param("weight", name)
        return x if weight is None else F.linear(x, weight, self._param("bias", name))

    def _param(self, kind: str, name: str) -> nn.Parameter | None:
        found: nn.Parameter | None = getattr(self, f"{kind}_{name}")
        return found


def _sizes(param: LayerParameter, bottoms: Sequence[Shape]) -> AttentionSizes:
    return attention_sizes(param.attention_param, bottoms, len(param.top))
