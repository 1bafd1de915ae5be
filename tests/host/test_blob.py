from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.host import Blob, BlobVec
from tests.gpu import on_a_gpu


def test_data_writes_through_and_shows_later_values() -> None:
    blob = Blob((2, 2))
    view = blob.data
    view[0, 1] = 5
    assert blob.values.tensor()[0, 1] == 5
    blob.put(torch.tensor([[1.0, 2], [3, 4]]))
    assert view.tolist() == [[1, 2], [3, 4]]
    assert blob.data.dtype == np.float32


def test_put_stores_a_reference_until_a_view_exists() -> None:
    blob = Blob((2,))
    value = torch.ones(2)
    blob.put(value)
    assert blob.values.tensor() is value
    blob.data[0] = 7
    assert value[0] == 7
    blob.put(torch.zeros(2))
    assert value.tolist() == [0, 0]  # the memory doesn't move


def test_put_never_exposes_memory_of_others() -> None:
    batch = torch.ones(2)
    blob = Blob((2,))
    blob.put(batch, own=False)
    blob.data[...] = 3
    assert batch.tolist() == [1, 1]


def test_reshape_refuses_keywords() -> None:
    blob = Blob((2,))
    with pytest.raises(RuntimeError, match=r"Blob\.reshape takes no kwargs"):
        blob.reshape(num=2)
    blob.reshape()
    assert (blob.shape, blob.count) == ((), 1)


def test_reshape_reuses_memory_that_is_large_enough() -> None:
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


def test_scalar_blob_has_no_axes() -> None:
    blob = Blob()
    blob.data[()] = 2
    assert blob.data.shape == ()
    assert blob.count == 1
    assert blob.data == 2


def test_of_exposes_a_param() -> None:
    param = nn.Parameter(torch.ones(3))
    blob = Blob.of(lambda: param)
    blob.data[1] = 4
    blob.diff[...] = 2
    assert param.tolist() == [1, 4, 1]
    assert param.grad is not None
    assert param.grad.tolist() == [2, 2, 2]
    assert blob.shape == (3,)


def test_reshape_of_a_param() -> None:
    param = nn.Parameter(torch.arange(6.0).reshape(2, 3))
    blob = Blob.of(lambda: param)
    view = blob.data
    blob.diff[...] = 5
    blob.reshape(3, 2)
    assert blob.data.tolist() == [[0, 1], [2, 3], [4, 5]]
    blob.data[2, 1] = 9
    assert view[1, 2] == 9, "memory that is large enough is reused"
    assert (tuple(param.shape), blob.diff.shape) == ((3, 2), (3, 2))
    blob.reshape(1, 2)
    blob.reshape(6)
    assert blob.data.tolist() == [0, 1, 2, 3, 4, 9]
    blob.reshape(4, 2)
    assert not blob.data.any()
    assert not blob.diff.any()
    assert blob.diff.shape == (4, 2)


def test_release_keeps_values_with_a_view() -> None:
    seen, unseen = Blob((2,)), Blob((2,))
    for blob in (seen, unseen):
        blob.put(torch.ones(2))
    assert seen.data.tolist() == [1, 1]
    for blob in (seen, unseen):
        blob.values.release()
    assert seen.data.tolist() == [1, 1]
    assert not unseen.values.there


def test_add_blob_appends_zeros() -> None:
    blobs = BlobVec()
    blobs.add_blob(2, 3)
    assert blobs[0].shape == (2, 3)
    with pytest.raises(RuntimeError, match="no kwargs"):
        blobs.add_blob(shape=(1,))


@on_a_gpu
def test_data_written_on_a_gpu_is_copied_back() -> None:
    blob = Blob((2,), "cuda")
    blob.data[0] = 5
    assert blob.values.tensor().tolist() == [5, 0]
    blob.put(torch.ones(2, device="cuda"))
    assert blob.data.tolist() == [1, 1]


def test_blob_vec_item_assignment() -> None:
    param = nn.Parameter(torch.zeros(2))
    blobs = BlobVec([Blob((2,)), Blob.of(lambda: param)])
    first, bound = blobs
    other = Blob((2,))
    other.data[...] = 7
    blobs[0] = other
    assert blobs[0] is other is not first
    blobs[1] = other  # a param: its layer computes with the other blob's memory
    assert blobs[1] is bound
    assert param.tolist() == [7, 7]
    blobs[:] = [first, Blob((2,))]
    assert blobs[0] is first
    assert param.tolist() == [0, 0]
    with pytest.raises(TypeError, match="expected a Blob, received int"):
        blobs[0] = 3
    with pytest.raises(ValueError, match="received 1 blobs for 2 places"):
        blobs[:] = [first]
