"""A recorder for the CPU that replays torch's operations, on the memory that they were recorded with.

Like a CUDA graph it runs no Python again: numbers that were read on the host stay what they were, and all
results stay where they are.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from layerzoo.engine.capture.recorder import Action


class _Call(NamedTuple):
    operation: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    made: list[Tensor]


class Tape(TorchDispatchMode):
    """Records operations while it is active.

    Attributes:
        calls: the operations, in order.
        changed: tensors from before the recording that an operation has written to, with their values then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[_Call] = []
        self.changed: dict[int, tuple[Tensor, Tensor]] = {}
        self._own: set[int] = set()
        self._alive: list[Any] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        schema = func._schema
        for place, argument in enumerate(schema.arguments):
            if argument.alias_info is not None and argument.alias_info.is_write:
                value = args[place] if place < len(args) else kwargs.get(argument.name)
                for tensor in tree_leaves(value):
                    self._save(tensor)
        result = func(*args, **kwargs)
        aliases = any(returned.alias_info is not None for returned in schema.returns)
        made = [] if aliases else [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        given = {_address(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        made = [tensor for tensor in made if _address(tensor) not in given]
        self._own.update(map(_address, made))
        self.calls.append(_Call(func, args, kwargs, made))
        self._alive.append(result)  # its memory belongs to the recording
        return result

    def _save(self, tensor: Any) -> None:
        address = _address(tensor) if isinstance(tensor, Tensor) else None
        if address is not None and address not in self._own and address not in self.changed:
            whole = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
            self.changed[address] = whole, whole.clone()

    def undo(self) -> None:
        """Take back what the recorded operations have written."""
        for tensor, value in self.changed.values():
            tensor.copy_(value)

    @torch.no_grad()
    def replay(self) -> None:
        """Run the operations again."""
        with torch._C._AutoDispatchBelowAutograd():
            for operation, args, kwargs, made in self.calls:
                again = operation(*args, **kwargs)
                if made:
                    leaves = [leaf for leaf in tree_leaves(again) if isinstance(leaf, Tensor)]
                    for tensor, value in zip(made, leaves, strict=True):
                        tensor.copy_(value)


class TapeRecorder:
    """Records and replays on the CPU; see `layerzoo.engine.capture.recorder.Recorder`.

    Attributes:
        warmed: number of actions that were run without being recorded.
        recorded: number of recordings.
        replayed: number of replays.
    """

    def __init__(self) -> None:
        self.warmed = self.recorded = self.replayed = 0

    def filling(self, slot: int) -> AbstractContextManager[object]:
        return nullcontext()

    def filled(self) -> None:
        pass

    def launched(self, slot: int) -> None:
        pass

    def wait(self) -> None:
        pass

    def warm_up(self, action: Action) -> None:
        self.warmed += 1
        action()

    def record(self, action: Action) -> Action:
        self.recorded += 1
        tape = Tape()
        with tape:
            action()
        tape.undo()

        def replay() -> None:
            self.replayed += 1
            tape.replay()

        return replay


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
