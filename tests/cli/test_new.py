"""``layerzoo new``: from data to a trained net in three commands."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerzoo.cli.main import main
from tests.projects.drawn import draw
from tests.projects.drawn_recordings import new_tone, write_tones
from tests.projects.drawn_samples import (
    new_array,
    new_hdf5,
    new_line,
    new_rows,
    new_steps,
    new_text,
    write_arrays,
    write_hdf5,
    write_lines,
    write_steps,
    write_table,
    write_texts,
)

SHAPES = ("disc", "square")


def picture(shape: str, rng: np.random.Generator) -> Image.Image:
    """A light disc or square of random size at a random place on a dark ground."""
    dark, light = (tuple(rng.integers(low, low + 60, 3).tolist()) for low in (0, 180))
    image = Image.new("RGB", (40, 36), dark)
    size = int(rng.integers(16, 24))
    left, top = int(rng.integers(2, 38 - size)), int(rng.integers(2, 34 - size))
    draw = ImageDraw.Draw(image)
    box = (left, top, left + size, top + size)
    if shape == "disc":
        draw.ellipse(box, fill=light)
    else:
        draw.rectangle(box, fill=light)
    return image


def draw_photos(folder: Path, count: int, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    for shape in SHAPES:
        (folder / shape).mkdir(parents=True)
        for number in range(count):
            picture(shape, rng).save(folder / shape / f"{number}.png")
    return folder


def commands(folder: Path, data: Path, *flags: str) -> None:
    """The first two commands, for a short run."""
    assert main(["new", str(folder), "-data", str(data), *flags]) == 0
    assert main(["train", "-solver", str(folder / "solver.yaml")]) == 0


def accuracy(capsys: pytest.CaptureFixture[str], folder: Path) -> float:
    """What ``evaluate`` says of the test part."""
    capsys.readouterr()
    assert main(["evaluate", "-run", str(folder)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("accuracy"))
    return float(line.split()[1].rstrip("%")) / 100


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))


def test_photos_are_classified_in_three_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, held_out = (draw_photos(tmp_path / n, c, s) for n, c, s in (("photos", 60, 1), ("held", 8, 2)))
    commands(tmp_path / "pets", photos, "-epochs", "8", "-batch_size", "8")
    out = capsys.readouterr().out
    assert "photos: a folder of images for each class: 120 images of 2 classes" in out
    assert "2 classes: disc (60), square (60)" in out
    assert f"next: layerzoo train -solver {tmp_path / 'pets/solver.yaml'}" in out
    assert main([*third_command(tmp_path / "pets", held_out), "-top", "1", "-format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 16
    assert sum(Path(row["image"]).parent.name == row["label"] for row in rows) >= 13, "by chance 8"


@pytest.mark.parametrize("parts", [("train", "val", "test"), ("train", "test"), ("train", "val")])
def test_folders_that_are_divided_stay_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], parts: tuple[str, ...]
) -> None:
    for seed, part in enumerate(parts, 1):
        draw_photos(tmp_path / "photos" / part, 24 if part == "train" else 8, seed)
    commands(tmp_path / "pets", tmp_path / "photos", "-epochs", "8", "-batch_size", "8")
    assert f"train 48, {', '.join(f'{part} 16' for part in parts[1:])} samples" in capsys.readouterr().out
    assert accuracy(capsys, tmp_path / "pets") >= 0.75, "by chance 0.5"
    assert main(["classify", "-run", str(tmp_path / "pets"), str(tmp_path / "photos/train/disc/0.png")]) == 0
    assert "square" in capsys.readouterr().out


def third_command(folder: Path, sample: Path | str) -> list[str]:
    """The command that the project's README names, with a sample in the place of its example."""
    lines = (folder / "README.md").read_text().splitlines()
    line = next(line for line in lines if line.startswith(("layerzoo classify", "layerzoo segment")))
    return [*shlex.split(line)[1:-1], str(sample)]


