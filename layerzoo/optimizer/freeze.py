"""Freeze layers: exclude their params from training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.optimizer.rule import UpdateParam


def freeze_faults(patterns: Sequence[str], lr_mults: Mapping[str, float]) -> list[Fault]:
    """List the faults in ``freeze``: a pattern matches no layer with params, or no param is left to learn.

    Args:
        patterns: layer names; ``*`` matches any characters, ``?`` a single one.
        lr_mults: the learning rate multiplier of each param, by ``layer.param``.
    """
    layers = {name: name.rpartition(".")[0] for name in lr_mults}
    faults = []
    for pattern in patterns:
        if not any(fnmatchcase(layer, pattern) for layer in layers.values()):
            hint = did_you_mean(nearest(pattern, layers.values()))
            message = f"freeze: '{pattern}' matches no layer with params"
            faults.append(Fault(message, field="freeze", hint=hint))
    left = (
        mult and not any(fnmatchcase(layers[name], pattern) for pattern in patterns)
        for name, mult in lr_mults.items()
    )
    if patterns and not faults and not any(left):
        faults.append(Fault("freeze leaves no param to learn", field="freeze"))
    return faults


def freeze(patterns: Iterable[str], params: Sequence[UpdateParam]) -> list[UpdateParam]:
    """Set the multipliers of all params whose layer matches a pattern to 0.

    The frozen tensors require no gradient, so the backward pass stops early where possible.

    Args:
        patterns: layer names; ``*`` matches any characters, ``?`` a single one.
        params: the params, named ``layer.param``.

    Returns:
        all params in the same order, the frozen ones with multipliers of 0.

    Raises:
        ConfigError: a pattern matches no layer with params, or no param is left to learn.
    """
    layers = {param.name: param.name.rpartition(".")[0] for param in params}
    patterns = list(patterns)
    faults = freeze_faults(patterns, {param.name: param.lr_mult for param in params})
    if faults:
        raise ConfigError(faults)
    frozen = {layer for layer in layers.values() if any(fnmatchcase(layer, name) for name in patterns)}
    result = []
    for param in params:
        if layers[param.name] in frozen:
            param.param.requires_grad_(False)
            result.append(param._replace(lr_mult=0.0, decay_mult=0.0))
        else:
            result.append(param)
    return result
