"""The seed of random numbers in a compiled pass; importing this module imports torch's compiler."""

from __future__ import annotations

from collections.abc import Callable

import torch

from layerzoo.seeds import stable_seed

constant_seed: Callable[..., int] = torch.compiler.assume_constant_result(stable_seed)  # type: ignore[no-untyped-call]
"""`stable_seed`, whose result the compiler takes for a constant: it calls it while tracing."""
