"""The services that read files of arrays, in this process and in one of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerzoo.blobs.blob_proto import read_binaryproto
from layerzoo.data.mean import read_mean
from layerzoo.errors import DataError
from layerzoo.reader import sandbox
from layerzoo.reader.arrays import unpacked
from layerzoo.reader.protocol import Message
from layerzoo.sandboxed import arrays_service
from layerzoo.schema import BlobProto


class Progress:
    """Ignores reports."""

    def item(self, number: int) -> None:
        pass


def only_array(kind: str, path: Path, **setup: Any) -> np.ndarray[Any, Any]:
    progress: Any = Progress()
    service = getattr(arrays_service, kind)({"path": str(path), **setup}, progress)
    head, parts = service.read(Message({"index": 0}, []))
    array = unpacked(head, [memoryview(part) for part in parts])
    assert service.facts()["shapes"] == [list(array.shape)]
    return array


@pytest.fixture
def files(tmp_path: Path) -> Path:
    np.save(tmp_path / "m.npy", np.arange(3.0))
    blob = BlobProto(num=1, channels=2, height=1, width=2, data=[1, 2, 3, 4])
    (tmp_path / "m.binaryproto").write_bytes(blob.SerializeToString())
    return tmp_path


def test_services_give_arrays(files: Path) -> None:
    assert only_array("MeanService", files / "m.npy").shape == (3, 1, 1)
    assert only_array("MeanService", files / "m.binaryproto").tolist() == [[[1, 2]], [[3, 4]]]
    assert only_array("NumpyService", files / "m.npy").tolist() == [0, 1, 2]
    assert only_array("BlobService", files / "m.binaryproto", what="a blob").shape == (1, 2, 1, 2)
    (files / "m.npy").write_bytes(b"\x93NUMPY garbage")
    with pytest.raises(DataError, match="not a readable numpy file"):
        only_array("NumpyService", files / "m.npy")


def test_means_and_blobs_in_the_sandbox_equal_those_outside(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> list[Any]:
        means = [read_mean(files / name) for name in ("m.npy", "m.binaryproto")]
        blob = read_binaryproto(files / "m.binaryproto", "a blob", DataError)
        return [*((mean.dtype, mean.tolist()) for mean in means), blob.shape, blob.tensor().tolist()]

    def text() -> str:
        with pytest.raises(DataError) as error:
            read_binaryproto(files / "damaged", "a blob", DataError)
        return str(error.value)

    (files / "damaged").write_bytes(b"\x2a\xff garbage")
    plain = [*read(), text()]
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    assert [*read(), text()] == plain


def test_reader_of_means_has_no_torch(files: Path) -> None:
    reader = sandbox.started("mean", files / "m.npy", {"path": str(files / "m.npy")})
    assert "libtorch" not in Path(f"/proc/{reader.pid}/maps").read_text()
    reader.close()
