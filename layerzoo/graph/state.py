"""Filter layers by phase, level and stage."""

from __future__ import annotations

from layerzoo.schema import LayerParameter, NetState, NetStateRule


def includes(layer: LayerParameter, state: NetState, stages: frozenset[str] | None = None) -> bool:
    """Whether a layer is part of a net in the given state.

    With ``include`` rules, the state must meet at least one of them; otherwise it must meet none of the
    ``exclude`` rules. Source: Caffe's ``Net::FilterNet``.

    Args:
        layer: the layer.
        state: the state.
        stages: the stages of the state, for a caller with many layers; None takes them from it.
    """
    if not layer.include and not layer.exclude:
        return True
    stages = frozenset(state.stage) if stages is None else stages
    if layer.include:
        return any(_meets(rule, state, stages) for rule in layer.include)
    return not any(_meets(rule, state, stages) for rule in layer.exclude)


def set_state(layer: LayerParameter, state: NetState) -> None:
    """Set level and stages of the subnets that a layer runs to those of its net; its phase is theirs."""
    if not layer.HasField("subnet_param") or not (state.level or state.stage):
        return
    for field in ("body", "else_body"):
        if layer.subnet_param.HasField(field):
            inner = getattr(layer.subnet_param, field).state
            inner.level = state.level
            inner.ClearField("stage")
            inner.stage.extend(state.stage)


def _meets(rule: NetStateRule, state: NetState, stages: frozenset[str]) -> bool:
    """Whether a state meets all conditions of a rule."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    return stages.issuperset(rule.stage) and stages.isdisjoint(rule.not_stage)
