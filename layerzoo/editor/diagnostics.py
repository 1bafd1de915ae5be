"""All faults and warnings of a config, from the text in the editor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerzoo.editor.parsed import Parsed
from layerzoo.errors import ConfigError, DataError, Fault, LayerzooError, in_text_order
from layerzoo.loader import parse_net, parse_solver
from layerzoo.loader.read_tree import is_label_map
from layerzoo.net import graph_of
from layerzoo.solver import check_solver
from layerzoo.survey import states


class Diagnostic(NamedTuple):
    """A fault or warning in a text.

    Attributes:
        start, end: the offsets of what is marked.
        message: what is wrong, and how to fix it.
        is_warning: whether the config is legal.
    """

    start: int
    end: int
    message: str
    is_warning: bool = False


def diagnostics(config: Parsed) -> list[Diagnostic]:
    """What `layerzoo check` reports of a text, in the order of the text.

    Of a solver its nets are checked too, as they are on disk; their faults are marked at the field that names
    them.
    """
    if not config.root.children or is_label_map(config.root):
        return _placed(config, config.faults if config.source.text.strip() else [], False)
    faults: list[Fault] = []
    try:
        warnings = _check_solver(config, faults) if config.is_solver else _check_net(config, faults)
    except ConfigError as error:
        faults, warnings = [*faults, *error.faults], []
    except DataError as error:
        faults, warnings = [*faults, error.fault], []
    except LayerzooError as error:
        faults, warnings = [*faults, Fault(str(error))], []
    if any(fault.origin is None for fault in faults) and config.faults:
        faults = [fault for fault in faults if fault.origin is not None] or config.faults
    marked = [*_placed(config, in_text_order(faults), False), *_placed(config, in_text_order(warnings), True)]
    return sorted(dict.fromkeys(marked))


def _check_net(config: Parsed, faults: list[Fault]) -> list[Fault]:
    document = parse_net(config.source, path=config.path, faults=faults)
    warnings, of_text = list(document.warnings), list(faults)
    for state in states(document.message):
        try:
            warnings += graph_of(document, state, "error", of_text).warnings
        except ConfigError as error:
            faults += error.faults
    return warnings


def _check_solver(config: Parsed, faults: list[Fault]) -> list[Fault]:
    document = parse_solver(config.source, path=config.path, faults=faults)
    return list(check_solver(document, found=faults).warnings)


def _placed(config: Parsed, faults: Sequence[Fault], is_warning: bool) -> list[Diagnostic]:
    """The places of faults in the text; a fault of a net's file is marked where the solver names the net."""
    found = []
    for fault in faults:
        hint = f"\n{fault.hint}" if fault.hint else ""
        layer = f" (layer '{fault.layer}')" if fault.layer else ""
        message = f"{fault.message}{layer}{hint}"
        origin = inner = fault.origin
        while origin is not None and origin.call is not None:
            message += f"\n{origin.call}"
            if origin.source.text is config.source.text:
                break
            origin = origin.call.origin  # the block is in another file: mark where it is used
        if inner is not origin:
            message = f"{inner}: {message}"
        if origin is not None and origin.source.text is config.source.text:
            start, end = origin.offset, origin.offset + origin.length
        else:
            message = f"{origin}: {message}" if origin is not None else message
            named = next((n for n in config.root.children or () if n.key.endswith("net") and n.text), None)
            place = named.value_origin if named is not None and config.is_solver else None
            start = place.offset if place is not None else 0
            end = place.offset + place.length if place is not None else 0
        length = len(config.source.text)
        found.append(Diagnostic(min(start, length), min(max(end, start), length), message, is_warning))
    return found
