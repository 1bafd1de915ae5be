"""Drawn photos for the tests of reports on data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.data_report.sources import DataSource, sources_of
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, NetState

NET = """
layer:
- {{name: data, type: FolderData, top: [data, label],
   folder_data_param: {{source: "{folder}", batch_size: 2}}, transform_param: {{{transform}}}}}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {{num_output: {classes}}}}}
- {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}}
"""


def photo(seed: int, side: int = 40) -> np.ndarray:
    """A smooth picture of random colours, side x side x 3, RGB."""
    cells = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC))


def save(path: Path, pixels: np.ndarray, **settings: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **settings)
    return path


def photos(folder: Path, train: int = 6, test: int = 5) -> Path:
    """Photos of cats and dogs in train and val, all different."""
    for place, name in enumerate(("cat", "dog")):
        for number in range(train):
            save(folder / "train" / name / f"t{place}{number}.png", photo(100 * place + number))
        for number in range(test):
            save(folder / "val" / name / f"v{place}{number}.png", photo(100 * place + 50 + number))
    return folder


def net_text(folder: Path, classes: int = 2, transform: str = "resize_param: {height: 32, width: 32}") -> str:
    return NET.format(folder=folder, classes=classes, transform=transform)


def sources(text: str) -> list[DataSource]:
    """The sources of a net in TRAIN and TEST."""
    document = parse_net(text)
    return sources_of([graph_of(document, NetState(phase=phase)) for phase in (TRAIN, TEST)])
