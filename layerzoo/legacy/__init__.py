"""Upgrade Caffe's old formats to the current one on the node tree.

No other package depends on the old formats. The tree is rewritten in place, and every node keeps its position
in the text, so later faults point at the lines of the old file.
"""

from __future__ import annotations

from layerzoo.errors import ConfigError, Fault
from layerzoo.legacy import dialects, forks, v0, v1, v2
from layerzoo.nodes import Node

__all__ = ["upgrade_net", "upgrade_solver"]

_SOLVER_TYPES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")


def upgrade_net(root: Node, faults: list[Fault] | None = None) -> list[str]:
    """Upgrade a net of any of Caffe's formats to the current one.

    Args:
        root: the net's tree, rewritten in place.
        faults: receives the faults; None raises them.

    Returns:
        a short line for each kind of upgrade; empty for a net in the current format.

    Raises:
        ConfigError: a part of the net can't be upgraded, and ``faults`` is None.
    """
    collected: list[Fault] = []
    done: list[str] = []
    keys = {child.key for child in root.children or ()}
    if "layers" in keys:
        mixed = root.first("layer")
        if mixed is not None:
            hint = "a net has one format; the current one is 'layer'"
            collected.append(Fault("'layer' in a net that has 'layers'", mixed.origin, hint))
        done += v0.upgrade_layers(root, collected)
        done += v1.upgrade_layers(root, collected)
    done += dialects.decide(root)
    if "input" in keys:
        done += forks.weigh_losses(root)
        done += v2.upgrade_inputs(root, collected)
    done += v2.upgrade_layers(root)
    done += forks.upgrade_fields(root)
    return _finish(done, collected, faults)


def upgrade_solver(root: Node, faults: list[Fault] | None = None) -> list[str]:
    """Upgrade a solver, and the nets that are written inside it, to the current format.

    Args:
        root: the solver's tree, rewritten in place.
        faults: receives the faults; None raises them.

    Returns:
        a short line for each kind of upgrade; empty for a solver in the current format.

    Raises:
        ConfigError: a part of the solver can't be upgraded, and ``faults`` is None.
    """
    collected: list[Fault] = []
    done: list[str] = []
    typed = root.first("type") is not None
    for child in root.children or ():
        if child.key == "solver_type":
            done += _upgrade_solver_type(child, typed, collected)
            typed = typed or child.key == "type"
        elif child.key in ("net_param", "train_net_param", "test_net_param"):
            done += upgrade_net(child, collected)
    return _finish(done, collected, faults)


def _upgrade_solver_type(node: Node, typed: bool, faults: list[Fault]) -> list[str]:
    if typed:
        faults.append(Fault("both 'solver_type' and 'type' are set", node.origin, "remove 'solver_type'"))
        return []
    text = node.text or ""
    known = {name.upper(): name for name in _SOLVER_TYPES}
    by_number = {str(number): name for number, name in enumerate(_SOLVER_TYPES)}
    name = known.get(text) or by_number.get(text)
    if name is None:
        faults.append(
            Fault(
                f"unknown solver_type '{text}'", node.value_origin, f"expected {', '.join(known)}; use 'type'"
            )
        )
        return []
    node.key, node.text, node.quoted = "type", name, True
    return ["solver_type to type"]


def _finish(done: list[str], collected: list[Fault], faults: list[Fault] | None) -> list[str]:
    if faults is not None:
        faults += collected
    elif collected:
        raise ConfigError(collected)
    return done
