from argparse import ArgumentParser, Namespace

import numpy as np
import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.schema import BlobProto
from layerzoo.tools.reference_model import add_model, add_preprocessing, check_model, integers, mean_of


def test_defaults_are_in_caffes_tree(monkeypatch):
    monkeypatch.setenv("CAFFE_ROOT", "/opt/caffe")
    parser = ArgumentParser()
    add_model(parser)
    add_preprocessing(parser, raw_scale=255.0)
    args = parser.parse_args([])
    assert vars(args) == {
        "model_def": "/opt/caffe/models/bvlc_reference_caffenet/deploy.prototxt",
        "pretrained_model": "/opt/caffe/models/bvlc_reference_caffenet/bvlc_reference_caffenet.caffemodel",
        "gpu": False,
        "mean_file": "/opt/caffe/python/caffe/imagenet/ilsvrc_2012_mean.npy",
        "input_scale": None,
        "raw_scale": 255.0,
        "channel_swap": "2,1,0",
    }
    with pytest.raises(UsageError, match="set --model_def, or CAFFE_ROOT"):
        check_model(args)


def test_check_model_accepts_existing_files(tmp_path):
    (tmp_path / "net").touch()
    check_model(Namespace(model_def=tmp_path / "net", pretrained_model=tmp_path / "net"))


def test_integers_parses_a_list():
    assert integers("channel_swap", "2,1,0") == [2, 1, 0]
    assert integers("channel_swap", "") == []
    with pytest.raises(UsageError, match="--images_dim 2x3; expected integers"):
        integers("images_dim", "2x3")


def test_mean_of_reads_npy_and_binaryproto(tmp_path):
    np.save(tmp_path / "mean.npy", np.arange(12.0).reshape(3, 2, 2))
    mean = mean_of(str(tmp_path / "mean.npy"))
    assert mean is not None
    assert mean.tolist()[1] == [[4, 5], [6, 7]]
    blob = BlobProto(num=1, channels=3, height=1, width=1, data=[104, 117, 123])
    (tmp_path / "mean.binaryproto").write_bytes(blob.SerializeToString())
    values = mean_of(str(tmp_path / "mean.binaryproto"))
    assert values is not None
    assert values.tolist() == [104, 117, 123]
    assert mean_of("") is None
    with pytest.raises(UsageError, match="or none with --mean_file ''"):
        mean_of(str(tmp_path / "none.npy"))
    (tmp_path / "mean.npy").write_text("nothing")
    with pytest.raises(DataError):
        mean_of(str(tmp_path / "mean.npy"))