@pytest.mark.parametrize(
    ("name", "write", "ask"),
    [
        ("table.csv", write_table, new_rows),
        ("rows.h5", write_hdf5, new_hdf5),
        ("lines.txt", write_lines, new_line),
        ("texts", write_texts, new_text),
        ("steps.csv", write_steps, new_steps),
        ("arrays", write_arrays, new_array),
        ("tones", lambda path: write_tones(path, 60), new_tone),
    ],
)
def test_samples_of_each_kind_are_classified_in_three_commands(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    write: Callable[[Path], Path],
    ask: Callable[[Path], list[tuple[str, str]]],
) -> None:
    commands(tmp_path / "project", write(tmp_path / name), "-epochs", "12", "-batch_size", "16")
    assert accuracy(capsys, tmp_path / "project") >= 0.85, "by chance 0.5"
    wanted = ask(tmp_path)
    sample = next(iter(tmp_path.glob("new.*")), wanted[0][0])
    third = third_command(tmp_path / "project", sample)
    capsys.readouterr()
    assert main([*third, "-top", "1", "-format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["sample"], row["label"]) for row in rows] == wanted


def test_entry_reads_new_rows_without_the_data_that_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_table(tmp_path / "table.csv")
    commands(tmp_path / "things", table, "-epochs", "12", "-batch_size", "16")
    run = tmp_path / "things/runs/things.run"
    assert main(["zoo", "publish", str(run), "-name", "things"]) == 0
    shutil.rmtree(tmp_path / "things")
    table.unlink()
    new_rows(tmp_path)
    capsys.readouterr()
    assert main(["classify", "-zoo", "things", str(tmp_path / "new.csv"), "-top", "1"]) == 0
    assert re.findall(r"large|small", capsys.readouterr().out) == ["large", "small"]


def test_numbers_are_predicted_in_their_own_units(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rng, lines = np.random.default_rng(8), ["file,price,area"]
    (tmp_path / "homes").mkdir()
    for number in range(120):
        grey = int(rng.integers(0, 256))
        Image.new("RGB", (28, 28), (grey, grey, 255 - grey)).save(tmp_path / f"homes/{number}.png")
        lines.append(f"{number}.png,{100_000 + 1000 * grey},{50 - grey / 10}")
    Image.new("RGB", (28, 28), (200, 200, 55)).save(tmp_path / "one.png")
    (tmp_path / "homes/t.csv").write_text("\n".join(lines) + "\n")
    project = tmp_path / "project"
    commands(
        project,
        tmp_path / "homes/t.csv",
        "-label",
        "price",
        "-model",
        "lenet",
        "-epochs",
        "8",
        "-batch_size",
        "8",
    )
    capfd.readouterr()
    assert main(["classify", "-run", str(project), str(tmp_path / "one.png"), "-format", "json"]) == 0
    guess = json.loads(capfd.readouterr().out)["guesses"][0]
    assert (guess["label"], guess["score"]) == ("price", pytest.approx(300_000, rel=0.2))
    assert main(["evaluate", "-run", str(project), "-out", str(tmp_path / "report")]) == 0
    assert "errors in the units of the data" in capfd.readouterr().out
    target = json.loads((tmp_path / "report/report.json").read_text())["targets"][0]
    assert target["target"] == "price"
    assert 500 < target["mean_absolute_error"] < 40_000, "64,000 is that of the mean"
    assert target["r_squared"] > 0.6


def test_images_and_a_second_table_are_joined(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rng, lines, facts = np.random.default_rng(8), ["id,photo,price"], ["id,area"]
    (tmp_path / "homes").mkdir()
    for number in range(120):
        grey, area = int(rng.integers(0, 256)), float(rng.normal(80, 20))
        Image.new("L", (28, 28), grey).save(tmp_path / f"homes/{number}.png")
        lines.append(f"{number},{number}.png,{1000 + 2 * grey + 5 * area:.1f}")
        facts.append(f"{number},{area:.1f}")
    (tmp_path / "homes/homes.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "facts.csv").write_text("\n".join(facts) + "\n")
    flags = ["-join", str(tmp_path / "facts.csv"), "-epochs", "20"]
    commands(tmp_path / "both", tmp_path / "homes/homes.csv", *flags)
    for grey in (40, 220):
        Image.new("L", (28, 28), grey).save(tmp_path / f"{grey}.png")
    (tmp_path / "new.csv").write_text("photo,area\n40.png,60\n220.png,60\n220.png,100\n")
    capfd.readouterr()
    assert main([*third_command(tmp_path / "both", tmp_path / "new.csv"), "-format", "json"]) == 0
    scores = [json.loads(line)["guesses"][0]["score"] for line in capfd.readouterr().out.splitlines()]
    assert scores == pytest.approx([1380, 1740, 1940], abs=150), "300 and 250 apart from their mean"
    assert scores == sorted(scores), "both the image and the number count"
    assert main([*third_command(tmp_path / "both", tmp_path / "40.png")]) == 2
    assert "expected a CSV file with the columns that trained" in capfd.readouterr().err


def test_targets_are_fitted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(6).normal(size=(240, 2))
    rows = np.column_stack([x, 40 * x[:, 0] - 10 * x[:, 1] + 100]).round(3).tolist()
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "target"), *rows])
    commands(tmp_path / "fit", tmp_path / "t.csv", "-epochs", "15", "-batch_size", "8")
    err = capfd.readouterr().err
    found = re.search(r"^best loss of test net #1: (\S+) at", err, re.M)
    assert found is not None
    assert float(found[1]) < 0.1, "0.5 is that of the mean"
    (tmp_path / "new.csv").write_text("b,a\n0,1\n1,-1\n")
    assert main([*third_command(tmp_path / "fit", tmp_path / "new.csv"), "-format", "json"]) == 0
    guesses = [json.loads(line)["guesses"][0] for line in capfd.readouterr().out.splitlines()]
    assert [guess["label"] for guess in guesses] == ["target"] * 2
    assert [guess["score"] for guess in guesses] == pytest.approx([140, 50], abs=12), "in the data's unit"


def test_several_labels_are_told_of_new_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(6).normal(size=(240, 2))
    rows = [(*row.round(3), *(row > 0).astype(int)) for row in x]
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "label_1", "label_2"), *rows])
    commands(tmp_path / "both", tmp_path / "t.csv", "-epochs", "15", "-batch_size", "8")
    (tmp_path / "new.csv").write_text("a,b\n1.5,-1.5\n")
    capsys.readouterr()
    assert main([*third_command(tmp_path / "both", tmp_path / "new.csv"), "-format", "json"]) == 0
    guesses = json.loads(capsys.readouterr().out)["guesses"]
    assert [guess["label"] for guess in guesses] == ["label_1", "label_2"]
    assert guesses[0]["score"] > 0.8
    assert guesses[1]["score"] < 0.2
    assert main(["evaluate", "-run", str(tmp_path / "both"), "-json"]) == 0
    assert json.loads(capsys.readouterr().out)["all_right"] >= 0.7, "by chance 0.25"


