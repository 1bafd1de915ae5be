import logging
import os

import pytest

from layerzoo.errors import UsageError
from layerzoo.tools.caffe import main, with_caffe_snapshots, without_glog

SOLVER = """
net_param {
  layer { name: "data" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 1 } }
  layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "y" top: "loss" }
}
base_lr: 0.1 lr_policy: "fixed" max_iter: 2 display: 1 snapshot_prefix: "s" solver_mode: CPU
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLOG_minloglevel", "0")
    monkeypatch.delenv("GLOG_log_dir", raising=False)
    (tmp_path / "solver.prototxt").write_text(SOLVER)


def test_without_glog_splits_off_glogs_flags():
    words = "-logtostderr=1 train --alsologtostderr -v 2 -solver s.prototxt -nolog_prefix --minloglevel=1"
    others, flags = without_glog(words.split())
    assert others == ["train", "-solver", "s.prototxt"]
    assert flags == {
        "logtostderr": "1",
        "alsologtostderr": "",
        "v": "2",
        "nolog_prefix": "",
        "minloglevel": "1",
    }


def test_without_glog_keeps_other_words():
    words = ["test", "-model", "v", "-weights", "log_dir", "v", "-verbose"]
    assert without_glog(words) == (words, {})


def test_train_writes_the_log_to_log_dir(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    status = main(["train", "-solver", "solver.prototxt", "-logtostderr", f"-log_dir={tmp_path}/logs"])
    assert status == 0
    assert "Iteration 1, lr = 0.1" in capsys.readouterr().err
    assert "Iteration 1, lr = 0.1" in (tmp_path / "logs" / "caffe.INFO").read_text()
    (log,) = (tmp_path / "logs").glob("caffe.*.log.INFO.*")
    assert log.name.endswith(f".{os.getpid()}")
    assert not [h for h in logging.getLogger("layerzoo").handlers if isinstance(h, logging.FileHandler)]


def test_minloglevel_filters_lines(capsys):
    assert main(["train", "-solver", "solver.prototxt", "-minloglevel", "2"]) == 0
    assert "Iteration" not in capsys.readouterr().err


def test_exit_code_is_that_of_the_command(capsys):
    assert main(["train", "-solver", "none.prototxt"]) == 2
    assert "no file 'none.prototxt'" in capsys.readouterr().err


def test_log_dir_that_is_missing():
    with pytest.raises(UsageError, match="log_dir 'none' is not a directory"):
        main(["device_query", "-log_dir", "none"])


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("", [".caffemodel", ".solverstate"]),
        ("snapshot_format: HDF5", [".caffemodel.h5", ".solverstate.h5"]),
    ],
)
def test_train_writes_snapshots_that_scripts_read(text, ends, tmp_path):
    (tmp_path / "solver.prototxt").write_text(SOLVER + text)
    assert main(["train", "--solver=solver.prototxt"]) == 0
    assert sorted(path.name for path in tmp_path.glob("s_iter_*")) == [f"s_iter_2{end}" for end in ends]
    more = ["-set", "max_iter=4", f"--snapshot=s_iter_2{ends[1]}"]
    assert main(["-solver", "solver.prototxt", "train", *more]) == 0
    assert (tmp_path / f"s_iter_4{ends[0]}").exists()


def test_with_caffe_snapshots_changes_only_train():
    assert with_caffe_snapshots(["train", "-solver", "solver.prototxt"])[:2] == [
        "-set",
        "snapshot_format=BINARYPROTO",
    ]
    for words in (["test", "-model", "x"], ["train"], ["train", "-solver", "gone.prototxt"]):
        assert with_caffe_snapshots(words) == words


def test_snapshot_format_on_the_command_line_wins(tmp_path):
    assert main(["train", "-solver", "solver.prototxt", "-set", "snapshot_format=HDF5"]) == 0
    assert sorted(path.name for path in tmp_path.glob("s_iter_*")) == [
        "s_iter_2.caffemodel.h5",
        "s_iter_2.solverstate.h5",
    ]
