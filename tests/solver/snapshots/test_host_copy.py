"""Copies of tensors in memory that is kept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.blobs.named import LayerId, NamedBlobs
from layerzoo.snapshot import Snapshot
from layerzoo.solver.snapshots.host_copy import HostCopy, NoRoomError, copied_snapshot
from tests.gpu import on_a_gpu


def test_copies_have_the_values_of_before_and_own_storages() -> None:
    tensors = [
        torch.randn(3, 4, 5, 5).contiguous(memory_format=torch.channels_last),
        torch.randn(7, 3).t(),
        torch.tensor(2.5, dtype=torch.float64),
        torch.tensor([1, 2, 3]),
        torch.randn(5).bfloat16(),
        torch.tensor([True, False]),
        torch.empty(0, 3),
        torch.nn.Parameter(torch.randn(2)),
    ]
    before = [tensor.detach().clone() for tensor in tensors]
    copied = HostCopy().of(tensors)
    copies = [copied(tensor) for tensor in tensors]
    with torch.no_grad():
        for tensor in tensors:
            tensor.zero_()
    for copy, old in zip(copies, before, strict=True):
        assert torch.equal(copy, old)
        assert copy.dtype == old.dtype
        assert copy.is_contiguous()
        assert not copy.requires_grad
        assert copy.untyped_storage().nbytes() == copy.nbytes, "it is written without another copy"
    starts = [copy.untyped_storage().data_ptr() for copy in copies if copy.numel()]
    assert len(set(starts)) == len(starts)
    assert all(start % 64 == 0 for start in starts)


def test_copy_of_a_tensor_that_is_given_twice_is_one() -> None:
    blob = torch.randn(4)
    copied = HostCopy().of([blob, torch.ones(2), blob])
    assert copied(blob).data_ptr() == copied(blob.detach()).data_ptr()


def test_memory_is_used_again() -> None:
    memory, large, small = HostCopy(), torch.randn(100), torch.randn(10)
    first = memory.of([large])(large)
    second = memory.of([small])(small)
    assert second.data_ptr() == first.data_ptr()
    assert torch.equal(second, small)
    larger = torch.randn(1000)
    assert torch.equal(memory.of([larger])(larger), larger)


def test_copy_needs_room(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, blob = HostCopy(), torch.randn(1 << 20)
    monkeypatch.setattr("layerzoo.solver.snapshots.host_copy.available_memory", lambda _: 64 << 20)
    with pytest.raises(NoRoomError, match=r"a copy needs 4.0 MiB, and 64.0 MiB are free"):
        memory.of([blob])
    monkeypatch.setattr("layerzoo.solver.snapshots.host_copy.available_memory", lambda _: None)
    memory.of([blob])

    def fail(*_: object, **__: object) -> Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch, "empty", fail)
    memory.of([blob])  # its memory is there


def test_copied_snapshot_is_not_changed_by_training() -> None:
    w, mean, history, state, diff = (torch.full((2,), float(n)) for n in range(5))
    losses = [1.0, 2.0]
    weights = {"ip#2": NamedBlobs([w], ["fc.weight"], LayerId("ip", 2), 3)}
    parts = {"train": {"losses": losses}, "buffers": {"h": state}}
    live = Snapshot(7, "SGD", weights, [history], {"ip": NamedBlobs([mean])}, parts=parts, score=0.5)
    snapshot, diffs = copied_snapshot(HostCopy(), live, {"ip": NamedBlobs([diff])})
    for tensor in (w, mean, history, state, diff):
        tensor.add_(100)
    losses.append(3.0)
    assert diffs is not None
    found = [snapshot.weights["ip#2"][0], snapshot.means["ip"][0], snapshot.history[0]]
    found += [snapshot.parts["buffers"]["h"], diffs["ip"][0]]
    assert [blob.tolist() for blob in found] == [[n, n] for n in range(5)]
    assert snapshot.parts["train"]["losses"] == [1.0, 2.0]
    named = snapshot.weights["ip#2"]
    assert isinstance(named, NamedBlobs)
    assert (named.names, named.layer, named.place) == (["fc.weight"], LayerId("ip", 2), 3)
    assert (snapshot.iteration, snapshot.score) == (7, 0.5)


@on_a_gpu
def test_copy_of_a_gpus_tensors_is_that_of_their_stream() -> None:
    memory, blob = HostCopy(), torch.zeros(1 << 22, device="cuda")
    for _ in range(10):
        blob += 1
    copied = memory.of([blob])
    blob += 1
    memory.ready()
    assert copied(blob).eq(10).all()
    assert copied(blob).is_pinned()
