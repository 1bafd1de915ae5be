from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.host import Blob, BlobVec


def test_views_write_through_and_show_later_values() -> None:
    blob = Blob((2, 2))
    view = blob.data
    view[0, 1] = 5
    assert blob.values.tensor()[0, 1] == 5
    blob.put(torch.tensor([[1.0, 2], [3, 4]]))
    assert view.tolist() == [[1, 2], [3, 4]]
    assert blob.data.dtype == np.float32


def test_a_result_is_taken_by_reference_until_someone_looks() -> None:
    blob = Blob((2,))
    value = torch.ones(2)
    blob.put(value)
    assert blob.values.tensor() is value
    blob.data[0] = 7
    assert value[0] == 7
    blob.put(torch.zeros(2))
    assert value.tolist() == [0, 0]  # the memory stays


def test_memory_of_others_is_never_written_to() -> None:
    batch = torch.ones(2)
    blob = Blob((2,))
    blob.put(batch, own=False)
    blob.data[...] = 3
    assert batch.tolist() == [1, 1]


def test_reshape_takes_numbers_alone() -> None:
    blob = Blob((2,))
    with pytest.raises(RuntimeError, match=r"Blob\.reshape takes no kwargs"):
        blob.reshape(num=2)
    blob.reshape()
    assert (blob.shape, blob.count) == ((), 1)


def test_reshape_keeps_memory_that_is_large_enough() -> None:
    blob = Blob((2, 3))
    view = blob.data
    blob.reshape(3, 1)
    blob.data[...] = 4
    assert blob.shape == (3, 1)
    assert view.flatten().tolist() == [4, 4, 4, 0, 0, 0]
    blob.reshape(4, 4)
    assert blob.data.sum() == 0


def test_legacy_axes() -> None:
    blob = Blob((5, 3))
    assert (blob.num, blob.channels, blob.height, blob.width, blob.count) == (5, 3, 1, 1, 15)
    with pytest.raises(RuntimeError, match="no num"):
        _ = Blob((1, 1, 1, 1, 1)).num


def test_a_scalar_is_an_array_without_axes() -> None:
    blob = Blob()
    blob.data[()] = 2
    assert blob.data.shape == ()
    assert blob.count == 1
    assert blob.data == 2


def test_of_a_param() -> None:
    param = nn.Parameter(torch.ones(3))
    blob = Blob.of(lambda: param)
    blob.data[1] = 4
    blob.diff[...] = 2
    assert param.tolist() == [1, 4, 1]
    assert param.grad is not None
    assert param.grad.tolist() == [2, 2, 2]
    assert blob.shape == (3,)


def test_a_param_takes_another_shape() -> None:
    param = nn.Parameter(torch.arange(6.0).reshape(2, 3))
    blob = Blob.of(lambda: param)
    view = blob.data
    blob.diff[...] = 5
    blob.reshape(3, 2)
    assert blob.data.tolist() == [[0, 1], [2, 3], [4, 5]]
    blob.data[2, 1] = 9
    assert view[1, 2] == 9, "memory that is large enough is kept"
    assert (tuple(param.shape), blob.diff.shape) == ((3, 2), (3, 2))
    blob.reshape(1, 2)
    blob.reshape(6)
    assert blob.data.tolist() == [0, 1, 2, 3, 4, 9]
    blob.reshape(4, 2)
    assert not blob.data.any()
    assert not blob.diff.any()
    assert blob.diff.shape == (4, 2)


def test_values_that_nobody_has_seen_are_let_go() -> None:
    seen, unseen = Blob((2,)), Blob((2,))
    for blob in (seen, unseen):
        blob.put(torch.ones(2))
    assert seen.data.tolist() == [1, 1]
    for blob in (seen, unseen):
        blob.values.let_go()
    assert seen.data.tolist() == [1, 1]
    assert not unseen.values.there


def test_add_blob() -> None:
    blobs = BlobVec()
    blobs.add_blob(2, 3)
    assert blobs[0].shape == (2, 3)
    with pytest.raises(RuntimeError, match="no kwargs"):
        blobs.add_blob(shape=(1,))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_what_was_written_is_brought_back() -> None:
    blob = Blob((2,), "cuda")
    blob.data[0] = 5
    assert blob.values.tensor().tolist() == [5, 0]
    blob.put(torch.ones(2, device="cuda"))
    assert blob.data.tolist() == [1, 1]


def test_blob_vec_takes_a_blob_in_the_place_of_another() -> None:
    param = nn.Parameter(torch.zeros(2))
    blobs = BlobVec([Blob((2,)), Blob.of(lambda: param)])
    first, bound = blobs
    other = Blob((2,))
    other.data[...] = 7
    blobs[0] = other
    assert blobs[0] is other is not first
    blobs[1] = other  # a param: its layer computes with the other's memory
    assert blobs[1] is bound
    assert param.tolist() == [7, 7]
    blobs[:] = [first, Blob((2,))]
    assert blobs[0] is first
    assert param.tolist() == [0, 0]
    with pytest.raises(TypeError, match="a Blob was expected, not int"):
        blobs[0] = 3
    with pytest.raises(ValueError, match="1 blobs for 2 places"):
        blobs[:] = [first]
