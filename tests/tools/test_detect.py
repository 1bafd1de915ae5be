"""The tool with the net of `test_classify`, whose scores are the channel means of each window."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo.errors import DataError, MissingExtraError, UsageError
from layerzoo.net import Net
from layerzoo.tools.detect import main, read_windows, save

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "prob" type: "Pooling" bottom: "data" top: "prob"
  pooling_param { pool: AVE global_pooling: true } }
"""
COMMON = ["--model_def", "net.prototxt", "--pretrained_model", "net.caffemodel", "--mean_file", ""]
LIST = ["--crop_mode", "list", "--context_pad", "0"]


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    Net("net.prototxt").save_weights("net.caffemodel")
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4], pixels[4:] = (10, 20, 30), (40, 50, 60)
    Pillow.fromarray(pixels).save(tmp_path / "a.png")
    Pillow.fromarray(pixels[::-1]).save(tmp_path / "b.png")
    (tmp_path / "in.csv").write_text(
        "filename, xmin, ymin, xmax, ymax\na.png,0,0,8,4\nb.png,0,0,4,4\na.png,2,4,6,8\n"
    )


def test_detect_scores_the_windows_of_a_list(capsys):
    assert main(["in.csv", "out.csv", *COMMON, *LIST]) == 0
    with Path("out.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["filename", "ymin", "xmin", "ymax", "xmax", "class0", "class1", "class2"]
    scores = [(row["filename"], *(round(float(row[f"class{i}"]), 3) for i in range(3))) for row in rows]
    assert scores == [("a.png", 30, 20, 10), ("a.png", 60, 50, 40), ("b.png", 60, 50, 40)]
    assert [float(row["xmax"]) for row in rows] == [8, 6, 4]
    assert "Processed 3 windows" in capsys.readouterr().out


def test_read_windows_keeps_the_order(tmp_path):
    assert read_windows(tmp_path / "in.csv") == {
        "a.png": [(0, 0, 4, 8), (4, 2, 8, 6)],
        "b.png": [(0, 0, 4, 4)],
    }
    (tmp_path / "in.txt").write_text("b.png\n\na.png\n")
    assert read_windows(tmp_path / "in.txt") == {"b.png": [], "a.png": []}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filename,xmin\na,0\n", "no column ymin"),
        ("filename,xmin,ymin,xmax,ymax\na,0,0,1,1\na,0,x,1,1\n", "in.csv:3: a side of the window"),
        ("filename,xmin,ymin,xmax,ymax\na,0,0\n", "in.csv:2: a side of the window"),
        ("filename,xmin,ymin,xmax,ymax\n", "contains no window"),
    ],
)
def test_read_windows_errors(text, message, tmp_path):
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_windows(tmp_path / "in.csv")


def test_usage_and_data_errors(tmp_path):
    (tmp_path / "in.txt").write_text("a.png\n")
    with pytest.raises(UsageError, match="--crop_mode list reads windows from"):
        main(["in.txt", "out.csv", *COMMON])
    with pytest.raises(UsageError, match=r"--crop_mode list requires a \.csv"):
        main(["in.txt", "out.csv", *COMMON, *LIST])
    with pytest.raises(UsageError, match=r"'in.png'; expected a \.txt or a \.csv"):
        main(["in.png", "out.csv", *COMMON, *LIST])
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match=r"a.png: No such file"):
        main(["in.csv", "out.csv", *COMMON, *LIST])


def test_save_writes_a_table_for_pandas(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("tables")
    save([{"filename": "a", "window": (1, 2, 3, 4), "prediction": np.array([0.5])}], tmp_path / "o.h5")
    frame = pandas.read_hdf(tmp_path / "o.h5", "df")
    assert frame.loc["a"].xmin == 2


def test_save_without_pandas_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[pandas\]"):
        save([], tmp_path / "o.h5")
