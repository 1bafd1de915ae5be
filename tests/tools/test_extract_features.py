import lmdb
import numpy as np
import pytest

from layerzoo.data.datum import write_datums
from layerzoo.errors import DataError, UsageError
from layerzoo.net import Net
from layerzoo.schema import Datum
from layerzoo.tools.extract_features import main

NET = """
layer { name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "db" batch_size: 2 backend: LMDB } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 2 weight_filler { type: "xavier" } } }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
"""


@pytest.fixture
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).integers(0, 9, (4, 1, 3, 4)).astype(np.uint8)
    write_datums("db", images, [5, 6, 7, 8])
    (tmp_path / "net.prototxt").write_text(NET)
    Net("net.prototxt", seed=3).save_weights("net.caffemodel")


def read(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return {bytes(key).decode(): Datum.FromString(value) for key, value in transaction.cursor()}


@pytest.mark.usefixtures("_folder")
def test_examples_become_datums(tmp_path):
    assert main(["net.caffemodel", "net.prototxt", "conv,ip,label", "c,i,l", "2", "lmdb"]) == 0
    net = Net("net.prototxt", weights="net.caffemodel")
    for batch in range(2):
        net()
        for blob, target, shape in (
            ("conv", "c", (2, 2, 3)),
            ("ip", "i", (3, 1, 1)),
            ("label", "l", (1, 1, 1)),
        ):
            datums = read(target)
            assert list(datums) == [f"{i:010d}" for i in range(4)]
            for index in range(2):
                datum = datums[f"{2 * batch + index:010d}"]
                assert (datum.channels, datum.height, datum.width) == shape
                expected = net.blobs[blob][index].detach().numpy()
                np.testing.assert_array_equal(np.array(datum.float_data, np.float32), expected.ravel())
    assert [d.float_data[0] for d in read("l").values()] == [5, 6, 7, 8]


@pytest.mark.usefixtures("_folder")
def test_leveldb_mode_and_device_arguments():
    plyvel = pytest.importorskip("plyvel")
    assert main(["net.caffemodel", "net.prototxt", "ip", "i", "1", "leveldb", "CPU", "0"]) == 0
    database = plyvel.DB("i")
    assert [key for key, _ in database] == [b"0000000000", b"0000000001"]
    database.close()


@pytest.mark.usefixtures("_folder")
def test_usage_and_data_errors(tmp_path):
    common = ["net.caffemodel", "net.prototxt"]
    with pytest.raises(UsageError, match="has no blob 'cnv'; did you mean 'conv'"):
        main([*common, "cnv", "c", "1", "lmdb"])
    with pytest.raises(UsageError, match=r"one database per blob: blobs conv,ip, databases c$"):
        main([*common, "conv,ip", "c", "1", "lmdb"])
    with pytest.raises(DataError, match="db already exists"):
        main([*common, "conv,ip", "c,db", "1", "lmdb"])
    assert not (tmp_path / "c").exists()
    (tmp_path / "deploy.prototxt").write_text(
        'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 } } }'
    )
    with pytest.raises(UsageError, match="has the input 'data'; expected a data layer"):
        main(["net.caffemodel", "deploy.prototxt", "data", "c", "1", "lmdb"])
    with pytest.raises(SystemExit):
        main([*common, "conv", "c", "1", "sqlite"])


@pytest.mark.usefixtures("_folder")
def test_missing_gpu_is_refused():
    with pytest.raises(UsageError, match="device cuda:63 is not available"):
        main(["net.caffemodel", "net.prototxt", "ip", "i", "1", "lmdb", "GPU", "DEVICE_ID=63"])
