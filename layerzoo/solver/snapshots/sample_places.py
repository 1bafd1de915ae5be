"""The places of a run's data layers in their samples, so that other processes or batches can go on there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from layerzoo.data import DataLayer
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from layerzoo.solver.train_state import TrainState
from layerzoo.state_fields import COUNT, FLAG, Fields, if_present, mapping_of, whole

log = logging.getLogger("layerzoo")


class SamplePlaces:
    """How many samples each data layer of the nets that train has read, in all processes together.

    A run that is resumed by another number of processes, or with other batches, goes on with the next sample.

    Args:
        nets: the nets that train: of updates with stages, several. None where each iteration reads all data.
        train: the progress of the run.
        passes: batches of an iteration.
        ranks: the processes that train together.
        moved: called when a snapshot's samples are not those of its iterations with today's batches.
    """

    fields: ClassVar[Fields] = {
        "processes": whole(1, 2**31 - 1),
        "samples": if_present(mapping_of(COUNT)),
        "batches": if_present(mapping_of(COUNT)),
        "apart": if_present(FLAG),
    }

    def __init__(
        self,
        nets: Sequence[Net],
        train: TrainState,
        passes: int,
        ranks: Ranks,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self._train, self._passes, self._ranks, self._moved = train, passes, ranks, moved
        self._layers: dict[str, DataLayer] = {}
        for index, net in enumerate(nets):
            for layer in net.data_layers:
                if isinstance(layer, DataLayer) and layer.distributed:
                    self._layers[f"{index}/{layer.name}" if index else layer.name] = layer

    def state_dict(self) -> dict[str, Any]:
        """The samples read by each layer, and those of a batch, of all processes together."""
        read = self._batches
        return {
            "processes": self._ranks.count,
            "samples": {name: each.offset + read * each.batch_of_all for name, each in self._layers.items()},
            "batches": {name: each.batch_of_all for name, each in self._layers.items()},
            "apart": self._apart,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the next samples; without their numbers each process read batches as large as now."""
        before = state["processes"]
        known = "samples" in state and "batches" in state
        sizes = {
            name: layer.batch_size * (1 if layer.apart else before) for name, layer in self._layers.items()
        }
        sizes = state["batches"] if known else sizes
        samples = state["samples"] if known else {name: size * self._batches for name, size in sizes.items()}
        for name, layer in self._layers.items():
            now = self._batches * layer.batch_of_all
            layer.offset = samples.get(name, now) - now
        changed = [(n, sizes[n]) for n, layer in self._layers.items() if sizes.get(n) != layer.batch_of_all]
        apart = self._apart or state.get("apart", False)
        self._say(before, [pair for pair in changed if pair[0] in sizes], known, apart)
        if any(layer.offset for layer in self._layers.values()):
            self._moved()

    @property
    def _batches(self) -> int:
        """Batches that each layer has read so far."""
        return self._train.iteration * self._passes

    @property
    def _apart(self) -> bool:
        """Whether processes read parts of the data of their own."""
        return any(layer.apart for layer in self._layers.values())

    def _say(self, before: int, changed: Sequence[tuple[str, int]], known: bool, apart: bool) -> None:
        """Warn of what differs from an uninterrupted run."""
        now = self._ranks.count
        if before != now:
            how = "it goes on with the next samples, and results differ by rounding"
            if apart:
                how = "the first one goes on in its part of the data, the others elsewhere"
            elif changed:
                how = "it goes on with the next samples"
            elif not self._layers:
                how = "no layer says which samples come next"
            log.warning("The snapshot was taken with %d processes, this run has %d: %s", before, now, how)
        for name, size in changed[:1]:
            log.warning(
                "Layer '%s': a batch of all processes had %d samples before the snapshot and has %d now; "
                "the learning rate and max_iter count iterations as if it had always been so, and max_epoch "
                "counts samples",
                name,
                size,
                self._layers[name].batch_of_all,
            )
        if not known and before != now and self._layers:
            log.warning(
                "The snapshot is from a version of Layerzoo that didn't count samples: it is taken for one "
                "whose processes read batch_size samples each, as they do now"
            )
