"""Splits by a stable hash, the first samples, and classes that are read equally often."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from layerzoo.data.samples import ArraySamples, Samples
from layerzoo.data.selection import balanced_epoch, balanced_order, part_to_read, select, split_of
from layerzoo.data.switches import Switches
from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter, ReadingParameter

TRAIN, VAL, TEST = ReadingParameter.TRAIN, ReadingParameter.VAL, ReadingParameter.TEST


def numbered(count: int, *labels: int) -> ArraySamples:
    return ArraySamples(np.arange(count, dtype=np.float32), np.array(labels or [0] * count, np.float32))


def values(samples: Samples) -> list[float]:
    every = np.arange(len(samples))
    return [float(value) for value in samples.read(every, every, 0)[0]]


def test_select_returns_the_source_itself_where_all_is_read() -> None:
    source = numbered(5)
    assert select(source, Switches()) is source
    assert select(source, Switches(limit=5)) is source


def test_limit_takes_the_first_samples() -> None:
    part = select(numbered(5, 3, 1, 4, 1, 5), Switches(limit=3))
    assert (len(part), values(part), part.key_of(2)) == (3, [0, 1, 2], "2")
    labels = part.labels()
    assert labels is not None
    assert labels.tolist() == [3, 1, 4]


def test_splits_are_disjoint_and_complete() -> None:
    parts = [select(numbered(1000), Switches(split=split, shares=(0.2, 0.1))) for split in (TRAIN, VAL, TEST)]
    read = [set(values(part)) for part in parts]
    assert set.union(*read) == set(range(1000))
    assert sum(map(len, read)) == 1000
    # 700, 200 and 100 expected; 60 is 4 standard deviations of the largest
    assert all(abs(len(part) - count) < 60 for part, count in zip(read, (700, 200, 100), strict=True))


def test_split_depends_on_the_key_alone() -> None:
    few, many = (select(numbered(count), Switches(split=VAL, shares=(0.3, 0.3))) for count in (50, 500))
    assert values(few) == [value for value in values(many) if value < 50]
    # blake2b of "cat/1.jpg" to 8 bytes, little-endian, is 0.8203 of 2^64 (b2sum -l 64)
    place = 0.8203
    assert split_of("cat/1.jpg", 0, place - 0.001) == TRAIN
    assert split_of("cat/1.jpg", 0, place + 0.001) == TEST
    assert split_of("cat/1.jpg", 0.002, place - 0.001) == VAL


def test_another_val_share_moves_no_sample_into_test() -> None:
    tests = [select(numbered(300), Switches(split=TEST, shares=(share, 0.2))) for share in (0.0, 0.5)]
    assert values(tests[0]) == values(tests[1])


def test_limit_counts_within_the_split() -> None:
    whole = select(numbered(100), Switches(split=VAL, shares=(0.5, 0)))
    assert values(select(numbered(100), Switches(split=VAL, shares=(0.5, 0), limit=7))) == values(whole)[:7]


def test_an_empty_split_is_a_fault_with_its_field() -> None:
    with pytest.raises(LayerFault, match="split VAL has none of the 3 samples") as caught:
        select(numbered(3), Switches(split=VAL, shares=(0.0, 0.1)))
    assert caught.value.field == "reading_param.split"


def test_permutation_of_a_part_keeps_the_order_that_the_source_draws() -> None:
    source = numbered(20)
    part = select(source, Switches(limit=8))
    drawn = source.permutation(np.random.default_rng(4))
    assert part.permutation(np.random.default_rng(4)).tolist() == [index for index in drawn if index < 8]


def test_balanced_epoch_reads_each_class_equally_often() -> None:
    members = [np.arange(90), np.arange(90, 98), np.array([98, 99])]
    drawn = balanced_epoch(members, np.random.default_rng(1))
    counts = Counter("a" if index < 90 else "b" if index < 98 else "c" for index in drawn.tolist())
    assert len(drawn) == 100
    assert sorted(counts.values()) == [33, 33, 34]
    times = Counter(drawn.tolist())
    assert {times[index] for index in range(90)} == {0, 1}
    assert {times[index] for index in range(90, 98)} <= {4, 5}
    assert {times[index] for index in (98, 99)} <= {16, 17}


def test_balanced_order_is_a_function_of_the_generator() -> None:
    draw = balanced_order(numbered(6, 7, 7, 7, 7, -1, 7))
    first, again, other = (draw(np.random.default_rng(seed)).tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert sum(index == 4 for index in first) == 3


def test_balanced_order_needs_labels() -> None:
    with pytest.raises(LayerFault, match="BALANCED needs labels") as caught:
        balanced_order(ArraySamples(np.zeros(3)))
    assert caught.value.field == "reading_param.sampler"


def test_part_to_read_is_that_of_split_or_of_the_phase() -> None:
    for has_val in (True, False):
        assert part_to_read(LayerParameter(phase="TRAIN"), has_val) == "train"
        param = LayerParameter(phase="TRAIN", reading_param={"split": "TEST"})
        assert part_to_read(param, has_val) == "test"
    assert part_to_read(LayerParameter(phase="TEST"), True) == "val"
    assert part_to_read(LayerParameter(phase="TEST"), False) == "test"
    assert part_to_read(LayerParameter(phase="TEST", reading_param={"split": "VAL"}), False) == "val"
