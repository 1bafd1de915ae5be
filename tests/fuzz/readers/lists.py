"""Lists of files, window files and class labels."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from layerzoo.data.listed_files import read_labelled
from layerzoo.data.windows import read_windows
from layerzoo.errors import LayerzooError
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import NetState
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_text
from tests.fuzz.readers.hdf5 import plain
from tests.fuzz.readers.images import encoded

_LISTS = (
    "a.png 0\nb c.png 1\nd.png 2\n",
    "a.png 0.5\n\n  b.png -1\r\nimages/c.jpg 1e3\n",
    "a.png 1 2 3\n",
    "data.h5\nother.h5\n",
)
_WINDOWS = "# 0\na.png\n3\n20\n30\n2\n1 0.9 0 0 9 9\n0 0.1 5 5 14 14\n\n# 1\nb.png\n1\n10\n10\n0\n"


def _list(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, random.choice(_LISTS), (), _LISTS)))


@kind("list", _list, text=True)
def read_list(data: bytes, folder: Path) -> None:
    """A list of images with labels, alone and in the layers that read lists; one of them may take it."""
    path = folder / "list.txt"
    path.write_bytes(data)
    (folder / "a.png").write_bytes(encoded()[4])
    (folder / "data.h5").write_bytes(plain("data"))
    failures: list[LayerzooError] = []
    for read in (_images, _image_layer, _hdf5_layer):
        try:
            read(path)
        except LayerzooError as error:
            failures.append(error)
    if len(failures) == 3:
        raise failures[0]


def _images(path: Path) -> None:
    list(read_labelled(path, ""))


def _image_layer(path: Path) -> None:
    source = json.dumps(str(path))
    inside = f"image_data_param {{ source: {source} batch_size: 1 }}"
    text = f'layer {{ type: "ImageData" name: "d" top: "x" top: "y" {inside} }}'
    graph_of(parse_net(text), NetState())


def _hdf5_layer(path: Path) -> None:
    source = json.dumps(str(path))
    inside = f"hdf5_data_param {{ source: {source} batch_size: 1 }}"
    text = f'layer {{ type: "HDF5Data" name: "d" top: "data" {inside} }}'
    graph_of(parse_net(text), NetState())


def _window_file(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, _WINDOWS, ("#", "1", "0.5"), [_WINDOWS])))


@kind("windows", _window_file, text=True, share=0.5)
def read_window_file(data: bytes, folder: Path) -> None:
    """A window file of R-CNN."""
    (folder / "windows.txt").write_bytes(data)
    list(read_windows(folder / "windows.txt"))
