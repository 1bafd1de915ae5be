"""Compressed gradients: sent in a smaller form when they are averaged over processes, by torch's hooks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from torch import Tensor
from torch.distributed import GradBucket  # type: ignore[attr-defined]  # its exports are not marked
from torch.distributed.algorithms.ddp_comm_hooks import default_hooks
from torch.distributed.algorithms.ddp_comm_hooks.powerSGD_hook import PowerSGDState, powerSGD_hook
from torch.futures import Future

from layerzoo.ranks import Ranks
from layerzoo.schema import DistributedParameter, GradientCompression
from layerzoo.state_fields import COUNT, FINITE, Fields, list_of, whole

log = logging.getLogger("layerzoo")

Hook = Callable[[Any, GradBucket], Future[Tensor]]
"""Averages a bucket of gradients over the processes."""


class Compression:
    """Averages buckets of gradients in a smaller form.

    Args:
        hook: torch's, without a state.
    """

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._is_off = False

    def average(self, bucket: GradBucket) -> Future[Tensor]:
        """Average a bucket; all processes call it for the same buckets in the same order."""
        if self._is_off:
            plain: Hook = default_hooks.allreduce_hook
            return plain(None, bucket)
        return self._compressed(bucket)

    @contextmanager
    def off(self) -> Iterator[None]:
        """A block whose gradients are thrown away: they are sent as they are, and nothing is kept of them."""
        self._is_off = True
        try:
            yield
        finally:
            self._is_off = False

    def forget(self) -> None:
        """Drop what is kept of earlier gradients."""

    def _compressed(self, bucket: GradBucket) -> Future[Tensor]:
        return self._hook(None, bucket)


class PowerSGD(Compression):
    """Averages matrices as products of two thin ones; what these leave out is added to the next gradients.

    What is left out differs between the processes, and is kept as a part of a run's state, with the thin
    matrices that the next iteration begins with.

    Args:
        param: the settings.
        ranks: the processes that train together.
    """

    fields: ClassVar[Fields] = {
        "processes": whole(1, 2**31 - 1),
        "iteration": COUNT,
        "settings": list_of(FINITE),
    }

    def __init__(self, param: DistributedParameter, ranks: Ranks) -> None:
        super().__init__(powerSGD_hook)
        own = param.power_sgd_param
        self._ranks = ranks
        self._settings = [
            own.matrix_approximation_rank,
            own.min_compression_rate,
            param.bucket_mb,
            int(param.static_graph),
        ]
        self._state = PowerSGDState(
            None,
            own.matrix_approximation_rank,
            max(2, own.start_powerSGD_iter),
            own.min_compression_rate,
        )

    def forget(self) -> None:
        """Drop what was left out and the thin matrices; these begin at random again, as the first did."""
        state = self._state
        for kept in (state.error_dict, state.p_memory_dict, state.q_memory_dict):
            kept.clear()
        state.rng = np.random.RandomState(0)

    def state_dict(self) -> dict[str, Any]:
        """Iterations so far; by bucket the thin matrices, and of each process what was left out."""
        state = self._state
        found: dict[str, Any] = {
            "processes": self._ranks.count,
            "iteration": state.iter,
            "settings": self._settings,
        }
        for name, kept in (("p", state.p_memory_dict), ("q", state.q_memory_dict)):
            found |= {f"{name}.{index}": tensor.cpu() for index, tensor in kept.items()}
        errors = self._ranks.gather({index: tensor.cpu() for index, tensor in state.error_dict.items()})
        for rank, own in enumerate(errors):
            found |= {f"rank{rank}.error.{index}": tensor for index, tensor in own.items()}
        return found

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restore the state of this process; with other processes or settings it begins anew."""
        self.forget()
        state = self._state
        state.iter = saved["iteration"]
        before, count = saved["processes"], self._ranks.count
        if before != count or saved["settings"] != self._settings:
            what = f"{before} processes, this run has {count}" if before != count else "other settings"
            log.warning(
                "compression: POWER_SGD had %s: what it left out of the gradients is lost, and the run does "
                "not go on exactly",
                what,
            )
            return
        kept = {
            "p": state.p_memory_dict,
            "q": state.q_memory_dict,
            f"rank{self._ranks.rank}.error": state.error_dict,
        }
        for key, tensor in saved.items():
            name, _, index = key.rpartition(".")
            if name in kept and index.isdecimal() and isinstance(tensor, Tensor):
                kept[name][int(index)] = tensor.clone()

    def _compressed(self, bucket: GradBucket) -> Future[Tensor]:
        buffer = bucket.buffer()
        self._fit(bucket.index(), buffer)
        average = self._hook(self._state, bucket)
        if buffer.device.type == "cpu":
            # gloo runs what follows a call in its few threads, and that makes calls and waits for them: with
            # several buckets on the way it would wait forever, and processes would send in different orders
            average.wait()
        return average

    def _fit(self, index: int, buffer: Tensor) -> None:
        """Bring what was restored of a bucket to its device; drop all if it belongs to another bucket."""
        error = self._state.error_dict.get(index)
        if error is None:
            return
        if error.shape != buffer.shape:
            log.warning("compression: POWER_SGD has other buckets than before: it begins anew")
            self.forget()
        elif error.device != buffer.device:
            state = self._state
            for kept in (state.error_dict, state.p_memory_dict, state.q_memory_dict):
                kept[index] = kept[index].to(buffer.device)


def make_compression(param: DistributedParameter, ranks: Ranks) -> Compression | None:
    """The compression of a config; None for gradients that are sent as they are."""
    if param.compression == GradientCompression.NONE:
        return None
    if param.compression == GradientCompression.POWER_SGD:
        return PowerSGD(param, ranks)
    narrow = param.compression == GradientCompression.BF16
    return Compression(default_hooks.bf16_compress_hook if narrow else default_hooks.fp16_compress_hook)
