from __future__ import annotations

import json
import os

import pytest
import torch
from safetensors.torch import load_file, save_file

from layerzoo.errors import SnapshotError
from layerzoo.snapshot import (
    Snapshot,
    native,
    read_snapshot,
    set_score,
    verify_snapshot,
    weights_to_publish,
    write_snapshot,
)


def snapshot(iteration=500, **fields):
    weight = torch.arange(6.0).reshape(2, 3)
    fields.setdefault("weights", {"conv1": [weight, torch.ones(2)], "a/b": [weight], "t": [weight.t()]})
    return Snapshot(iteration, "Adam", **fields)


def test_snapshot_reads_back_as_written(tmp_path):
    before = snapshot(
        history=[torch.full((i,), float(i)) for i in range(12)],
        means={"conv1": [torch.tensor(1.5)]},
        parts={
            "buffers": {"cuda/0": torch.tensor([1, 2], dtype=torch.uint8), "q": torch.tensor([0.1]).double()},
            "random": {"seed": 2**62},
            "lr_policy": {"best": 1 / 3, "falls": 2},
            "train": {"losses": [0.25, float("nan"), float("inf")], "tested_at": None},
            "by_number": {"of": {1: 2}},
            "empty": {},
        },
        score=0.1 + 0.2,
        config='net: "grüß"\n',
        threads=2,
        processes=3,
        versions={"torch": "2"},
    )
    path = write_snapshot(tmp_path / "run" / "snapshots", before)
    assert path == tmp_path / "run" / "snapshots" / "iter_500"
    after = read_snapshot(path)
    for name in ("iteration", "solver_type", "score", "config", "threads", "processes", "versions"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.parts.keys() == before.parts.keys()
    assert repr(after.parts["train"]["losses"]) == "[0.25, nan, inf]"
    assert (after.parts["train"]["tested_at"], after.parts["empty"]) == (None, {})
    assert after.parts["random"] == {"seed": 2**62}
    assert after.parts["lr_policy"] == {"best": 1 / 3, "falls": 2}
    assert after.parts["by_number"] == {"of": {"1": 2}}
    assert after.weights.keys() == {"conv1", "a/b", "t"}
    assert torch.equal(after.weights["conv1"][1], torch.ones(2))
    assert torch.equal(after.weights["t"][0], torch.arange(6.0).reshape(2, 3).t())
    assert [h.tolist() for h in after.history] == [[float(i)] * i for i in range(12)]
    assert after.means["conv1"][0].item() == 1.5
    assert after.parts["buffers"]["cuda/0"].tolist() == [1, 2]
    assert after.parts["buffers"]["q"].dtype == torch.float64


def test_weights_file_loads_alone(tmp_path):
    path = write_snapshot(tmp_path, snapshot())
    assert sorted(load_file(path / "weights.safetensors")) == ["a/b/0", "conv1/0", "conv1/1", "t/0"]


def test_slice_is_written_without_the_rest(tmp_path):
    path = write_snapshot(tmp_path, snapshot(weights={"l": [torch.zeros(10_000)[:2]]}))
    assert (path / "weights.safetensors").stat().st_size < 1000


def test_snapshot_written_twice_is_the_same_bytes(tmp_path):
    first, second = (write_snapshot(tmp_path / name, snapshot()) for name in "ab")
    for name in ("weights.safetensors", "state.safetensors", "state.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "state.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_verify_snapshot_detects_damage(tmp_path, name, harm):
    path = write_snapshot(tmp_path, snapshot(history=[torch.ones(3)]))
    assert verify_snapshot(path)["iteration"] == 500
    data = bytearray((path / name).read_bytes())
    if harm == "gone":
        (path / name).unlink()
    elif harm == "cut":
        (path / name).write_bytes(data[:-3])
    else:
        data[-5] ^= 1
        (path / name).write_bytes(data)
    with pytest.raises(SnapshotError, match=name):
        verify_snapshot(path)
    with pytest.raises(SnapshotError):
        read_snapshot(path)


def test_newer_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(native, "FORMAT", 99)
    path = write_snapshot(tmp_path, snapshot())
    monkeypatch.undo()
    with pytest.raises(SnapshotError, match="written by a newer Layerzoo, in format 99"):
        verify_snapshot(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"checksum": 1}'])
def test_invalid_json_is_refused(tmp_path, text):
    path = write_snapshot(tmp_path, snapshot())
    (path / "state.json").write_text(text)
    with pytest.raises(SnapshotError, match="damaged"):
        verify_snapshot(path)


def test_write_snapshot_replaces_one_of_the_same_iteration(tmp_path):
    write_snapshot(tmp_path, snapshot(score=float(1)))
    assert read_snapshot(write_snapshot(tmp_path, snapshot(score=float(2)))).score == 2
    assert [p.name for p in tmp_path.iterdir()] == ["iter_500"]


def test_failed_write_keeps_the_old_snapshot(tmp_path, monkeypatch):
    path = write_snapshot(tmp_path, snapshot(score=float(1)))

    def fsync(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        write_snapshot(tmp_path, snapshot(score=float(2)))
    monkeypatch.undo()
    assert read_snapshot(path).score == 1
    assert [p.name for p in tmp_path.iterdir()] == ["iter_500"]


def test_unwritable_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_snapshot(tmp_path / "file", snapshot())


def test_state_that_json_cannot_hold_leaves_no_files(tmp_path):
    with pytest.raises(TypeError):
        write_snapshot(tmp_path, snapshot(extra={"x": object()}))
    assert list(tmp_path.iterdir()) == []
    assert json.dumps({}) == "{}"


def test_set_score_changes_an_existing_snapshot(tmp_path):
    path = write_snapshot(tmp_path, snapshot())
    assert read_snapshot(path).score is None
    set_score(path, 0.75)
    assert read_snapshot(path).score == 0.75
    assert read_snapshot(path).solver_type == "Adam"
    (path / "state.json").write_text("{}")
    with pytest.raises(SnapshotError, match="damaged"):
        set_score(path, 1)


def test_means_are_stored_beside_the_weights(tmp_path):
    means = {"conv1": [torch.zeros(2, 3), torch.ones(2)]}
    path = write_snapshot(tmp_path, snapshot(means=means, publish_means=True))
    assert sorted(load_file(path / "means.safetensors")) == ["conv1/0", "conv1/1"]
    assert weights_to_publish(path).name == "means.safetensors"
    other = write_snapshot(tmp_path, snapshot(501, means=means))
    assert weights_to_publish(other).name == "weights.safetensors"
    (path / "means.safetensors").unlink()
    with pytest.raises(SnapshotError, match=r"means\.safetensors"):
        verify_snapshot(path)


# Snapshots of strangers, with the right checksum


GONE = object()


def resealed(path, **changes):
    """Change ``state.json`` as someone who knows how its checksum is made; `GONE` leaves a key out."""
    text = json.loads((path / "state.json").read_text()) | changes
    text = {name: value for name, value in text.items() if value is not GONE and name != "checksum"}
    (path / "state.json").write_text(native._sealed(text))
    return path


@pytest.mark.parametrize(
    "name", ["/dev/zero", "../iter_1/weights.safetensors", "other", "sub/weights.safetensors"]
)
def test_files_outside_are_refused(tmp_path, name):
    path = write_snapshot(tmp_path, snapshot())
    files = json.loads((path / "state.json").read_text())["files"]
    resealed(path, files={**files, name: "0" * 64})
    with pytest.raises(
        SnapshotError, match=r"state\.json: names the files .*; expected weights\.safetensors"
    ):
        read_snapshot(path)
    resealed(path, files={"weights.safetensors": files["weights.safetensors"]})
    with pytest.raises(SnapshotError, match=r"names the files weights\.safetensors; expected"):
        verify_snapshot(path)


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "state.json"])
@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "device"])
def test_files_must_be_regular(tmp_path, name, kind):
    path = write_snapshot(tmp_path, snapshot())
    (path / name).rename(tmp_path / name)
    if kind == "fifo":
        os.mkfifo(path / name)
    elif kind == "folder":
        (path / name).mkdir()
    else:
        (path / name).symlink_to("/dev/zero" if kind == "device" else tmp_path / name)
    with pytest.raises(SnapshotError, match=rf"{name}.* can't be read: (not a regular|Is a directory)"):
        read_snapshot(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iteration": -1}, "'iteration' is -1; expected a whole number from 0 to 2147483647"),
        ({"iteration": 1e300}, "'iteration' is 1e.300; expected a whole number"),
        ({"iteration": "5"}, "'iteration' is '5'"),
        ({"iteration": GONE}, "'iteration' is missing"),
        ({"solver_type": 3}, "'solver_type' is 3; expected a string"),
        ({"score": "high"}, "'score' is 'high'; expected a number, or null"),
        ({"publish_means": "no"}, "'publish_means' is 'no'; expected true or false"),
        ({"threads": 0}, "'threads' is 0"),
        ({"processes": True}, "'processes' is True"),
        ({"versions": {"torch": 2}}, "'versions' is .*; expected an object with values of a string"),
        ({"parts": []}, r"'parts' is \[\]; expected an object"),
        ({"parts": {"train": 1}}, "'parts' is "),
        ({"files": {}}, "names the files none; expected"),
        ({"files": {"weights.safetensors": 1}}, "'files' is .*SHA-256"),
        ({"files": GONE}, "'files' is missing"),
        ({"config": GONE}, "'config' is missing"),
        ({"format": "2"}, "'format' is '2'"),
        ({"format": GONE}, "'format' is missing"),
        ({"format": 1}, "damaged: of format 1, KeyError"),
    ],
)
def test_every_key_and_type_is_checked(tmp_path, changes, message):
    path = resealed(write_snapshot(tmp_path, snapshot()), **changes)
    with pytest.raises(SnapshotError, match=message):
        read_snapshot(path)