def test_next_characters_are_predicted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = np.random.default_rng(7).choice(["the lion sleeps. ", "a bird sings. "], 500)
    (tmp_path / "book.txt").write_text("".join(words))
    commands(tmp_path / "book", tmp_path / "book.txt", "-epochs", "4", "-batch_size", "8")
    err = capfd.readouterr().err
    line = next(line for line in err.splitlines() if line.startswith("best accuracy:"))
    assert float(line.split()[2]) > 0.7, "the most frequent character is less than a fifth"
    third = third_command(tmp_path / "book", "the ")
    assert main([*third, "-length", "24", "-temperature", "0", "-format", "json"]) == 0
    more = json.loads(capfd.readouterr().out)["continuation"]
    assert len(more) == 24
    assert more.startswith("lion sleeps. ")


def test_entry_of_the_zoo_is_fine_tuned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = draw_photos(tmp_path / "photos", 60, 1)
    assert main(["new", str(tmp_path / "p"), "-data", str(photos), "-model", "zoo:lenet-digits"]) == 0
    net, solver = ((tmp_path / "p" / name).read_text() for name in ("net.yaml", "solver.yaml"))
    assert "lenet-digits" in solver
    assert "height: 28" in net
    assert "force_gray: true" in net
    assert main(["train", "-solver", str(tmp_path / "p/solver.yaml"), "-set", "max_epoch=3"]) == 0
    assert accuracy(capsys, tmp_path / "p") >= 0.7, "by chance 0.5"


