import numpy as np
import pytest

from layerzoo.data.draws import Draws, StreamKey
from layerzoo.data.transform import Batch
from layerzoo.data.transform import batch as batch_module
from layerzoo.seeds import stable_seed


def images(count=2, height=2, width=3):
    return np.arange(count * height * width, dtype=np.uint8).reshape(count, 1, height, width)


def test_sizes_work_for_an_array_and_a_list():
    batch = Batch(images(), np.arange(2))
    assert batch.sizes.tolist() == [[2, 3], [2, 3]]
    batch.images = [np.zeros((1, 4, 5)), np.zeros((1, 6, 7))]
    assert batch.sizes.tolist() == [[4, 5], [6, 7]]


def test_blob_subtracts_the_mean_image_at_the_window():
    mean = np.array([[[0, 1, 2], [3, 4, 5]]], np.float32)
    for windows in ([np.s_[:, 0:1, 1:3]] * 2, [np.s_[:, 0:1, 1:3], np.s_[:, 1:2, 0:2]]):
        batch = Batch(images(), np.arange(2))
        batch.subtract(mean)
        batch.cut(windows)
        batch.flip([0, 1])
        assert batch.blob().tolist() == [[[[0, 0]]], [[[6, 6]]]]


def test_blob_subtracts_values_after_the_flip():
    batch = Batch(images(1), np.arange(1))
    batch.subtract(np.array([[[2]]], np.float32))
    batch.flip([1])
    assert batch.blob().tolist() == [[[[0, -1, -2], [3, 2, 1]]]]


def test_blob_is_computed_once():
    batch = Batch(images(), np.arange(2))
    batch.blob()[:] = 7
    assert (batch.blob() == 7).all()
    batch.subtract(np.full((1, 1, 1), 2, np.float32))
    assert (batch.blob() == 5).all()


def test_blob_is_zero_outside_the_places_on_a_canvas():
    for mean in (np.full((1, 1, 1), 3, np.float32), np.full((1, 3, 4), 3, np.float32)):
        batch = Batch([np.full((1, 2, 2), 5, np.uint8)] * 2, np.arange(2))
        batch.canvas, batch.places = (3, 4), [np.s_[:, 0:2, 0:2], np.s_[:, 1:3, 2:4]]
        batch.subtract(mean)
        for part in batch.parts():
            np.multiply(part, 10, out=part)
        assert batch.blob()[0, 0].tolist() == [[20, 20, 0, 0], [20, 20, 0, 0], [0, 0, 0, 0]]
        assert batch.blob()[1, 0].tolist() == [[0, 0, 0, 0], [0, 0, 20, 20], [0, 0, 20, 20]]


def test_draws_for_depend_on_the_step_not_the_batch():
    batch = Batch(images(4), np.arange(4), key=9)
    mine = batch.draws_for("Mine", 2).below(1 << 30, 0).tolist()
    assert mine != batch.draws_for("Yours", 2).below(1 << 30, 0).tolist()
    later = Batch(images(2), np.arange(2, 4), key=9)
    assert later.draws_for("Mine", 2).below(1 << 30, 0).tolist() == mine[2:]


def test_draws_of_batch_are_the_same_for_all_its_images_in_all_processes():
    whole = Batch(images(6), np.arange(6, 12), StreamKey(9, 6)).draws_of_batch("Mine", 2).all
    assert (whole == whole[0]).all()
    for rank in range(2):
        part = Batch(images(3), np.arange(6 + rank, 12, 2), StreamKey(9, 6)).draws_of_batch("Mine", 2).all
        assert (part == whole[:3]).all()
    assert (Draws(stable_seed(9, "Mine"), np.array([6]), 2).all == whole[:1]).all()


def test_large_images_have_the_mean_of_their_channel_subtracted():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 100, 120, 3), np.uint8).transpose(0, 3, 1, 2)
    for given in (pixels, list(pixels)):
        batch = Batch(given, np.arange(2))
        batch.subtract(np.array([104.5, 117, 123], np.float32)[:, None, None])
        batch.flip([0, 1])
        expected = pixels - np.array([104.5, 117, 123])[:, None, None]
        expected[1] = expected[1, :, :, ::-1]
        assert batch.blob().dtype == np.float32
        assert np.array_equal(batch.blob(), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("values", [[3], [3, 50, 7.5]])
def test_large_images_are_mirrored_and_cut_to_the_same_values_as_small_ones(dtype, values, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 3, 80, 90)).astype(dtype)
    pixels.flags.writeable = False
    blobs = []
    for large in (1, 1 << 30):
        monkeypatch.setattr(batch_module, "_LARGE", large)
        batch = Batch(pixels, np.arange(4))
        batch.subtract(np.array(values, np.float32)[:, None, None])
        batch.cut([np.s_[:, n : n + 71, 3 * n : 3 * n + 77] for n in range(4)])
        batch.flip([1, 0, 1, 0])
        blobs.append(batch.blob())
    expected = pixels[2, :, 2:73, 6:83][:, :, ::-1] - np.array(values, np.float32)[:, None, None]
    assert (blobs[0][2] == expected).all()
    assert (blobs[0] == blobs[1]).all()
    assert blobs[0].flags.c_contiguous
