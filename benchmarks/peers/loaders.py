"""Data sets for torch's DataLoader, as tutorials have them: Pillow, numpy and lmdb."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from layerzoo.schema import Datum

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
BGR_MEAN = np.array([104, 117, 123], np.float32)[:, None, None]
Sample = tuple[Tensor, int]


def normalised(image: Image.Image) -> Tensor:
    """An image as a blob: 0 to 1, less the mean, over the deviation."""
    values = (np.asarray(image, np.float32) / 255 - MEAN) / STD
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))


def random_resized_crop(image: Image.Image, size: int) -> Image.Image:
    """A region of 8 to 100 % of an image, resized."""
    width, height = image.size
    for _ in range(10):
        area = width * height * random.uniform(0.08, 1)
        aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        wide, tall = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < wide <= width and 0 < tall <= height:
            left, top = random.randint(0, width - wide), random.randint(0, height - tall)
            box = (left, top, left + wide, top + tall)
            return image.resize((size, size), Image.Resampling.BILINEAR, box)
    return image.resize((size, size), Image.Resampling.BILINEAR)


def color_jitter(image: Image.Image) -> Image.Image:
    """Change brightness, contrast and saturation by up to 40 %, the hue by up to a tenth of the circle."""
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhancer(image).enhance(random.uniform(0.6, 1.4))
    hue, saturation, value = image.convert("HSV").split()
    turned = np.asarray(hue) + np.uint8(round(random.uniform(-0.1, 0.1) * 255) % 256)
    return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert("RGB")


class Photos(Dataset[Sample]):
    """JPEG files in a folder for each class.

    Args:
        folder: the folder.
        augmented: random resized crop, mirroring and colour jitter; otherwise a random crop out of 256 x 256
            pixels, and mirroring.
    """

    def __init__(self, folder: Path, augmented: bool) -> None:
        classes = sorted(path for path in folder.iterdir())
        self.files = [(path, label) for label, each in enumerate(classes) for path in sorted(each.iterdir())]
        self.augmented = augmented

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        path, label = self.files[index]
        image: Image.Image = Image.open(path).convert("RGB")
        if self.augmented:
            image = random_resized_crop(image, 224)
        else:
            image = image.resize((256, 256), Image.Resampling.BILINEAR)
            left, top = random.randint(0, 32), random.randint(0, 32)
            image = image.crop((left, top, left + 224, top + 224))
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return normalised(color_jitter(image) if self.augmented else image), label


class Datums(Dataset[Sample]):
    """Datums of bytes in an LMDB.

    Args:
        path: folder of the database.
        crop: size of a random crop, which is mirrored at random and has the mean subtracted; 0 scales values
            to 0 to 1.
    """

    def __init__(self, path: Path, crop: int) -> None:
        self.path, self.crop = str(path), crop
        self.records: Any = None
        with lmdb.open(self.path, readonly=True, lock=False) as env, env.begin() as records:
            self.keys = list(records.cursor().iternext(values=False))

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> Sample:
        if self.records is None:  # in each process its own
            self.records = lmdb.open(self.path, readonly=True, lock=False, readahead=False).begin()
        datum = Datum.FromString(self.records.get(self.keys[index]))
        shape = datum.channels, datum.height, datum.width
        image: NDArray[np.uint8] = np.frombuffer(datum.data, np.uint8).reshape(shape)
        if not self.crop:
            return torch.from_numpy(image.astype(np.float32) / 255), datum.label
        left, top = (random.randint(0, side - self.crop) for side in (datum.width, datum.height))
        image = image[:, top : top + self.crop, left : left + self.crop]
        if random.random() < 0.5:
            image = image[:, :, ::-1]
        return torch.from_numpy(np.subtract(image, BGR_MEAN)), datum.label


def loader(dataset: Dataset[Sample], batch: int, shuffle: bool, workers: int) -> DataLoader[Any]:
    """A DataLoader whose processes stay from epoch to epoch."""
    return DataLoader(
        dataset,
        batch_size=batch,
        shuffle=shuffle,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
    )
