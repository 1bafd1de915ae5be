"""What tests that need a GPU have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
import torch

T = TypeVar("T", bound=Callable[..., object])


def on_a_gpu(test: T) -> T:
    """Mark a test that needs a GPU; it is skipped without one."""
    skip = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    marked: T = pytest.mark.gpu(skip(test))
    return marked


@contextmanager
def full_precision() -> Iterator[None]:
    """Products of FP32 numbers in FP32, as a solver sets them unless it asks for TF32."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = False
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
