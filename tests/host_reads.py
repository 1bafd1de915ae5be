"""What a pass does that a GPU would wait for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
import torch._dynamo  # a dispatch mode imports it in its first pass, where torch.Generator is patched
from torch.utils._python_dispatch import TorchDispatchMode


class Watch(TorchDispatchMode):
    """Records operations that make a GPU wait, or that a captured graph must not contain."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if name in {"_local_scalar_dense", "nonzero", "masked_select", "_copy_from", "_pin_memory"}:
            self.found[name] += 1
        if name == "lift_fresh":
            self.found["a tensor of numbers on the host"] += 1
        relaid = kwargs.get("memory_format") not in (None, torch.preserve_format)
        if name == "_to_copy" and kwargs.get("device") is not None and not relaid:
            self.found["a copy to a device"] += 1
        seeded = torch.Tag.nondeterministic_seeded in func.tags and _drops(func, args, kwargs)
        if seeded or kwargs.get("generator") is not None:
            self.found[f"{name} of torch's generator"] += 1
        return func(*args, **kwargs)


def _drops(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a random operation draws numbers: torch's attention doesn't without dropout."""
    for index, argument in enumerate(func._schema.arguments):
        if argument.name == "dropout_p":
            given = args[index] if index < len(args) else kwargs.get("dropout_p", argument.default_value)
            return bool(given)
    return True
