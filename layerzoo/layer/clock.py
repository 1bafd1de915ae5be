"""Where a net is in its run, and the random numbers of its layers, which follow from that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from layerzoo.errors import ContractError
from layerzoo.functional import random
from layerzoo.seeds import stable_seed
from layerzoo.user_code import where

_key: Callable[..., int] = torch.compiler.assume_constant_result(stable_seed)  # type: ignore[no-untyped-call]
"""`stable_seed`, which a compiler calls as it traces."""


class Drawing(Protocol):
    """A layer: its name, and whether its class says that it is random."""

    name: str
    may_draw: bool


@dataclass
class Clock:
    """Where a net is in its run; the one source of its random numbers and of its place in the data.

    Attributes:
        seed: of the run.
        iteration: of the solver.
        batch: number of the forward pass, from 0; with ``iter_size`` several belong to one iteration.
        rank, ranks: of how many processes that train together this is which; each has its share of the data.
        shared_count: turns a count into its share of the sum over all processes (`Ranks.shared_count`), in a
            pass that all of them make; None in any other.
        number: ``batch`` as a tensor on the device, shape (), int64, while ``Net.run`` runs; a compiled pass
            reads it there. Outside of it None.
    """

    seed: int = 0
    iteration: int = 0
    batch: int = 0
    rank: int = 0
    ranks: int = 1
    shared_count: Callable[[torch.Tensor], torch.Tensor] | None = None
    number: torch.Tensor | None = None

    def on(self, device: torch.device) -> torch.Tensor:
        """The number of the pass as a tensor on a device."""
        return torch.full((), self.batch, dtype=torch.int64, device=device)

    def levels(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A random 16-bit number for each element of a blob; int16.

        They follow from the seed, the pass, the layer's name, ``what`` and each sample's place in the batch
        of all processes.

        Args:
            layer: whose they are.
            what: names the stream where the layer has several.
            shape: of the blob, with the samples along axis 0.
            device: of the numbers.

        Raises:
            ContractError: the layer's class doesn't say that it is random.
        """
        stream = self._stream(layer, what, device)
        return random.levels(*stream, shape, self.rank, self.ranks)

    def uniform(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A random number in (0, 1] for each element of a blob; float32. As `levels` otherwise."""
        stream = self._stream(layer, what, device)
        return random.uniform(*stream, shape, self.rank, self.ranks)

    def _stream(self, layer: Drawing, what: str, device: torch.device) -> tuple[int, torch.Tensor]:
        """The key of a stream of random numbers, and the number of the pass."""
        if not layer.may_draw:
            raise ContractError(
                f"{where(type(layer))}: layer '{layer.name}' draws random numbers, which its class doesn't "
                "say: let randomness(param) return what is random"
            )
        number = self.on(device) if self.number is None else self.number
        return _key(self.seed, layer.name, what), number
