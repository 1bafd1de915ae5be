"""Caffe's old formats, made into today's on the node tree.

Nothing else knows of them. The tree is rewritten in place and every node keeps its place in the text, so a
fault that is found later points at the line of the old file.
"""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault
from layerzoo.legacy import forks, v0, v1, v2
from layerzoo.nodes import Node

__all__ = ["upgrade_net", "upgrade_solver"]

_SOLVER_TYPES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")


def upgrade_net(root: Node, faults: list[Fault] | None = None) -> list[str]:
    """Make a net of any of Caffe's formats one of today's.

    Args:
        root: the net's tree, rewritten in place.
        faults: what can't be upgraded is added to it.

    Returns:
        A short line for each kind of upgrade made; empty for a net of today.

    Raises:
        ConfigError: something can't be upgraded and ``faults`` is None.
    """
    found: list[Fault] = []
    done: list[str] = []
    keys = {child.key for child in root.children or ()}
    if "layers" in keys:
        mixed = root.first("layer")
        if mixed is not None:
            hint = "a net is of one format; today's is 'layer'"
            found.append(Fault("'layer' in a net that has 'layers'", mixed.origin, hint))
        done += v0.upgrade_layers(root, found)
        done += v1.upgrade_layers(root, found)
    if "input" in keys:
        done += v2.upgrade_inputs(root, found)
    done += v2.upgrade_layers(root)
    done += forks.upgrade_fields(root)
    return _finish(done, found, faults)


def upgrade_solver(root: Node, faults: list[Fault] | None = None) -> list[str]:
    """Make a solver of any age one of today's, and so the nets that are written inside it.

    Args:
        root: the solver's tree, rewritten in place.
        faults: what can't be upgraded is added to it.

    Returns:
        A short line for each kind of upgrade made; empty for a solver of today.

    Raises:
        ConfigError: something can't be upgraded and ``faults`` is None.
    """
    found: list[Fault] = []
    done: list[str] = []
    for child in root.children or ():
        if child.key == "solver_type":
            done += _upgrade_solver_type(root, child, found)
        elif child.key in ("net_param", "train_net_param", "test_net_param"):
            done += upgrade_net(child, found)
    return _finish(done, found, faults)


def _upgrade_solver_type(root: Node, node: Node, faults: list[Fault]) -> list[str]:
    if root.first("type"):
        faults.append(Fault("both 'solver_type' and 'type' are given", node.origin, "'type' is enough"))
        return []
    text = node.text or ""
    known = {name.upper(): name for name in _SOLVER_TYPES}
    by_number = {str(number): name for number, name in enumerate(_SOLVER_TYPES)}
    name = known.get(text) or by_number.get(text)
    if name is None:
        faults.append(
            Fault(f"no solver_type '{text}'", node.value_origin, f"there are {', '.join(known)}; use 'type'")
        )
        return []
    node.key, node.text, node.quoted = "type", name, True
    return ["solver_type to type"]


def _finish(done: list[str], found: list[Fault], faults: list[Fault] | None) -> list[str]:
    if faults is not None:
        faults += found
    elif found:
        raise ConfigError(found)
    return done
