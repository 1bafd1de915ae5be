import numpy as np
import pytest

from layerzoo.data.mean import read_mean
from layerzoo.errors import DataError
from layerzoo.schema import BlobProto


def test_read_mean_reads_caffes_binaryproto(data):
    mean = read_mean(data / "conformance/images/mean_of_3.binaryproto")
    assert mean.shape == (3, 64, 80)
    assert 0 < mean.min() < mean.max() < 255


def test_read_mean_of_one_value_a_channel_or_of_a_batch_of_one(tmp_path):
    np.save(tmp_path / "channels.npy", np.array([1, 2, 3]))
    np.save(tmp_path / "four.npy", np.arange(12).reshape(1, 3, 2, 2))
    assert read_mean(tmp_path / "channels.npy").tolist() == [[[1]], [[2]], [[3]]]
    assert read_mean(tmp_path / "four.npy").tolist() == np.arange(12).reshape(3, 2, 2).tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xff\xff", "damaged at byte 0, or not a mean image"),
        (b"", "the file is empty; expected a mean image"),
        (
            BlobProto(num=1, channels=1, height=2, width=2, data=[1, 2, 3]).SerializeToString(),
            "or not a mean image: it declares 1 x 1 x 2 x 2 and holds 3 values",
        ),
        (b"\x93NUMPY\x01\x00", "not a readable numpy file"),
    ],
)
def test_read_mean_rejects_damaged_files(tmp_path, content, message):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_mean(tmp_path / "m")


def test_read_mean_rejects_numpy_objects_and_wrong_shapes(tmp_path):
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    np.save(tmp_path / "two.npy", np.zeros((4, 4)))
    with pytest.raises(DataError, match="not a readable numpy file"):
        read_mean(tmp_path / "o.npy")
    with pytest.raises(DataError, match="expected channels x height x width"):
        read_mean(tmp_path / "two.npy")