def test_unknown_keys_are_ignored(tmp_path):
    path = resealed(write_snapshot(tmp_path, snapshot()), later={"x": 1})
    assert read_snapshot(path).iteration == 500


def test_size_and_depth_of_json_are_bounded(tmp_path, monkeypatch):
    path = write_snapshot(tmp_path, snapshot())
    (path / "state.json").write_text('{"a":' * 50_000 + "1" + "}" * 50_000)
    with pytest.raises(SnapshotError, match="damaged"):
        read_snapshot(path)
    monkeypatch.setattr(native, "_MAX_TEXT", 10)
    with pytest.raises(SnapshotError, match=r"state\.json: more than 10 bytes"):
        read_snapshot(path)


def test_tensors_of_other_names_are_refused(tmp_path):
    path = write_snapshot(tmp_path, snapshot(history=[torch.ones(2)]))
    for name, tensors, message in (
        ("state.safetensors", {"history/1": torch.ones(2)}, "history blob 0 is missing"),
        ("weights.safetensors", {"x": torch.ones(2)}, "a tensor is named 'x'"),
        ("weights.safetensors", {"x/1": torch.ones(2)}, r"of layer 'x' there are only blobs \[1\]"),
    ):
        save_file(tensors, path / name)
        files = {file: native.checksum(path / file) for file in ("weights.safetensors", "state.safetensors")}
        with pytest.raises(SnapshotError, match=message):
            read_snapshot(resealed(path, files=files))
    (path / "weights.safetensors").write_bytes(b"no tensors at all")
    files["weights.safetensors"] = native.checksum(path / "weights.safetensors")
    with pytest.raises(SnapshotError, match="can't be read"):
        verify_snapshot(resealed(path, files=files))
