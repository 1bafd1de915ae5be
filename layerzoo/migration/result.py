"""The result of a migration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerzoo.migration.formats import Outcome
from layerzoo.weights import LoadReport


@dataclass
class Migration:
    """What became of a net.

    Attributes:
        net: the config file.
        weights: the weights file; None if there was none.
        name: name of the net's files.
        params: number of learnable params.
        drawn: number of param blobs that were drawn because neither weights nor a filler gives their values.
        fitted: number of layers whose params were fitted to the inputs because there are no weights.
        inputs, outputs: shapes by blob.
        upgrades: what was upgraded in the config.
        warnings: what the config is warned of.
        loaded: the report of the weights.
        outcomes: what became of each format.
        opencv: what OpenCV computes with the files, a line for each format that it reads.
        facts: class names and preprocessing, as far as they are known.
    """

    net: Path
    weights: Path | None
    name: str
    params: int = 0
    drawn: int = 0
    fitted: int = 0
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    outputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    upgrades: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    loaded: LoadReport | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    opencv: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every format was written."""
        return all(not outcome.why for outcome in self.outcomes)
