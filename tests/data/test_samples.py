"""Samples in memory, and the defaults of the base class."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.audio_files import AudioFiles
from layerzoo.data.hugging_face import HuggingFaceSamples
from layerzoo.data.image_files import ImageFiles
from layerzoo.data.samples import ArraySamples, Samples
from layerzoo.data.sequences import PaddedSequences
from layerzoo.data.table_rows import TableSamples
from layerzoo.data.tar_shards import TarSamples
from layerzoo.data.texts import Lines


@pytest.fixture
def samples() -> ArraySamples:
    return ArraySamples(np.arange(6).reshape(3, 2), np.array([7, 8, 9]))


def test_array_samples_read_rows_as_copies(samples: ArraySamples) -> None:
    assert len(samples) == 3
    assert samples.cheap
    data, labels = samples.read(np.array([2, 0]), np.array([0, 1]), 0)
    assert data.tolist() == [[4, 5], [0, 1]]
    assert labels.tolist() == [9, 7]
    data[:] = -1
    assert samples.arrays[0].tolist() == [[0, 1], [2, 3], [4, 5]]


def test_permutation_holds_each_index_once(samples: ArraySamples) -> None:
    orders = {tuple(samples.permutation(np.random.default_rng(seed)).tolist()) for seed in range(40)}
    assert len(orders) == 6, "every order of 3 samples is possible"
    assert all(sorted(order) == [0, 1, 2] for order in orders)


def test_permutation_is_that_of_the_generator(samples: ArraySamples) -> None:
    expected = np.random.default_rng(5).permutation(3)
    assert (samples.permutation(np.random.default_rng(5)) == expected).all()


def test_samples_are_abstract_and_not_cheap() -> None:
    assert not Samples.cheap
    with pytest.raises(TypeError, match="abstract"):
        Samples()  # type: ignore[abstract]


def test_key_name_and_labels_have_defaults(samples: ArraySamples) -> None:
    assert (samples.key_of(4), samples.name(4)) == ("4", "sample 4")
    assert ArraySamples(np.zeros(2)).labels() is None


def test_labels_are_the_second_array_if_it_holds_whole_numbers(samples: ArraySamples) -> None:
    labels = samples.labels()
    assert labels is not None
    assert (labels.tolist(), labels.dtype) == ([7, 8, 9], np.int64)
    assert ArraySamples(np.zeros(2), np.array([0.5, 1])).labels() is None
    assert ArraySamples(np.zeros(2), np.zeros((2, 3))).labels() is None


@pytest.mark.parametrize(
    "kind", [AudioFiles, HuggingFaceSamples, ImageFiles, Lines, PaddedSequences, TableSamples, TarSamples]
)
def test_sources_with_labels_in_memory_say_so(kind: type[Samples]) -> None:
    assert kind.labels_are_known
