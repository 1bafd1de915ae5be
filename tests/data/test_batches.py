"""Batches by number: samples, numbers in the endless sequence, and what processes report."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.data.batches import Batches, Reading, StreamSettings, order_of
from layerzoo.data.samples import ArraySamples, Samples
from layerzoo.data.skipping import Skipping


def batches(
    source: Samples | None = None,
    plan: Reading = Reading(3, 0),  # noqa: B008 (immutable)
    whole: bool = False,
    rank: int = 0,
    ranks: int = 1,
    balanced: bool = False,
) -> Batches:
    source = source or ArraySamples(np.arange(7, dtype=np.float32), np.array([0, 0, 0, 0, 0, 0, 1]))
    return Batches(source, plan, "data", StreamSettings(1, whole, False, rank, ranks, balanced))


def test_batches_wrap_around() -> None:
    indices, numbers = batches().indices(2)
    assert (indices.tolist(), numbers.tolist()) == ([6, 0, 1], [6, 7, 8])


def test_batches_of_a_whole_pass_end_with_a_partial_one() -> None:
    whole = batches(whole=True)
    assert whole.cycle == 3
    assert [whole.indices(number)[0].tolist() for number in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [whole.after(number) for number in range(3)] == [1, 2, 0]
    assert batches().after(2) == 3


def test_batches_with_an_offset_begin_with_a_later_sample() -> None:
    settings = StreamSettings(1, False, False, 1, 2, False, 5)
    later = Batches(ArraySamples(np.arange(7, dtype=np.float32)), Reading(3, 0), "data", settings)
    indices, numbers = later.indices(1)
    assert (indices.tolist(), numbers.tolist()) == ([5, 0, 2], [12, 14, 16])


@pytest.mark.parametrize(("size", "begin"), [(2, 4), (3, 3), (6, 5)])
def test_batches_of_processes_apart_go_through_parts_of_the_source(size: int, begin: int) -> None:
    """Of 10 samples 5 are the share of each of two: 2 whole batches of 2, or one of 3, or none of 6."""
    source = ArraySamples(np.arange(10, dtype=np.float32))
    first, second = (
        Batches(
            source, Reading(size, 0), "data", StreamSettings(1, False, False, rank, 2, False, 3, apart=True)
        )
        for rank in range(2)
    )
    steps = np.arange(size) + size + 3
    assert first.indices(1)[0].tolist() == (steps % 10).tolist()
    assert second.indices(1)[0].tolist() == ((steps + begin) % 10).tolist()
    numbers = np.stack([first.indices(1)[1], second.indices(1)[1]], 1).ravel()
    assert numbers.tolist() == list(range(2 * (size + 3), 2 * (2 * size + 3)))


def test_batches_of_a_step_follow_each_other() -> None:
    source = ArraySamples(np.arange(7, dtype=np.float32), np.zeros(7, np.int64))
    whole, endless = (
        Batches(source, Reading(1, 0), "data", StreamSettings(1, cycle, False, 0, 1, step=3))
        for cycle in (True, False)
    )
    assert [whole.after(number) for number in range(7)] == [3, 4, 5, 6, 1, 2, 0]
    assert endless.after(5) == 8


@pytest.mark.parametrize("plan", [Reading(2, 0), Reading(2, 0, shuffle=True)])
def test_batches_of_ranks_make_up_one_sequence(plan: Reading) -> None:
    shares = [batches(plan=plan, rank=rank, ranks=3).indices(4) for rank in range(3)]
    expected = batches(plan=Reading(6, 0, plan.shuffle)).indices(4)
    for each, alone in zip(zip(*shares, strict=True), expected, strict=True):
        assert np.stack(each, 1).ravel().tolist() == alone.tolist()


def test_batches_of_balanced_epochs_read_each_class_as_often() -> None:
    labels = batches(plan=Reading(7, 0), balanced=True).get(0)[1]
    assert sorted([int((labels == 0).sum()), int((labels == 1).sum())]) == [3, 4]


def test_rand_skip_begins_at_one_of_the_first_samples() -> None:
    firsts = {
        int(Batches(ArraySamples(np.arange(50)), Reading(1, 0, rand_skip=4), "data", each).indices(0)[0][0])
        for each in (StreamSettings(seed, False, False, 0, 1) for seed in range(60))
    }
    assert firsts == {0, 1, 2, 3}


@pytest.mark.parametrize("plan", [Reading(7, 0, True), Reading(7, 0), Reading(7, 0, rand_skip=5)])
@pytest.mark.parametrize("balanced", [False, True])
def test_order_of_a_layer_is_that_of_its_batches(plan: Reading, balanced: bool) -> None:
    each = batches(plan=plan, balanced=balanced)
    order = order_of(each.source, plan, "data", 1, balanced)
    for number in range(3):
        indices, numbers = each.indices(number)
        assert order.indices(numbers).tolist() == indices.tolist()


def test_blobs_that_are_copied_have_memory_of_their_own() -> None:
    array = np.ones(3, np.float32)
    (blob,) = batches().copied([array])
    array[0] = 5
    assert torch.equal(blob, torch.ones(3))


def test_skipped_samples_are_reported_once() -> None:
    skipping = Skipping(ArraySamples(np.arange(7)), 3, "data")
    skipping.quiet = True
    both = batches(skipping)
    both.add_skipped({2: "damaged"})
    assert both.newly_skipped() == {2: "damaged"}
    skipping.add_skipped({4: "damaged too"})
    assert (both.newly_skipped(), both.newly_skipped()) == ({4: "damaged too"}, {})
    assert batches().newly_skipped() == {}


def test_a_process_does_not_report_what_was_skipped_before_it_began() -> None:
    skipping = Skipping(ArraySamples(np.arange(7)), 3, "data")
    skipping.add_skipped({2: "damaged"})
    both = batches(skipping)
    both.enter(0)
    assert (skipping.quiet, both.newly_skipped()) == (True, {})


def test_messages_name_the_first_sample_of_a_batch() -> None:
    assert batches().describe(1) == "batch 1, which begins with sample 3"
