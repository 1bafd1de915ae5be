import numpy as np

from layerzoo.data.draws import Draws, StreamKey, batch_starts, other_stream
from layerzoo.seeds import stable_seed


def test_draws_of_a_sample_do_not_depend_on_the_batch():
    whole = Draws(7, np.arange(10), 3).below(1000, 1)
    part = Draws(7, np.arange(4, 6), 3).below(1000, 1)
    assert part.tolist() == whole[4:6].tolist()
    assert whole.tolist() != Draws(8, np.arange(10), 3).below(1000, 1).tolist()


def test_draws_start_with_the_output_of_splitmix64():
    # the generator's published first output for seed 1234567 is 6457827717110365317
    assert Draws(1234567, np.arange(1), 1).below(2**31, 0).tolist() == [6457827717110365317 >> 33]


def test_below_is_uniform():
    counts = np.bincount(Draws(1, np.arange(60_000), 2).below(6, 0), minlength=6)
    assert counts.size == 6
    assert abs(counts - 10_000).max() < 400  # 4 standard deviations are 365
    assert set(Draws(1, np.arange(50), 2).below(1, 1).tolist()) == {0}


def test_below_accepts_a_bound_per_sample():
    bounds = np.array([1, 2, 1000, 1])
    drawn = Draws(3, np.arange(4), 1).below(bounds, 0)
    assert (drawn < bounds).all()
    assert drawn[[0, 3]].tolist() == [0, 0]


def test_draws_of_all_samples_are_different_numbers():
    draws = Draws(7, np.arange(50), 3)
    assert len({number for which in range(3) for number in draws.below(2**31 - 1, which).tolist()}) == 150


def test_batch_starts_are_the_same_in_all_processes():
    # a batch of 6 that two processes share
    key = StreamKey(9, 6)
    assert key == 9
    assert batch_starts(key, np.array([6, 8, 10])).tolist() == [6] * 3
    assert batch_starts(key, np.array([7, 9, 11])).tolist() == [6] * 3
    assert batch_starts(key, np.arange(4, 8)).tolist() == [0, 0, 6, 6]
    assert batch_starts(9, np.arange(4, 8)).tolist() == [4] * 4


def test_other_stream_draws_the_same_for_whole_batches():
    other = other_stream(StreamKey(9, 6), "partner")
    assert isinstance(other, StreamKey)
    assert (other, other.batch_size, other.batch_key) == (stable_seed(9, "partner"), 6, 9)
    assert other_stream(other, "x").batch_key == 9
    assert type(other_stream(9, "partner")) is int
    assert other_stream(9, "partner") == stable_seed(9, "partner")


def test_batch_starts_are_counted_from_the_first_sample_of_a_batch():
    # batches of 6 that begin at sample 10, and those before it
    key = other_stream(StreamKey(9, 6, first=10), "other")
    assert batch_starts(key, np.array([3, 4, 9, 10, 15, 16])).tolist() == [-2, 4, 4, 10, 10, 16]
