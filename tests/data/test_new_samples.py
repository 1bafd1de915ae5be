"""Samples that a trained net is asked about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.new_samples import NewSamples, NewSource, check_axis
from layerzoo.data.samples import ArraySamples
from layerzoo.errors import DataError


def test_source_is_a_file_or_what_was_typed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    assert NewSource.of(tmp_path / "a.txt").read(3) == b"one"
    assert NewSource("<stdin>", None, b"two").read(3) == b"two"
    with pytest.raises(DataError, match="more than 2 bytes"):
        NewSource("<stdin>", None, b"two").read(2)
    with pytest.raises(DataError, match=r"b\.txt: can't be read: No such file"):
        NewSource.of(tmp_path / "b.txt").read(3)
    with pytest.raises(DataError, match="<stdin>: expected a recording"):
        NewSource("<stdin>").file("a recording")


def test_samples_give_the_arrays_of_the_inputs() -> None:
    inner = ArraySamples(np.arange(3), np.arange(3) + 10, np.arange(3) + 20)
    samples = NewSamples(["a", "b", "c"], inner, [2, 0], ["a note"])
    first, second = samples.read(np.array([1, 2]), np.array([0, 1]), 0)
    assert (len(samples), samples.name(1), samples.notes) == (3, "b", ["a note"])
    assert (first.tolist(), second.tolist()) == ([21, 22], [1, 2])


def test_another_size_than_the_net_takes_is_named() -> None:
    check_axis("tokens", 8, {"data": (1, 8)}, 1)
    with pytest.raises(DataError, match="5 tokens, but the net's input 'data' takes 8"):
        check_axis("tokens", 5, {"data": (1, 8)}, 1)
