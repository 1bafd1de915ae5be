"""Filter layers by phase, level and stage."""

from __future__ import annotations

from layerzoo.schema import LayerParameter, NetState, NetStateRule


def includes(layer: LayerParameter, state: NetState) -> bool:
    """Whether a layer is part of a net in the given state.

    With ``include`` rules, the state must meet at least one of them; otherwise it must meet none of the
    ``exclude`` rules. Source: Caffe's ``Net::FilterNet``.
    """
    if layer.include:
        return any(_meets(rule, state) for rule in layer.include)
    return not any(_meets(rule, state) for rule in layer.exclude)


def _meets(rule: NetStateRule, state: NetState) -> bool:
    """Whether a state meets all conditions of a rule."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    stages = set(state.stage)
    return stages.issuperset(rule.stage) and stages.isdisjoint(rule.not_stage)
