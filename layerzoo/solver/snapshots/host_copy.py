"""Copies of a run's tensors in host memory, to write while training goes on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import torch
from torch import Tensor

from layerzoo.blobs.named import NamedBlobs
from layerzoo.disk import readable
from layerzoo.errors import LayerzooError
from layerzoo.memory.device import available_memory, is_out_of_memory
from layerzoo.snapshot import Snapshot

_ALIGNMENT: Final = 64
"""Bytes; that of torch's own memory."""
_RESERVE: Final = 64 << 20
"""Bytes of memory that a copy leaves to others."""

Copied = Callable[[Tensor], Tensor]
"""The copy of a tensor."""


class NoRoomError(LayerzooError):
    """There is too little memory for a copy."""


class HostCopy:
    """Copies tensors of any device into memory that is kept from copy to copy: a new copy overwrites it.

    The memory is pinned if the tensors are on a GPU. There the copy is queued behind the work of the current
    stream, and the work that follows waits for it, but this process doesn't: `ready` does.
    """

    def __init__(self) -> None:
        self._memory = torch.empty(0, dtype=torch.uint8)
        self._pinned = False
        self._event: torch.cuda.Event | None = None

    @torch.no_grad()
    def of(self, tensors: Iterable[Tensor]) -> Copied:
        """Copy tensors; one that is given twice is copied once.

        Returns:
            a function that gives the copy of each: contiguous, with a storage of its own.

        Raises:
            NoRoomError: they need more memory than is free.
        """
        found = {_key(tensor): tensor.detach() for tensor in tensors}
        devices = {tensor.device for tensor in found.values() if tensor.is_cuda}
        ends, size = [], 0
        for tensor in found.values():
            size += -(-tensor.nbytes // _ALIGNMENT) * _ALIGNMENT
            ends.append(size)
        self._reserve(size, bool(devices))
        memory, start = self._memory.numpy(), 0
        copies: dict[tuple[object, ...], Tensor] = {}
        for (key, tensor), end in zip(found.items(), ends, strict=True):
            part = torch.from_numpy(memory[start : start + tensor.nbytes])
            target = part.view(tensor.dtype).view(tensor.shape) if tensor.nbytes else tensor.cpu()
            copies[key] = target.copy_(tensor, non_blocking=True)
            start = end
        self._event = None
        for device in devices:  # a run has one
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]  # as torch has it
            self._event.record(torch.cuda.current_stream(device))
        return lambda tensor: copies[_key(tensor)]

    def ready(self) -> None:
        """Wait until the last copy is complete; any thread may call it."""
        if self._event is not None:
            self._event.synchronize()

    def _reserve(self, size: int, pinned: bool) -> None:
        """Allocate memory, unless that of the last copy will do.

        Raises:
            NoRoomError: less is free.
        """
        if len(self._memory) >= size and self._pinned >= pinned:
            return
        self._memory = torch.empty(0, dtype=torch.uint8)  # frees it first
        free = available_memory(torch.device("cpu"))
        if free is not None and free < size + _RESERVE:
            raise NoRoomError(f"a copy needs {readable(size)}, and {readable(free)} are free")
        try:
            self._memory = torch.empty(size, dtype=torch.uint8, pin_memory=pinned)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise NoRoomError(f"a copy needs {readable(size)}, which can't be allocated") from error
        self._pinned = pinned


def copied_snapshot(
    memory: HostCopy, snapshot: Snapshot, diffs: Mapping[str, Sequence[Tensor]] | None = None
) -> tuple[Snapshot, dict[str, NamedBlobs[Tensor]] | None]:
    """A snapshot, and the gradients of its weights if they are given, that training doesn't change.

    Raises:
        NoRoomError: there is too little memory.
    """
    parts = [value for state in snapshot.parts.values() for value in state.values()]
    grouped = (snapshot.weights, snapshot.means, diffs or {})
    tensors = [blob for layers in grouped for blobs in layers.values() for blob in blobs]
    copied = memory.of([*tensors, *snapshot.history, *(value for value in parts if _is_tensor(value))])
    own = replace(
        snapshot,
        weights=_layers(snapshot.weights, copied),
        means=_layers(snapshot.means, copied),
        history=[copied(blob) for blob in snapshot.history],
        parts={
            name: {
                key: copied(value) if _is_tensor(value) else copy.deepcopy(value)
                for key, value in state.items()
            }
            for name, state in snapshot.parts.items()
        },
    )
    return own, None if diffs is None else _layers(diffs, copied)


def _layers(layers: Mapping[str, Sequence[Tensor]], copied: Copied) -> dict[str, NamedBlobs[Tensor]]:
    found = {}
    for key, blobs in layers.items():
        named = blobs if isinstance(blobs, NamedBlobs) else NamedBlobs(blobs)
        found[key] = NamedBlobs(map(copied, blobs), named.names, named.layer, named.place)
    return found


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _key(tensor: Tensor) -> tuple[object, ...]:
    """What tells a tensor's values from those of others, while all of them live."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device
