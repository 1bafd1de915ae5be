import numpy as np

from layerzoo.data.datasets.digits import Digits, held_out


def test_split_is_fixed():
    train, train_labels = Digits().load("train")
    test, test_labels = Digits().load("test")
    assert train.shape == (1437, 1, 8, 8)
    assert test.shape == (360, 1, 8, 8)
    assert np.bincount(test_labels.astype(int)).tolist() == [36] * 10
    assert np.bincount(train_labels.astype(int)).sum() == 1437
    # a change of the split would invalidate all published figures
    assert test_labels[:12].tolist() == [5, 9, 2, 4, 6, 7, 9, 3, 4, 6, 8, 5]
    assert len(np.unique(np.concatenate([train, test]).reshape(1797, 64), axis=0)) == 1797


def test_held_out_images_are_permuted_class_by_class():
    labels = np.tile(np.arange(10), 40)
    rng = np.random.default_rng(0)
    zeros = rng.permutation(np.arange(0, 400, 10))[:36]
    ones = rng.permutation(np.arange(1, 400, 10))[:36]
    chosen = set(held_out(labels).tolist())
    assert len(chosen) == 360
    assert set(zeros.tolist()) | set(ones.tolist()) < chosen


def test_grey_levels_are_multiples_of_one_sixteenth():
    images, _ = Digits().load("train")
    assert images.dtype == np.float32
    assert set(np.unique(images * 16).tolist()) == set(range(17))
