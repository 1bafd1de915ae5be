"""Layers that don't learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.optimizer.rule import UpdateParam


def freeze_faults(patterns: Sequence[str], lr_mults: Mapping[str, float]) -> list[Fault]:
    """What is wrong with ``freeze``: a pattern matches no layer with params, or none is left to learn.

    Args:
        patterns: names of layers, ``*`` and ``?`` standing for any characters and any one.
        lr_mults: the multiplier of each param's learning rate, by ``layer.param``.
    """
    layers = {name: name.rpartition(".")[0] for name in lr_mults}
    faults = []
    for pattern in patterns:
        if not any(fnmatchcase(layer, pattern) for layer in layers.values()):
            hint = did_you_mean(nearest(pattern, layers.values()))
            message = f"freeze names '{pattern}', and no layer with params has that name"
            faults.append(Fault(message, field="freeze", hint=hint))
    left = (
        mult and not any(fnmatchcase(layers[name], pattern) for pattern in patterns)
        for name, mult in lr_mults.items()
    )
    if patterns and not faults and not any(left):
        faults.append(Fault("freeze leaves no param to learn", field="freeze"))
    return faults


def freeze(patterns: Iterable[str], params: Sequence[UpdateParam]) -> list[UpdateParam]:
    """The params, those of layers that a pattern matches with multipliers of 0.

    Their tensors no longer ask for gradients, so the backward pass ends early where it can.

    Args:
        patterns: names of layers, ``*`` and ``?`` standing for any characters and any one.
        params: the params, named ``layer.param``.

    Raises:
        ConfigError: a pattern matches no layer with params, or none is left to learn.
    """
    layers = {param.name: param.name.rpartition(".")[0] for param in params}
    patterns = list(patterns)
    faults = freeze_faults(patterns, {param.name: param.lr_mult for param in params})
    if faults:
        raise ConfigError(faults)
    frozen = {layer for layer in layers.values() if any(fnmatchcase(layer, name) for name in patterns)}
    found = []
    for param in params:
        if layers[param.name] in frozen:
            param.param.requires_grad_(False)
            found.append(param._replace(lr_mult=0.0, decay_mult=0.0))
        else:
            found.append(param)
    return found