@pytest.mark.slow
def test_objects_are_detected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = draw(tmp_path, 120) / "coco"
    commands(tmp_path / "boxes", data, "-epochs", "16", "-batch_size", "4")
    capsys.readouterr()
    image = next(data.rglob("3.png"))  # a square
    flags = ["-threshold", "0.3", "-format", "json"]
    assert main(["detect", "-run", str(tmp_path / "boxes"), str(image), *flags]) == 0
    first = json.loads(capsys.readouterr().out)["objects"][0]
    assert first["label"] == "square"
    wanted = json.loads((tmp_path / "coco/instances.json").read_text())["annotations"][3]["bbox"]
    left, top, right, bottom = first["box"]
    assert [left, top, right - left, bottom - top] == pytest.approx(wanted, abs=8)


@pytest.mark.slow
def test_pixels_are_segmented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = draw(tmp_path, 60) / "masks"
    commands(tmp_path / "pixels", data, "-epochs", "6", "-batch_size", "4")
    out = tmp_path / "out"
    third = third_command(tmp_path / "pixels", data / "images/3.png")
    assert main([*third, "-out", str(out)]) == 0
    assert "object" in capsys.readouterr().out
    found = np.asarray(Image.open(out / "3-mask.png")) == 1
    wanted = np.asarray(Image.open(data / "masks/3.png")) > 0
    assert (found & wanted).sum() / (found | wanted).sum() > 0.8


@pytest.mark.parametrize("model", ["resnet18", "mobilenet_v2"])
def test_large_models_are_written_and_checked(tmp_path: Path, model: str) -> None:
    photos = draw_photos(tmp_path / "photos", 20, 1)
    assert main(["new", str(tmp_path / model), "-data", str(photos), "-model", model, "-size", "64"]) == 0


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/net.yaml").write_text("mine")
    assert main(["new", str(tmp_path / "mine"), "-data", str(tmp_path)]) == 2
    assert "this folder is not empty; nothing is overwritten" in capsys.readouterr().err
    assert (tmp_path / "mine/net.yaml").read_text() == "mine"


def test_data_that_are_not_understood_say_what_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def message(data: Path, *flags: str, code: int = 4) -> str:
        assert main(["new", str(tmp_path / "project"), "-data", str(data), *flags]) == code
        assert not (tmp_path / "project").exists()
        return capsys.readouterr().err

    assert "no such file or folder" in message(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "an empty folder" in message(tmp_path / "empty")
    (tmp_path / "thing.xyz").write_bytes(b"\x00\x01")
    unknown = message(tmp_path / "thing.xyz")
    assert "a file of unknown kind (suffix '.xyz')" in unknown
    assert "a folder with a folder of images for each class" in unknown
    one = draw_photos(tmp_path / "deep/photos", 12, 1)
    deep = message(tmp_path / "deep")
    assert "one class only, 'photos'; expected two or more" in deep
    assert f"the classes may be one folder further in: -data {one}" in deep
    few = draw_photos(tmp_path / "few", 2, 1)
    assert "4 samples are too few" in message(few)
    assert "it takes images, and the data are for classification; use mlp" in message(
        write_table(tmp_path / "t.csv"), "-model", "lenet", code=2
    )
    assert "no such model; did you mean 'lenet'?" in message(one, "-model", "lenett", code=2)
    for file in (one / "disc").iterdir():
        file.write_bytes(b"torn")
    for file in (one / "square").iterdir():
        file.write_bytes(b"torn")
    assert "none of the 24 images that were looked at can be read" in message(one)


def test_what_looks_odd_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = draw_photos(tmp_path / "photos", 20, 1)
    (photos / "disc/notes.doc").write_text("x")
    (photos / "disc/3.png").write_bytes(b"torn")
    assert main(["new", str(tmp_path / "p"), "-data", str(photos)]) == 0
    err = capsys.readouterr().err
    assert "1 file is not an image, and is left out: 1 of suffix .doc" in err
    assert "can't be read" in err
    assert "3.png" in err
