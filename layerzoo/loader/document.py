"""A loaded config."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from google.protobuf.message import Message

from layerzoo.errors import Fault
from layerzoo.home import PACKAGE
from layerzoo.nodes import Node
from layerzoo.schema import NetParameter

M = TypeVar("M", bound=Message)


@dataclass
class Document(Generic[M]):
    """A loaded config.

    Attributes:
        message: the bound message; ``message.layer[i]`` is bound from ``root.all("layer")[i]``.
        root: its node tree, after upgrades, overrides and the expansion of blocks.
        path: the file; None for a text. For a net written inside a solver, the solver's.
        warnings: fields that lenient loading dropped.
        notes: a short line for each kind of upgrade.
        nets: for a solver, the loaded nets that it names, by the field that names them (``net``,
            ``train_net``, ``test_net``, ``net_param``, ``train_net_param``, ``test_net_param``).
        includes: the texts of the files whose subnets and constants it uses, by their paths.
        blocks: it has blocks or expressions, which are expanded in ``root`` and ``message``.
    """

    message: M
    root: Node
    path: Path | None = None
    warnings: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nets: dict[str, list[Document[NetParameter]]] = field(default_factory=dict)
    includes: dict[Path, str] = field(default_factory=dict)
    blocks: bool = False

    def sources(self) -> dict[str, str]:
        """The texts of the file and of those that it includes, by their paths below the file's folder.

        A file of the package keeps its path below the package's configs, where it is also searched.
        """
        texts = {self.path.name if self.path is not None else "config": self.root.source.text}
        for path, text in self.includes.items():
            folders = [*([self.path.parent] if self.path is not None else []), PACKAGE / "configs"]
            below = next(
                (path.relative_to(one) for one in folders if path.is_relative_to(one)), Path(path.name)
            )
            texts[below.as_posix()] = text
        return texts
