"""Layers that don't learn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.optimizer.rule import UpdateParam


def freeze(patterns: Iterable[str], params: Sequence[UpdateParam]) -> list[UpdateParam]:
    """The params, those of layers that a pattern matches with multipliers of 0.

    Their tensors no longer ask for gradients, so the backward pass ends early where it can.

    Args:
        patterns: names of layers, ``*`` and ``?`` standing for any characters and any one.
        params: the params, named ``layer.param``.

    Raises:
        ConfigError: a pattern matches no layer with params.
    """
    layers = {param.name: param.name.rpartition(".")[0] for param in params}
    frozen: set[str] = set()
    faults = []
    for pattern in patterns:
        matched = {layer for layer in layers.values() if fnmatchcase(layer, pattern)}
        if not matched:
            hint = did_you_mean(nearest(pattern, layers.values()))
            message = f"freeze names '{pattern}', and no layer with params has that name"
            faults.append(Fault(message, field="freeze", hint=hint))
        frozen |= matched
    if faults:
        raise ConfigError(faults)
    found = []
    for param in params:
        if layers[param.name] in frozen:
            param.param.requires_grad_(False)
            found.append(param._replace(lr_mult=0.0, decay_mult=0.0))
        else:
            found.append(param)
    return found
