from __future__ import annotations

import dataclasses
import os

import h5py
import numpy as np
import pytest
import torch

from layerzoo.blobs import blob_proto
from layerzoo.errors import SnapshotError
from layerzoo.schema import BlobProto, SolverState
from layerzoo.snapshot import CaffeState, find_learned_net, read_state, write_state

STATE = CaffeState(
    7,
    "a_iter_7.caffemodel",
    [torch.arange(6.0).reshape(2, 3), torch.zeros(0), torch.tensor(2.5), torch.tensor([1e300]).double()],
    3,
)


def test_read_state_agrees_for_binary_and_hdf5(data):
    folder = data / "conformance" / "snapshots"
    binary = read_state(folder / "snap_iter_20.solverstate")
    hdf5 = read_state(folder / "snap_iter_20.solverstate.h5")
    for state, suffix in ((binary, ""), (hdf5, ".h5")):
        assert (state.iteration, state.current_step, len(state.history)) == (20, 1, 18)
        assert state.learned_net == f"snap_iter_20.caffemodel{suffix}"
        assert find_learned_net(folder / "x", state.learned_net) == folder / state.learned_net
    assert [tuple(h.shape) for h in binary.history[:3]] == [(7, 5), (7,), (7,)]
    for a, b in zip(binary.history, hdf5.history, strict=True):
        assert torch.equal(a, b)


def test_write_state_writes_the_bytes_of_caffe(data, tmp_path):
    path = data / "conformance" / "snapshots" / "snap_iter_20.solverstate"
    write_state(tmp_path / "s.solverstate", read_state(path))
    ours, theirs = (SolverState.FromString(p.read_bytes()) for p in (tmp_path / "s.solverstate", path))
    assert ours == theirs
    assert len((tmp_path / "s.solverstate").read_bytes()) == len(path.read_bytes())


def test_hdf5_state_has_the_datasets_of_caffe(data, tmp_path):
    theirs_path = data / "conformance" / "snapshots" / "snap_iter_20.solverstate.h5"
    write_state(tmp_path / "s.h5", read_state(theirs_path))
    with h5py.File(tmp_path / "s.h5") as ours, h5py.File(theirs_path) as theirs:
        assert set(ours) == set(theirs)
        assert set(ours["history"]) == set(theirs["history"])
        for name in ("iter", "current_step", "learned_net", "history/0", "history/17"):
            assert ours[name].dtype == theirs[name].dtype, name
            assert ours[name].shape == theirs[name].shape, name
            assert np.array_equal(ours[name][()], theirs[name][()]), name


@pytest.mark.parametrize("name", ["s.solverstate", "s.solverstate.h5"])
def test_state_reads_back_as_written(tmp_path, name):
    write_state(tmp_path / name, STATE)
    found = read_state(tmp_path / name)
    assert (found.iteration, found.learned_net, found.current_step) == (7, "a_iter_7.caffemodel", 3)
    for ours, theirs in zip(found.history, STATE.history, strict=True):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


def test_read_state_takes_old_shapes_and_unpacked_values(tmp_path):
    old = BlobProto(num=1, channels=2, height=1, width=3, data=range(6)).SerializeToString()
    # field 5 as single numbers of 4 bytes each
    unpacked = BlobProto(shape={"dim": [2]}).SerializeToString()
    unpacked += b"".join(b"\x2d" + np.float32(v).tobytes() for v in (1.5, -2))
    blobs = b"".join(b"\x1a" + bytes([len(b)]) + b for b in (old, unpacked))
    (tmp_path / "s").write_bytes(SolverState(iter=1).SerializeToString() + blobs)
    history = read_state(tmp_path / "s").history
    assert history[0].shape == (1, 2, 1, 3)
    assert history[0].flatten().tolist() == [0, 1, 2, 3, 4, 5]
    assert history[1].tolist() == [1.5, -2]


def _weights(tmp_path, kind):
    path = tmp_path / f"w.{kind}"
    if kind == "h5":
        with h5py.File(path, "w") as file:
            file.create_group("data")
    else:
        path.write_bytes(b"\x0a\x05lenet")
    return path


