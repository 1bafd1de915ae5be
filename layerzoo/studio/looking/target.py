"""The net that users look at: a run, an entry of the zoo, or a config with weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from layerzoo.errors import UsageError
from layerzoo.studio.index import Index
from layerzoo.studio.security import Roots
from layerzoo.zoo.store import LocalZoo


@dataclass
class Wanted:
    """Which net; one of ``run``, ``zoo`` and ``net``.

    Attributes:
        run: id of a run.
        zoo: address of an entry.
        net: path of a config, whose ``weights`` are files.
    """

    run: str = ""
    zoo: str = ""
    net: str = ""
    weights: list[str] = field(default_factory=list)

    @property
    def is_given(self) -> bool:
        """Whether any is named."""
        return bool(self.run or self.zoo or self.net)


def target_of(wanted: Wanted, index: Index, roots: Roots) -> dict[str, Any]:
    """The net, as the worker takes it.

    Raises:
        UsageError: not exactly one is named, or it does not exist.
        ZooError: there is no such entry.
    """
    if sum(map(bool, (wanted.run, wanted.zoo, wanted.net))) != 1:
        raise UsageError("name one net: run=ID, zoo=NAME, or net=CONFIG with weights=FILE")
    if wanted.run:
        return {"run": index.run(wanted.run).path}
    if wanted.zoo:
        return {"zoo": LocalZoo().get(wanted.zoo).address}
    if not wanted.weights:
        raise UsageError("net=CONFIG needs weights=FILE, too")
    weights = [str(roots.existing(path)) for path in wanted.weights]
    return {"net": str(roots.existing(wanted.net)), "weights": weights}


def flags_of(target: dict[str, Any]) -> list[str]:
    """The flags of commands that name the same net."""
    if "run" in target:
        return ["-run", target["run"]]
    if "zoo" in target:
        return ["-zoo", target["zoo"]]
    return ["-model", target["net"], *(word for path in target["weights"] for word in ("-weights", path))]
