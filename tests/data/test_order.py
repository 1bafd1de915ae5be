import numpy as np

from layerzoo.data.order import Order


def shuffled(seed=3, skip=0, size=5):
    return Order(size, lambda rng: rng.permutation(size), seed, "d", skip)


def test_order_of_the_source_wraps_within_a_batch():
    assert Order(3).indices(np.arange(2, 9)).tolist() == [2, 0, 1, 2, 0, 1, 2]


def test_epochs_hold_each_sample_once_in_different_orders():
    epochs = shuffled().indices(np.arange(500)).reshape(100, 5)
    assert (np.sort(epochs) == np.arange(5)).all()
    assert len({tuple(epoch) for epoch in epochs.tolist()}) > 50


def test_indices_support_random_access():
    straight = shuffled().indices(np.arange(40)).tolist()
    order = shuffled()
    for start in (33, 3, 14, 0):
        assert order.indices(np.arange(start, start + 7)).tolist() == straight[start : start + 7]


def test_seed_and_name_change_the_order():
    numbers = np.arange(40)
    first = shuffled().indices(numbers).tolist()
    assert first == shuffled().indices(numbers).tolist()
    assert first != shuffled(seed=4).indices(numbers).tolist()


def test_skip_starts_later_and_wraps():
    assert Order(4, skip=3).indices(np.arange(5)).tolist() == [3, 0, 1, 2, 3]
    straight = shuffled().indices(np.arange(12)).tolist()
    assert shuffled(skip=2).indices(np.arange(10)).tolist() == straight[2:]


def test_batch_larger_than_the_set_spans_epochs():
    assert sorted(shuffled(size=2).indices(np.arange(6)).tolist()) == [0, 0, 0, 1, 1, 1]
