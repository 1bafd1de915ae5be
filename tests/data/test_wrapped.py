"""A source that passes on the samples of another."""

from __future__ import annotations

import numpy as np

from layerzoo.data.samples import ArraySamples, Kept
from layerzoo.data.wrapped import Wrapped


class Named(ArraySamples):
    closed = 0

    def keep(self, kept: Kept) -> bool:
        return True

    def key_of(self, index: int) -> str:
        return f"key {index}"

    def name(self, index: int) -> str:
        return f"name {index}"

    def close(self) -> None:
        self.closed += 1


def test_wrapped_passes_everything_on() -> None:
    source = Named(np.arange(4), np.array([3, 4, 5, 6]))
    wrapped = Wrapped(source)
    assert (len(wrapped), wrapped.cheap) == (4, True)
    assert [array.tolist() for array in wrapped.read(np.array([2, 0]), np.arange(2), 0)] == [[2, 0], [5, 3]]
    assert (wrapped.key_of(1), wrapped.name(2)) == ("key 1", "name 2")
    labels = wrapped.labels()
    assert labels is not None
    assert labels.tolist() == [3, 4, 5, 6]
    assert wrapped.keep(None)  # type: ignore[arg-type]  # of Named
    rng = np.random.default_rng
    assert wrapped.permutation(rng(3)).tolist() == source.permutation(rng(3)).tolist()
    wrapped.close()
    assert source.closed == 1
