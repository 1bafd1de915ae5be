"""Freeze layers: exclude their params from training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from layerzoo.errors import MAX_SHOWN_FAULTS, ConfigError, Fault, did_you_mean, nearest
from layerzoo.optimizer.rule import UpdateParam

MAX_WILD = 100
"""The largest number of patterns with wildcards, since each is compared with each layer."""
MAX_LENGTH = 1000


def freeze_faults(patterns: Sequence[str], params: Iterable[tuple[Sequence[str], float]]) -> list[Fault]:
    """List the faults in ``freeze``: a pattern matches no layer with params, or no param is left to learn.

    Args:
        patterns: layer names; ``*`` matches any characters, ``?`` a single one.
        params: of each param the names of its layer, and the multiplier of its learning rate.
    """
    params = list(params)
    known = dict.fromkeys(name for names, _ in params for name in names)
    faults = pattern_faults("freeze", patterns, known, "lr_mult: 0 freezes single layers")
    if faults or not patterns:
        return faults
    frozen = matching(known, patterns)
    left = (mult and frozen.isdisjoint(names) for names, mult in params)
    if not any(left):
        faults.append(Fault("freeze leaves no param to learn", field="freeze"))
    return faults


def pattern_faults(field: str, patterns: Sequence[str], known: Iterable[str], instead: str) -> list[Fault]:
    """List the faults in patterns of layer names: there are too many, or one matches no layer.

    Args:
        field: the field of the patterns.
        patterns: as in `freeze_faults`.
        known: the names of layers with params.
        instead: what to do in the place of too many patterns.
    """
    if sum(map(is_wild, patterns)) > MAX_WILD or any(len(pattern) > MAX_LENGTH for pattern in patterns):
        message = f"{field} takes at most {MAX_WILD} patterns with wildcards, of {MAX_LENGTH} characters each"
        return [Fault(message, field=field, hint=instead)]
    names = dict.fromkeys(known)
    faults: list[Fault] = []
    for pattern in patterns:
        if pattern not in names and not (is_wild(pattern) and matching(names, [pattern])):
            hint = did_you_mean(nearest(pattern, names)) if len(faults) < MAX_SHOWN_FAULTS else None
            faults.append(Fault(f"{field}: '{pattern}' matches no layer with params", field=field, hint=hint))
    return faults


def is_frozen(patterns: Sequence[str], names: Iterable[str]) -> bool:
    """Whether a pattern matches one of the names of a layer."""
    return bool(patterns) and bool(matching(names, patterns))


def freeze(patterns: Iterable[str], params: Sequence[UpdateParam]) -> list[UpdateParam]:
    """Set the multipliers of all params whose layer matches a pattern to 0.

    The frozen tensors require no gradient, so the backward pass stops early where possible.

    Args:
        patterns: layer names; ``*`` matches any characters, ``?`` a single one. A name that several layers
            have in the config matches all of them.
        params: the params, named ``layer.param``.

    Returns:
        all params in the same order, the frozen ones with multipliers of 0.

    Raises:
        ConfigError: a pattern matches no layer with params, or no param is left to learn.
    """
    patterns = list(patterns)
    names = [layer_names(param) for param in params]
    faults = freeze_faults(patterns, [(of, param.lr_mult) for of, param in zip(names, params, strict=True)])
    if faults:
        raise ConfigError(faults)
    frozen = matching({name for of in names for name in of}, patterns)
    result = []
    for of, param in zip(names, params, strict=True):
        if not frozen.isdisjoint(of):
            param.param.requires_grad_(False)
            result.append(param._replace(lr_mult=0.0, decay_mult=0.0))
        else:
            result.append(param)
    return result


def layer_names(param: UpdateParam) -> list[str]:
    """The names of a param's layer that patterns may match."""
    own = param.name.rpartition(".")[0]
    return [own, param.layer] if param.layer else [own]


def is_wild(pattern: str) -> bool:
    """Whether a pattern has wildcards."""
    return any(char in pattern for char in "*?[")


def matching(layers: Iterable[str], patterns: Iterable[str]) -> set[str]:
    """The layers that match a pattern."""
    names = set(patterns)
    wild = [pattern for pattern in names if is_wild(pattern)]
    return {name for name in layers if name in names or any(fnmatchcase(name, pattern) for pattern in wild)}
