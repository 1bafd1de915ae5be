"""The blobs of a net's last pass, for inspection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from weakref import ref

from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph


class LastPass:
    """The blobs that the last pass of a net computed.

    Values are kept until the next pass begins. Losses and outputs are kept with their autograd graph, so that
    gradients can be computed from them; other blobs without it, except while something else references them.
    They are not copied or pickled with the net.

    Attributes:
        rest: computes the blobs that a pass didn't keep, for the index of one of them; None if there are
            none.
    """

    def __init__(self) -> None:
        self._values: dict[int, Tensor] = {}
        self._alive: dict[int, ref[Tensor]] = {}
        self._partial = False
        self.rest: Callable[[int], Sequence[Tensor | None]] | None = None

    def forget(self) -> None:
        """Drop all tensors."""
        self._values.clear()
        self._alive.clear()
        self._partial = False
        self.rest = None

    def keep(
        self,
        values: Sequence[Tensor | None],
        ends: frozenset[int],
        rest: Callable[[int], Sequence[Tensor | None]] | None = None,
    ) -> None:
        """Keep the blobs of a pass.

        Args:
            values: by index of the blob version; None if it was not computed.
            ends: indices of the losses and outputs.
            rest: computes all blobs if one is asked for that was not kept.
        """
        self.rest = rest
        made = {index: value for index, value in enumerate(values) if value is not None}
        inner = {i: value for i, value in made.items() if value.requires_grad and i not in ends}
        if not (inner or self._alive):  # as in passes without gradients
            self._values |= made
            return
        before = {index: alive for index, alive in self._alive.items() if index not in made}
        self._alive = before | {index: ref(value) for index, value in inner.items()}
        self._values |= made
        self._values |= {index: value.detach() for index, value in inner.items()}

    def keep_outputs(self, values: Mapping[int, Tensor]) -> None:
        """Keep the outputs and losses of a training or test step, without their autograd graph."""
        self.forget()
        self._partial = True
        self._values.update((index, value.detach()) for index, value in values.items())

    def find(self, index: int) -> Tensor | None:
        """A blob version; None if it was not kept."""
        alive = self._alive[index]() if index in self._alive else None
        if alive is None:
            return self._values.get(index)
        # as in TensorWeakRef of torch.utils.weak, whose construction for each blob is slow
        alive._fix_weakref()  # type: ignore[attr-defined]
        return alive

    def get(self, graph: Graph, index: int) -> Tensor:
        """A blob version.

        Raises:
            UsageError: it was not kept; the message says why, and how to get it.
        """
        value = self.find(index)
        if value is None and self.rest is not None:
            found = self.rest(index)
            self.keep([None if i in self._values else value for i, value in enumerate(found)], frozenset())
            value = self.find(index)
        if value is not None:
            return value
        blob = graph.blobs[index]
        if not self._values:
            raise UsageError(f"blob '{blob.name}' is empty: no forward pass has been run")
        maker = graph.layers[blob.producer].name
        why = (
            "a training or test step keeps only outputs and losses"
            if self._partial
            else "the last pass did not compute it"
        )
        fix = f"run net.forward(end='{maker}'), or the whole net with net()"
        raise UsageError(f"blob '{blob.name}' is missing ({why}); {fix}")

    def __deepcopy__(self, memo: dict[int, Any]) -> LastPass:
        return LastPass()

    def __reduce__(self) -> tuple[type[LastPass], tuple[()]]:
        return LastPass, ()


class Blobs(Mapping[str, Tensor]):
    """The last version of each blob, by name.

    Args:
        graph: the net's graph.
        last: its last pass.
    """

    def __init__(self, graph: Graph, last: LastPass) -> None:
        self._graph = graph
        self._last = last

    def __getitem__(self, name: str) -> Tensor:
        blob = self._graph.last.get(name)
        if blob is None:
            raise KeyError(f"no blob '{name}'; the net has {', '.join(self._graph.last)}")
        return self._last.get(self._graph, blob.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._graph.last)

    def __len__(self) -> int:
        return len(self._graph.last)
