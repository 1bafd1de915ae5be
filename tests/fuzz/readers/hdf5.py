"""HDF5 files: weights, solver states and data, with all that the format can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from layerzoo import weights
from layerzoo.layers.hdf5_data import HDF5Data
from layerzoo.loader import parse_net
from layerzoo.snapshot import read_state
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes
from tests.fuzz.readers.weights import net

_Put = Callable[[h5py.Group, str, Random], object]


def _weights(file: h5py.File) -> list[tuple[h5py.Group, str]]:
    data = file.create_group("data")
    places = []
    for layer, blobs in net().weights.items():
        group = data.create_group(layer)
        for index, blob in enumerate(blobs):
            group[str(index)] = blob.detach().numpy()
            places.append((group, str(index)))
    return places


def _state(file: h5py.File) -> list[tuple[h5py.Group, str]]:
    file["iter"] = np.array([3], "<i4")
    file["learned_net"] = np.bytes_(b"w.caffemodel.h5")
    file["current_step"] = np.array([1], "<i4")
    history = file.create_group("history")
    for index in range(3):
        history[str(index)] = np.ones((2, 3), "f4")
    names = ("iter", "learned_net", "current_step", "history")
    return [*((file, name) for name in names), *((history, str(i)) for i in range(3))]


def _data(file: h5py.File) -> list[tuple[h5py.Group, str]]:
    file["data"] = np.zeros((4, 2, 3), "f4")
    file["label"] = np.arange(4.0)
    return [(file, "data"), (file, "label")]


_LAYOUTS = {"weights": _weights, "state": _state, "data": _data}


def _chunked(group: h5py.Group, name: str, random: Random) -> None:
    shape = random.choice(((2, 3), (0, 3), (5,), (1 << 20, 1 << 20), (1 << 40,), (1 << 62, 4)))
    chunks = tuple(min(size or 1, 16) for size in shape)
    made = group.create_dataset(name, shape, random.choice(("f4", "f8", "i8", "u1")), chunks=chunks,
                                compression=random.choice((None, "gzip", "lzf")),
                                shuffle=random.random() < 0.3,
                                fletcher32=random.random() < 0.3)  # fmt: skip
    if random.random() < 0.7:
        made[(0,) * len(shape) if all(shape) else ()] = 1


def _virtual(group: h5py.Group, name: str, random: Random) -> None:
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[0] = h5py.VirtualSource(random.choice((".", "other.h5", "/etc/passwd")), "data", (3,))
    group.create_virtual_dataset(name, layout)


_PUTS: tuple[_Put, ...] = (
    _chunked,
    _chunked,
    _virtual,
    lambda g, n, r: g.__setitem__(
        n, h5py.ExternalLink(r.choice(("other.h5", "/etc/passwd", "w.h5")), "/data")
    ),
    lambda g, n, r: g.__setitem__(n, h5py.SoftLink(r.choice(("/", "/data", "/nowhere", ".", n)))),
    lambda g, n, r: g.__setitem__(n, g.file[r.choice(("/", g.name))]),  # a hard link: a cycle
    lambda g, n, r: g.create_dataset(
        n, (2, 3), "f4", external=[(r.choice(("x", "/dev/zero", "/etc/passwd")), 0, 24)]
    ),
    lambda g, n, r: g.create_dataset(n, data=h5py.Empty(r.choice(("f4", "S3")))),
    lambda g, n, r: g.create_dataset(n, data=r.choice((b"abc", "é", ["a", "bc"], True, 1j, 3, [], [[]]))),
    lambda g, n, r: g.create_dataset(n, (3,), r.choice(("S5", "V7", "c8", "?", "f2", ">f4", ">i2", "u8"))),
    lambda g, n, r: g.create_dataset(n, (2,), h5py.string_dtype()),
    lambda g, n, r: g.create_dataset(n, (2,), h5py.vlen_dtype("f4")),
    lambda g, n, r: g.create_dataset(n, (2,), h5py.ref_dtype),
    lambda g, n, r: g.create_dataset(n, (2,), h5py.enum_dtype({"a": 1})),
    lambda g, n, r: g.create_dataset(n, (2,), np.dtype([("a", "f4"), ("b", "S2")])),
    lambda g, n, r: g.create_dataset(n, (2,), np.dtype(("f4", (3,)))),
    lambda g, n, r: g.create_dataset(n, (r.choice((1 << 31, 1 << 45, 1 << 60)),), "f4"),
    lambda g, n, r: g.create_dataset(n, (2, 2), "f4", fillvalue=9, maxshape=(None, None)),
    lambda g, n, r: g.create_group(n),
    lambda g, n, r: g.create_group(f"{n}/" + "a/" * r.choice((1, 70, 300))),
    lambda g, n, r: g.__setitem__(n, np.dtype("f4")),  # a named type
)


@cache
def _plain(layout: str) -> bytes:
    with _in_memory("earliest") as file:
        _LAYOUTS[layout](file)
        return _image(file)


def _in_memory(version: str) -> h5py.File:
    return h5py.File("memory", "w", driver="core", backing_store=False, libver=version)


def _image(file: h5py.File) -> bytes:
    file.flush()
    return bytes(file.id.get_file_image())


def _file(random: Random, layout: str) -> bytes:
    if random.random() < 0.5:
        return mutate_bytes(random, _plain(layout))
    with _in_memory(random.choice(("earliest", "latest", "v110"))) as file:
        places = _LAYOUTS[layout](file)
        for group, name in random.sample(places, random.choice((1, 1, 2))):
            if group and name in group:
                del group[name]
            new = random.choice((name, name, name, "0", "1", "9" * 30, "a/b", "é"))
            try:
                random.choice(_PUTS)(group, new, random)
            except (ValueError, OSError, RuntimeError, TypeError, KeyError, OverflowError):
                continue
        try:
            data = _image(file)
        except RuntimeError:  # too large for memory
            data = _plain(layout)
    return mutate_bytes(random, data) if random.random() < 0.3 else data


@kind("h5-weights", lambda random: _file(random, "weights"), share=1.5)
def read_weights(data: bytes, folder: Path) -> None:
    """Weights in HDF5."""
    (folder / "w.h5").write_bytes(data)
    weights.read(folder / "w.h5")
    weights.load(net().weights, folder / "w.h5")


@kind("h5-state", lambda random: _file(random, "state"))
def read_solver_state(data: bytes, folder: Path) -> None:
    """A solver state in HDF5."""
    (folder / "s.solverstate.h5").write_bytes(data)
    read_state(folder / "s.solverstate.h5")


@kind("h5-data", lambda random: _file(random, "data"))
def read_data(data: bytes, folder: Path) -> None:
    """A file of an HDF5Data layer, whose shapes are asked for and whose batches are read."""
    (folder / "data.h5").write_bytes(data)
    (folder / "files.txt").write_text(f"{folder / 'data.h5'}\n")
    source = json.dumps(str(folder / "files.txt"))
    inside = f"hdf5_data_param {{ source: {source} batch_size: 3 }}"
    text = f'layer {{ type: "HDF5Data" name: "d" top: "data" top: "label" {inside} }}'
    param: Any = parse_net(text).message.layer[0]
    HDF5Data.top_shapes(param, [])
    layer = HDF5Data(param)
    try:
        layer()
    finally:
        layer.close()
