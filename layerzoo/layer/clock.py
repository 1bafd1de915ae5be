"""The position of a net in its run, and the random numbers of layers, which depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch

from layerzoo.errors import ContractError
from layerzoo.functional import random
from layerzoo.seeds import stable_seed
from layerzoo.user_code import where


class Drawing(Protocol):
    """A layer that may draw random numbers: its name, and whether its class declares randomness."""

    name: str
    may_draw: bool


@dataclass
class Clock:
    """The position of a net in its run; determines its random numbers and its position in the data.

    Attributes:
        seed: seed of the run.
        iteration: iteration of the solver.
        batch: number of the forward pass, from 0; with ``iter_size``, one iteration has several.
        passes: the forward passes of the whole run; 0 if it is unknown.
        rank, ranks: this process's number, and the number of processes that train together; each reads its
            share of the data.
        shared_count: turns a count into its share of the sum over all processes (`Ranks.shared_count`),
            during a pass that all of them run; None otherwise.
        joint_sum: the differentiable sum of a tensor over all processes (`layerzoo.ranks.joint_sum`), in a
            pass whose layers normalise by the samples of all of them; None otherwise.
        summed: the losses, by index of the blob, that are sums over samples.
        steps_first: names of layers that draw a number for each element of a blob whose samples are along
            axis 1, behind the steps of sequences.
        running: the layers that run subnets now, outermost first, each with its name and the number of
            its run, from 0.
        rows: the samples that a layer runs a subnet on, and the size of the batch; None for all.
        number: ``batch`` as a tensor on the device, shape (), int64, while ``Net.run`` runs, so that a
            compiled pass can read it; None otherwise.
    """

    seed: int = 0
    iteration: int = 0
    batch: int = 0
    passes: int = 0
    rank: int = 0
    ranks: int = 1
    shared_count: Callable[[torch.Tensor], torch.Tensor] | None = None
    joint_sum: Callable[[torch.Tensor], torch.Tensor] | None = None
    summed: frozenset[int] = frozenset()
    steps_first: frozenset[str] = frozenset()
    running: tuple[tuple[str, int], ...] = ()
    rows: tuple[torch.Tensor, int] | None = None
    number: torch.Tensor | None = None

    @property
    def processes(self) -> int:
        """The processes whose gradients are averaged in this pass: a sum over samples is multiplied by it."""
        return self.ranks if self.shared_count is not None else 1

    def total(self, index: int, value: torch.Tensor) -> torch.Tensor:
        """The loss that a blob adds to those of a net: the sum of its elements.

        A sum over samples counts so many times as there are processes, over which losses are averaged.
        """
        value = value.sum() if value.dim() else value
        return value * self.processes if index in self.summed and self.processes > 1 else value

    def path(self, name: str) -> str:
        """The name of a layer with the numbers of the runs that it is part of: ``decoder/3/gru``."""
        found, end = "", 0
        for outer, run in self.running:
            found, end = f"{found}{name[end : len(outer)]}/{run}", len(outer)
        return found + name[end:]

    def on(self, device: torch.device) -> torch.Tensor:
        """The number of the pass as a tensor of shape () on a device."""
        return torch.full((), self.batch, dtype=torch.int64, device=device)

    def pass_number(self, device: torch.device) -> torch.Tensor:
        """The number of the pass as a tensor of shape (), int64, also while a compiler traces it.

        A layer that reads it declares ``randomness``: its passes differ.
        """
        return self.on(device) if self.number is None else self.number

    def levels(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A random 16-bit number for each element of a blob; int16.

        The numbers depend on the seed, the pass, the layer's name, ``what``, and the index of each sample in
        the batch over all processes.

        Args:
            layer: the layer that draws them.
            what: name of the stream, for a layer that has several.
            shape: shape of the blob, with the samples along axis 0, or 1 for layers of ``steps_first``.
            device: device of the numbers.

        Raises:
            ContractError: the layer's class does not declare randomness.
        """
        stream = self._stream(layer, what, device)
        return self._of_samples(layer, shape, partial(random.levels, *stream))

    def uniform(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A random number in (0, 1] for each element of a blob; float32. Otherwise like `levels`."""
        stream = self._stream(layer, what, device)
        return self._of_samples(layer, shape, partial(random.uniform, *stream))

    def normal(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A normal number of mean 0 and variance 1 for each element of a blob. Otherwise like `uniform`."""
        stream = self._stream(layer, what, device)
        return self._of_samples(layer, shape, partial(random.normal, *stream))

    def gumbel(self, layer: Drawing, what: str, shape: Sequence[int], device: torch.device) -> torch.Tensor:
        """A number of the standard Gumbel distribution for each element. Otherwise like `uniform`."""
        stream = self._stream(layer, what, device)
        return self._of_samples(layer, shape, partial(random.gumbel, *stream))

    def _of_samples(
        self, layer: Drawing, shape: Sequence[int], draw: Callable[[Sequence[int], int, int], torch.Tensor]
    ) -> torch.Tensor:
        """Draw the numbers of a blob: each sample has those that it has in the whole batch."""
        if layer.name in self.steps_first:
            if len(shape) < 2:  # of steps, which are those of all samples
                return draw(shape, 0, 1)
            steps, samples, *others = shape
            return draw((samples, steps, *others), self.rank, self.ranks).transpose(0, 1)
        if self.rows is None or not len(shape) or shape[0] != len(self.rows[0]):
            return draw(shape, self.rank, self.ranks)
        return draw((self.rows[1], *shape[1:]), self.rank, self.ranks).index_select(0, self.rows[0])

    def _stream(self, layer: Drawing, what: str, device: torch.device) -> tuple[int, torch.Tensor]:
        """The key of a stream of random numbers, and the number of the pass.

        Raises:
            ContractError: the layer's class does not declare randomness.
        """
        if not layer.may_draw:
            raise ContractError(
                f"{where(type(layer))}: layer '{layer.name}' draws random numbers, which its class doesn't "
                "say: let randomness(param) return what is random"
            )
        number, name = self.pass_number(device), self.path(layer.name)
        if torch.compiler.is_compiling():
            # imported here: torch's compiler takes as long to import as the rest of torch
            from layerzoo.layer.compiled_seed import constant_seed

            return constant_seed(self.seed, name, what), number
        return stable_seed(self.seed, name, what), number
