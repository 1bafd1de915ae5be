"""What is interrupted of the commands for data: downloads of named data sets, and imports to an LMDB."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from layerzoo.data.dataset import DATASETS, NamedSet
from layerzoo.data.remote_files import RemoteFile
from layerzoo.data.samples import Floats
from tests.data_report.photos import photo, save
from tests.faults.scenarios import Scenario, leftovers

_FILES = {"one.bin": bytes(range(256)) * 400, "two.bin": b"second" * 100}
_IMAGES = 14


class Pair(NamedSet):
    """A data set of two files."""

    channels, native_size, size, classes, credit = 1, 2, 2, 2, "the test"
    files = tuple(
        RemoteFile(name, len(data), hashlib.sha256(data).hexdigest(), ("http://127.0.0.1:1/none",))
        for name, data in _FILES.items()
    )

    def load(self, split: str) -> tuple[Floats, Floats]:
        """Nothing is read."""
        raise NotImplementedError


class GettingData(Scenario):
    """A named data set that is downloaded from a server.

    Args:
        name, drops_after: see `Scenario`.
    """

    http = True

    def __init__(self, name: str, drops_after: int = 0) -> None:
        self.name, self.drops_after = name, drops_after

    def prepare(self, root: Path) -> None:
        """Write the files of the server."""
        (root / "store").mkdir()
        for name, data in _FILES.items():
            (root / "store" / name).write_bytes(data)

    def command(self, root: Path) -> list[str]:
        """Download the data set, which only this process knows."""
        list(DATASETS)
        DATASETS._known["pair"] = Pair
        return ["data", "get", "pair", "-from", os.environ["FAULTS_STORE"]]

    def intact(self, root: Path) -> list[str]:
        """A file that has its name is whole."""
        folder = root / "home" / "datasets" / "pair"
        return [
            f"{name} is not whole"
            for name, data in _FILES.items()
            if (folder / name).exists() and (folder / name).read_bytes() != data
        ]

    def result(self, root: Path) -> object:
        """The hashes of the files, and what else is there."""
        folder = root / "home" / "datasets" / "pair"
        hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}
        return hashes, leftovers(root)


class Importing(Scenario):
    """A folder of images for each class that is converted to an LMDB."""

    name = "import"
    limits = (0, 100, 1000, 5000, 20_000, 50_000)
    once = True

    def prepare(self, root: Path) -> None:
        """Write the images."""
        for number in range(_IMAGES):
            save(root / "photos" / ("cat", "dog")[number % 2] / f"{number:02}.png", photo(number))

    def command(self, root: Path) -> list[str]:
        """Import the folder."""
        return ["data", "import", str(root / "photos"), str(root / "db"), "-raw"]

    def intact(self, root: Path) -> list[str]:
        """A database that has its name has all records and names of classes."""
        if not (root / "db").exists():
            return []
        labels, names = self._stored(root)
        wrong = [] if labels == self._labels() else [f"the database has the labels {labels}"]
        return wrong if names == "cat\ndog\n" else [*wrong, f"classes.txt has {names!r}"]

    def result(self, root: Path) -> object:
        """The labels of the records, the names of the classes, and the files."""
        if not (root / "db").exists():
            return "no database"
        files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if "photos" not in path.parts)
        # a lock that stays keeps nobody out
        return *self._stored(root), [
            file for file in files if not file.startswith(("home", ".db.importing.lock"))
        ]

    @staticmethod
    def _labels() -> list[int]:
        return [0] * (_IMAGES // 2) + [1] * (_IMAGES // 2)

    @staticmethod
    def _stored(root: Path) -> tuple[list[int], str | None]:
        from layerzoo.data.datum import read_datums
        from layerzoo.data.lmdb_records import LMDBRecords

        records = LMDBRecords(root / "db")
        try:
            images, labels = read_datums(records.read(range(len(records))), records.name)
        finally:
            records.close()
        pixels = np.asarray(images)
        assert pixels.shape[1:] == (3, 40, 40), pixels.shape
        file = root / "db" / "classes.txt"
        return labels.astype(int).tolist(), file.read_text() if file.exists() else None
