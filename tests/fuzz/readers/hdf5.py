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
from h5py import h5d, h5f, h5g, h5p, h5s, h5t

from layerzoo import weights
from layerzoo.layers.hdf5_data import HDF5Data
from layerzoo.loader import parse_net
from layerzoo.snapshot import read_state
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes
from tests.fuzz.readers.weights import net

_Put = Callable[[h5py.Group, str, Random], object]


def _weights(file: h5py.File) -> list[tuple[h5py.Group, str]]:
    data = _group(file, "data")
    places = []
    for layer, blobs in net().weights.items():
        group = _group(data, layer)
        for index, blob in enumerate(blobs):
            group[str(index)] = blob.detach().numpy()
            places.append((group, str(index)))
    return places


def _state(file: h5py.File) -> list[tuple[h5py.Group, str]]:
    file["iter"] = np.array([3], "<i4")
    file["learned_net"] = np.bytes_(b"w.caffemodel.h5")
    file["current_step"] = np.array([1], "<i4")
    history = _group(file, "history")
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
    # without limits the index of the chunks grows with those that are stored, not with the declared size
    limits = (None,) * len(shape) if max(shape) > 5 or random.random() < 0.2 else None
    made = group.create_dataset(name, shape, random.choice(("f4", "f8", "i8", "u1")), chunks=chunks,
                                maxshape=limits,
                                compression=random.choice((None, "gzip", "lzf")),
                                shuffle=random.random() < 0.3,
                                fletcher32=random.random() < 0.3)  # fmt: skip
    if random.random() < 0.7:
        made[(0,) * len(shape) if all(shape) else ()] = 1


def _virtual(group: h5py.Group, name: str, random: Random) -> None:
    space, source = h5s.create_simple((4, 3)), h5s.create_simple((3,))
    space.select_hyperslab((0, 0), (1, 3))
    create = h5p.create(h5p.DATASET_CREATE)
    create.set_obj_track_times(False)
    create.set_virtual(space, random.choice((b".", b"other.h5", b"/etc/passwd")), b"data", source)
    space.select_all()
    h5d.create(group.id, name.encode(), h5t.IEEE_F32LE, space, create)


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
    lambda g, n, r: _group(g, n),
    lambda g, n, r: _group(g, f"{n}/" + "a/" * r.choice((1, 70, 300))),
)


@cache
def plain(layout: str) -> bytes:
    """A small file of a layout: ``weights``, ``state`` or ``data``."""
    with _in_memory(h5f.LIBVER_EARLIEST) as file:
        _LAYOUTS[layout](file)
        return _image(file)


def _in_memory(version: int) -> h5py.File:
    """A file without times, which would differ from run to run."""
    create, access = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    create.set_obj_track_times(False)
    access.set_fapl_core(backing_store=False)
    access.set_libver_bounds(version, h5f.LIBVER_LATEST)
    return h5py.File(h5f.create(b"memory", h5f.ACC_TRUNC, create, access))


def _group(parent: h5py.Group, name: str) -> h5py.Group:
    """Create groups without times, one for each part of a path."""
    create = h5p.create(h5p.GROUP_CREATE)
    create.set_obj_track_times(False)
    for part in filter(None, name.split("/")):
        parent = h5py.Group(h5g.create(parent.id, part.encode(), gcpl=create))
    return parent


def _image(file: h5py.File) -> bytes:
    file.flush()
    return bytes(file.id.get_file_image())


def _file(random: Random, layout: str) -> bytes:
    if random.random() < 0.5:
        return mutate_bytes(random, plain(layout))
    with _in_memory(random.choice((h5f.LIBVER_EARLIEST, h5f.LIBVER_V110, h5f.LIBVER_LATEST))) as file:
        places = _LAYOUTS[layout](file)
        for group, name in random.sample(places, random.choice((1, 1, 2))):
            if group and name in group:
                del group[name]
            new = random.choice((name, name, name, "0", "1", "9" * 30, "é"))
            try:
                random.choice(_PUTS)(group, new, random)
            except (ValueError, OSError, RuntimeError, TypeError, KeyError, OverflowError):
                continue
        data = _image(file)
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
