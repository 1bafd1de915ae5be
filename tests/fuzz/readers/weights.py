"""Weights and solver states in all binary formats but HDF5."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import torch

from layerzoo import weights
from layerzoo.data.mean import read_mean
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import BlobProto, NetParameter, SolverState, legacy_net
from layerzoo.snapshot import CaffeState, read_state, write_state
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes, mutate_json
from tests.fuzz.readers.schema import random_message
from tests.fuzz.readers.seeds import NET

_DTYPES = ("F32", "F64", "F16", "BF16", "I64", "I32", "U8", "BOOL", "F8_E4M3", "X9")


@cache
def net() -> Net:
    """The small net, which weights are loaded into."""
    return Net(parse_net(NET), "TEST")


@cache
def _written() -> dict[str, bytes]:
    """Its weights and a state in each format."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        for suffix in ("caffemodel", "safetensors"):
            weights.save(net().weights, path / f"w.{suffix}")
        write_state(
            path / "s.solverstate", CaffeState(3, "w.caffemodel", [torch.ones(2, 3), torch.zeros(4)], 1)
        )
        return {file.suffix[1:]: file.read_bytes() for file in path.iterdir()}


def _caffemodel(random: Random) -> bytes:
    if random.random() < 0.5:
        data = random_message(random, random.choice((NetParameter, legacy_net()))).SerializePartialToString()
        return data if random.random() < 0.3 else mutate_bytes(random, data)
    return mutate_bytes(random, _written()["caffemodel"], [_written()["solverstate"]])


def _load(path: Path) -> None:
    """All values are read, and copied into a net."""
    weights.read(path)
    weights.load(net().weights, path)


@kind("caffemodel", _caffemodel, share=1.5)
def read_caffemodel(data: bytes, folder: Path) -> None:
    """Weights in Caffe's binary format."""
    (folder / "w.caffemodel").write_bytes(data)
    _load(folder / "w.caffemodel")


def _safetensors(random: Random) -> bytes:
    seed = _written()["safetensors"]
    if random.random() < 0.4:
        return mutate_bytes(random, seed)
    size = int.from_bytes(seed[:8], "little")
    header: dict[str, Any] = json.loads(seed[8 : 8 + size])
    words = [*header, *_DTYPES, "dtype", "shape", "data_offsets", "__metadata__", "order"]
    if random.random() < 0.5:
        name = random.choice(list(header))
        if isinstance(header[name], dict) and "dtype" in header[name]:
            header[name]["dtype"] = random.choice(_DTYPES)
            header[name]["shape"] = random.choice(([], [1], [0], [2, 9], [2**40, 2**40], [-1], [18]))
    if random.random() < 0.3:
        header["__metadata__"] = {"order": "\n".join(random.sample(words, 3))}
    header = mutate_json(random, header, words) if random.random() < 0.7 else header
    try:
        text = json.dumps(header, ensure_ascii=random.random() < 0.5).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        text = b"[" * 2000
    return len(text).to_bytes(8, "little") + text + seed[8 + size :]


@kind("safetensors", _safetensors)
def read_safetensors(data: bytes, folder: Path) -> None:
    """Weights in the native format."""
    (folder / "w.safetensors").write_bytes(data)
    _load(folder / "w.safetensors")


def _state(random: Random) -> bytes:
    if random.random() < 0.4:
        return mutate_bytes(random, random_message(random, SolverState).SerializePartialToString())
    return mutate_bytes(random, _written()["solverstate"], [_written()["caffemodel"]])


@kind("solverstate", _state)
def read_solverstate(data: bytes, folder: Path) -> None:
    """A solver state in Caffe's binary format."""
    (folder / "s.solverstate").write_bytes(data)
    read_state(folder / "s.solverstate")


def _mean(random: Random) -> bytes:
    seed = BlobProto(num=1, channels=3, height=2, width=2, data=[0.5] * 12).SerializePartialToString()
    if random.random() < 0.3:
        return mutate_bytes(random, random_message(random, BlobProto).SerializePartialToString())
    return mutate_bytes(random, seed)


@kind("mean", _mean)
def read_binary_mean(data: bytes, folder: Path) -> None:
    """A mean image as a blob."""
    (folder / "mean.binaryproto").write_bytes(data)
    read_mean(folder / "mean.binaryproto")


_NPY_HEADERS = (
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 2), }",
    "{'descr': '>f8', 'fortran_order': True, 'shape': (3,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': [('a', '<f4'), ('b', '<c16')], 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '|S4', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<U3', 'fortran_order': False, 'shape': (), }",
    "{'descr': '|b1', 'fortran_order': False, 'shape': (3, 1, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999, 3), }",
    "{'descr': '<c8', 'fortran_order': False, 'shape': (1, 3, 1, 1), }",
    "{'descr': ('<f4', (2, 2)), 'fortran_order': False, 'shape': (3,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }",
)


def _npy(random: Random) -> bytes:
    from tests.fuzz.mutations import encodable, mutate_text

    header = random.choice(_NPY_HEADERS if random.random() < 0.6 else _NPY_HEADERS[:2])
    if random.random() < 0.5:
        header = encodable(mutate_text(random, header, ("descr", "shape", "True", "<f2", "<i8", "|V8")))
    text = header.encode("utf-8", "surrogateescape") + b" " * random.choice((0, 5, 60)) + b"\n"
    major = random.choice((1, 1, 1, 2, 3, 4, 255))
    size = len(text).to_bytes(2 if major == 1 else 4, "little") if len(text) < 65536 else b"\xff\xff"
    data = b"\x93NUMPY" + bytes((major, 0)) + size + text + b"\x3f" * random.choice((0, 24, 48, 48, 49))
    return mutate_bytes(random, data) if random.random() < 0.4 else data


@kind("npy", _npy)
def read_npy(data: bytes, folder: Path) -> None:
    """A mean image as numpy's array."""
    (folder / "mean.npy").write_bytes(data)
    read_mean(folder / "mean.npy")
