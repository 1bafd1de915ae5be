"""What a net says of the samples that a command's arguments name."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.cli.main import main
from layerzoo.snapshot.native import read_text as read_state

TABLE = """
name: near
layer:
- {name: data, type: CSVData, top: [numbers, label], csv_data_param: {source: t.csv, batch_size: 4}}
- {name: ip, type: InnerProduct, bottom: numbers, top: ip,
   inner_product_param: {num_output: 2, weight_filler: {type: xavier}}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""
SOLVER = "net: net.yaml\nbase_lr: 0.5\nlr_policy: fixed\nmax_iter: 60\nsnapshot_prefix: near\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a net that tells whether x is large, and one that continues texts, trained."""
    folder = tmp_path_factory.mktemp("samples")
    (folder / "t.csv").write_text(
        "x,label\n" + "".join(f"{x},{'no' if x < 5 else 'yes'}\n" for x in range(10))
    )
    (folder / "net.yaml").write_text(TABLE)
    (folder / "solver.yaml").write_text(SOLVER)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("LAYERZOO_HOME", str(folder / "home"))
        assert main(["train", "-solver", "solver.yaml"]) == 0
        (folder / "book.txt").write_text("ab" * 800)
        assert main(["new", "book", "-data", "book.txt", "-epochs", "3"]) == 0
        assert main(["train", "-solver", "book/solver.yaml"]) == 0
    return folder


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LAYERZOO_HOME", str(folder / "home"))


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_rows_of_files_and_of_stdin_are_classified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("n,x\n1,9\n2,0\n")
    (tmp_path / "b.tsv").write_text("x\tn\n0\t1\n")
    stdin(monkeypatch, b"x,n\n9,0\n")
    flags = ["-top", "1", "-format", "csv"]
    assert main(["classify", "-run", "near.run", str(tmp_path / "*.?sv"), "-", *flags]) == 0
    rows = [line.split(",")[:3] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [
        [f"{tmp_path}/a.csv:2", "1", "yes"],
        [f"{tmp_path}/a.csv:3", "1", "no"],
        [f"{tmp_path}/b.tsv:2", "1", "no"],
        ["<stdin>:2", "1", "yes"],
    ]


def test_what_cannot_be_read_is_reported_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("n,y\n1,9\n2,0\n")
    (tmp_path / "b.csv").write_text("n,x\n1,9\n2,\n")
    names = [str(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv")]
    assert main(["classify", "-run", "near.run", *names, "-top", "1"]) == 4
    printed = capsys.readouterr()
    assert f"{names[0]}: no column 'x', which the net was trained with; it has 'n', 'y'" in printed.err
    assert f"warning: {names[1]}: column 'x': 1 missing value, replaced by the mean" in printed.err
    assert f"{names[2]}: can't be read: No such file or directory" in printed.err
    assert printed.out.count("\n") == 4, "two rows, two lines each"


def test_other_samples_are_refused_with_what_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
    assert main(["classify", "-run", "near.run", str(tmp_path / "a.png")]) == 2
    expected = "near was trained with other data; expected a CSV file with the columns that trained, by name"
    assert f"a.png: {expected}" in capsys.readouterr().err
    assert main(["classify", "-run", "near.run", "-text", "a fine film"]) == 2
    assert "-text: near takes no texts; expected a CSV file" in capsys.readouterr().err
    assert main(["classify", "-run", "near.run", "t.csv", "-temperature", "0.5"]) == 2
    assert "-temperature: near doesn't continue texts; leave it out" in capsys.readouterr().err
    assert main(["classify", "-run", "near.run"]) == 2
    assert "SAMPLE is required" in capsys.readouterr().err


def test_texts_are_continued(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ["-length", "6", "-temperature", "0"]
    assert main(["classify", "-run", "book", "-text", "aba", *flags]) == 0
    assert capsys.readouterr().out == "abababab" + "a\n"
    stdin(monkeypatch, b"ab\n")
    assert main(["classify", "-run", "book", "-", "-format", "csv", *flags]) == 0
    assert capsys.readouterr().out == "sample,text,continuation\n<stdin>,ab,ababab\n"
    assert main(["classify", "-run", "book", "-text", "xyz", "-text", "b", *flags]) == 4
    printed = capsys.readouterr()
    assert printed.out == "bababab\n"
    assert "'xyz': no token of it is in the vocabulary" in printed.err


def test_seed_decides_what_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for seed in ("1", "1", "2"):
        flags = ["-length", "60", "-temperature", "50", "-seed", seed]
        assert main(["classify", "-run", "book", "-text", "a", *flags]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


def test_snapshot_says_how_new_rows_are_read(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert read_state(next(folder.glob("near.run/iter_*")))["inputs"].count("column {") == 2
    weights = next(folder.glob("near.run/iter_*/weights.safetensors"))
    assert main(["classify", "-model", "net.yaml", "-weights", str(weights), "t.csv", "-top", "1"]) == 0
    words = capsys.readouterr().out.split()
    assert words[2::3] == ["no"] * 5 + ["yes"] * 5