@pytest.mark.parametrize("kind", ["h5", "caffemodel"])
def test_weights_are_refused_as_a_state(tmp_path, kind):
    with pytest.raises(
        SnapshotError, match="not a solver state but the weights of a net; pass it to -weights"
    ):
        read_state(_weights(tmp_path, kind))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\x08", "damaged at byte 1, or not a solver state: it ends inside a number"),
        (b"\x12\x05a", "a field of 5 bytes, but only 1 are left"),
        (b"hello, world", "damaged at byte .*, or not a solver state"),
        (b"\x20\x01", "the iteration is missing"),
        (b"\x08\x01\x1a\x04\x3a\x02\x08\x05", "history blob 0 declares 5 and holds 0 values"),
        (b"\x08\x01\x1a\x0b\x3a\x09\x0a\x07" + b"\xff" * 6 + b"\x01", "holds 0 values"),
        (b"\x89HDF\r\n\x1a\nrubbish", "HDF5 can't be read"),
    ],
)
def test_damaged_state_is_refused(tmp_path, content, says):
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(SnapshotError, match=says):
        read_state(tmp_path / "s")


def test_truncated_state_is_refused_or_shorter(tmp_path):
    write_state(tmp_path / "s", STATE)
    whole = (tmp_path / "s").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        try:
            found = read_state(tmp_path / "cut")
        except SnapshotError:
            continue
        assert len(found.history) < len(STATE.history) or not found.current_step


def test_missing_files_are_errors(tmp_path):
    with pytest.raises(SnapshotError, match="can't be read: No such file"):
        read_state(tmp_path / "none.solverstate")
    with pytest.raises(SnapshotError, match=r"its weights, 'x/w\.caffemodel', are gone.*Put the file beside"):
        find_learned_net(tmp_path / "s.solverstate", "x/w.caffemodel")


def test_find_learned_net_looks_beside_the_state(tmp_path):
    (tmp_path / "w.caffemodel").write_bytes(b"")
    found = find_learned_net(tmp_path / "s.solverstate", "/elsewhere/w.caffemodel")
    assert found == tmp_path / "w.caffemodel"


def test_state_too_large_for_the_binary_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(blob_proto, "MAX_BYTES", 50)
    with pytest.raises(
        SnapshotError, match=r"than the 2\.1 GB that Caffe's binary format can hold; set snapshot_format"
    ):
        write_state(tmp_path / "s.solverstate", STATE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.solverstate", "a.solverstate.h5"])
def test_numbers_of_a_state_are_bounded(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".h5"):
        with h5py.File(path, "w") as file:
            file["iter"], file["current_step"] = np.array([-5], "i8"), np.array([0])
            file.create_group("history")
    else:
        path.write_bytes(b"\x08" + b"\xff" * 9 + b"\x01")  # field 1, a varint of 64 ones
    with pytest.raises(SnapshotError, match=r"'iter' is .*; expected a whole number from 0 to 2147483647"):
        read_state(path)


def test_hdf5_state_of_other_shapes_is_refused(tmp_path):
    path = tmp_path / "a.solverstate.h5"
    for change, message in (
        ({"iter": np.array([1, 2])}, "'/iter' has shape .*; expected one whole number"),
        ({"iter": np.array([1.5])}, "'/iter' has shape"),
        ({"iter": np.array(b"5")}, "'/iter' holds no numbers"),
        ({"learned_net": 5}, "'/learned_net' is not a string"),
        ({"history/1": np.zeros(2)}, "history blob 0 is missing"),
        ({"history/0": h5py.ExternalLink("/etc/passwd", "x")}, "'/history/0' is a link elsewhere"),
    ):
        with h5py.File(path, "w") as file:
            for name, value in ({"iter": np.array([1])} | change).items():
                file[name] = value
            file.require_group("history")
        with pytest.raises(SnapshotError, match=message):
            read_state(path)


def test_learned_net_must_be_a_regular_file(tmp_path):
    for name in ("/dev/zero", str(tmp_path), "a\0b", "a" * 300, ""):
        with pytest.raises(SnapshotError, match=r"its weights, .*, are gone"):
            find_learned_net(tmp_path / "a.solverstate", name)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SnapshotError, match=r"fifo: can't be read: not a regular file but a FIFO"):
        read_state(tmp_path / "fifo")


@pytest.mark.parametrize("name", ["s.solverstate", "s.solverstate.h5"])
def test_plateau_of_ssd_is_kept(name, tmp_path):
    plain = CaffeState(7, "w", [torch.ones(2)], 3)
    write_state(tmp_path / name, plain)
    assert (read_state(tmp_path / name).minimum_loss, read_state(tmp_path / name).last_event) == (None, 0)
    write_state(tmp_path / name, dataclasses.replace(plain, minimum_loss=0.25, last_event=300))
    read = read_state(tmp_path / name)
    assert (read.minimum_loss, read.last_event, read.current_step) == (0.25, 300, 3)
    write_state(tmp_path / name, dataclasses.replace(plain, minimum_loss=3.4e38, last_event=0))
    assert read_state(tmp_path / name).minimum_loss is None, "no loss yet"
