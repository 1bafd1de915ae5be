"""The paths that may follow ``-set`` in an incomplete command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from layerzoo.nodes import Node

_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[([^\]]*)\])?\.")
_NETS = ("net", "train_net", "test_net")


class Candidate(NamedTuple):
    """A path, as far as it can be completed, with the meaning of its last field."""

    path: str
    help: str


def override_paths(incomplete: str, solver: str | None, model: str | None) -> list[Candidate]:
    """The paths that begin with a text: one more field, or the name of a layer.

    A field that has fields is followed by ``.``, a layer by ``[``, and a scalar by ``=``.

    Args:
        incomplete: the text.
        solver, model: the files that the command line names; layers are taken from them.
    """
    from layerzoo.schema import NetParameter, SolverParameter, fields

    message: Any = NetParameter if solver is None else SolverParameter
    at = 0
    while step := _STEP.match(incomplete, at):
        if at == 0 and step[1] in _NETS:
            message = NetParameter
        else:
            field = fields(message).get(step[1])
            if field is None or field.message is None:
                return []
            message = field.message
        at = step.end()
        if step[1] == "let":
            names = _constants(solver, model)
            begun = incomplete[at:]
            return [Candidate(f"{incomplete[:at]}{name}=", "") for name in names if name.startswith(begun)]
    done, rest = incomplete[:at], incomplete[at:]
    key, bracket, begun = rest.partition("[")
    if bracket:
        names = _layer_names(solver, model) if key == "layer" else []
        return [Candidate(f"{done}layer[{name}]", "") for name in names if name.startswith(begun)]
    found = []
    for name, field in fields(message).items():
        if name.startswith(rest) and not field.deprecated:
            of_net = message is SolverParameter and name in _NETS
            ending = "[" if name == "layer" else "." if field.message is not None or of_net else "="
            found.append(Candidate(f"{done}{name}{ending}", " ".join(field.comment.split())))
    return found


def _layer_names(solver: str | None, model: str | None) -> list[str]:
    """The names of the layers of a net, or of the nets of a solver, without those that contain blanks."""
    roots = _nets(solver, model)
    texts = [node.text for root in roots for layer in root.all("layer") for node in layer.all("name")]
    return list(dict.fromkeys(text for text in texts if text and not re.search(r"\s", text)))


def _constants(solver: str | None, model: str | None) -> list[str]:
    """The names of the constants of a net, or of the nets of a solver."""
    lets = [let for root in _nets(solver, model) for let in root.all("let")]
    return list(dict.fromkeys(node.key for let in lets for node in let.children or ()))


def _nets(solver: str | None, model: str | None) -> list[Node]:
    """The trees of a net, or of the nets of a solver."""
    from layerzoo.loader import find_config

    roots: list[Node] = []
    if model is not None:
        roots.append(_tree(find_config(model)))
    elif solver is not None:
        file = find_config(solver)
        root = _tree(file)
        named = [node.text for key in _NETS for node in root.all(key) if node.text]
        roots += [_tree(find_config(name, file.parent)) for name in named]
        roots += [node for key in _NETS for node in root.all(f"{key}_param")]
    return roots


def _tree(path: Path) -> Node:
    from layerzoo.loader.files import read_source
    from layerzoo.loader.read_tree import read_tree

    return read_tree(read_source(path), None, path, [])
