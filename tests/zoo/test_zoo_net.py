"""Loading and using an entry."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import layerzoo.zoo
from layerzoo.data.datasets.digits import Digits
from layerzoo.errors import DataError, ZooError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.weights.safetensors import write_safetensors
from layerzoo.zoo import Entry, Guess, LocalZoo, ZooNet, entry_net, images_in, load, publish
from layerzoo.zoo.entry import ORIGINS
from layerzoo.zoo.golden import golden_pair


@pytest.fixture
def digits() -> list[bytes]:
    """Some test digits as PNG files."""
    images, _ = Digits().load("test")
    found = []
    for image in images[:5]:
        file = io.BytesIO()
        Image.fromarray(np.rint(image[0] * 255).astype(np.uint8)).save(file, "PNG")
        found.append(file.getvalue())
    return found


def rewritten(entry: Entry, zoo: LocalZoo, **files: bytes) -> Entry:
    """Publish the entry with some files changed, as an untrusted publisher could."""
    kept: dict[str, bytes | Path] = {name: entry.path / name for name in entry.files}
    changed = {name.replace("__", "."): content for name, content in files.items()}
    made = publish("changed", {**kept, **changed}, entry.manifest, zoo)
    (zoo.root / ORIGINS).mkdir(exist_ok=True)
    (zoo.root / ORIGINS / made.address).write_text("https://example.org\n")
    return made


def test_entry_loads_with_its_labels_and_trained_weights(entry: Entry, zoo: LocalZoo, run: Path) -> None:
    net = load("tiny", zoo=zoo)
    assert net.name == "tiny@1"
    assert net.labels == list("0123456789")
    assert net.prediction == "prob"
    images, _ = Digits().load("test")
    trained = Net(run / "net.prototxt", "TEST", weights=run / "iter_7" / "weights.safetensors")
    trained()
    wanted = torch.softmax(trained.blobs["ip"], 1)
    torch.testing.assert_close(net.scores(torch.from_numpy(images[:90])), wanted)


def test_classify_ranks_the_classes_of_images(
    entry: Entry, zoo: LocalZoo, digits: list[bytes], tmp_path: Path
) -> None:
    net = load(entry)
    guesses = net.classify(digits, top=3, batch_size=2)
    assert len(guesses) == 5
    for row in guesses:
        assert len(row) == 3
        assert row[0].score >= row[1].score >= row[2].score
        assert all(guess.label == str(guess.index) for guess in row)
    scores = net.scores(net.prepare(digits))
    assert [row[0].index for row in guesses] == scores.argmax(1).tolist()
    (tmp_path / "a.png").write_bytes(digits[0])
    pixels = np.asarray(Image.open(io.BytesIO(digits[0])))
    colour = np.repeat(pixels[..., None], 3, axis=2)
    first = guesses[0]
    assert net.classify([tmp_path / "a.png", pixels, colour], top=3) == [first, first, first]
    assert net.classify([], top=3) == []


def test_numbers_of_targets_are_all_given_in_order() -> None:
    net = Net(
        parse_net(
            "layer: [{name: data, type: Input, top: data, input_param: {shape: {dim: [1, 3]}}}]",
            format="yaml",
        )
    )
    targets = ZooNet(net, ["price", "area"], predicts_numbers=True)
    (row,) = targets.guesses(torch.tensor([[-5.0, 7, 2]]), top=1)
    assert row == [Guess("price", 0, -5), Guess("area", 1, 7), Guess("2", 2, 2)]


def test_bad_image_does_not_stop_the_others(entry: Entry, digits: list[bytes]) -> None:
    net = load(entry)
    found = [
        guesses for _, guesses in net.classify_each([digits[0], b"junk", "nowhere.png", digits[1]], 1, 2)
    ]
    assert isinstance(found[0], list)
    assert "the image: not an image" in str(found[1])
    assert "nowhere.png: No such file" in str(found[2])
    assert isinstance(found[3], list)
    with pytest.raises(DataError, match="nowhere"):
        net.classify(["nowhere.png"])
    with pytest.raises(DataError, match="expected uint8"):
        net.classify([np.zeros((3, 3), np.float32)])  # type: ignore[list-item]  # wrong type on purpose


def test_load_accepts_an_address(entry: Entry, monkeypatch: pytest.MonkeyPatch, zoo: LocalZoo) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(zoo.root.parent))
    assert layerzoo.zoo.load("tiny@1").entry == entry


NARROW = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 10 kernel_size: 8 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "c" top: "prob" }
"""


def test_load_without_params_gives_the_same_scores_and_holds_filters_once(
    entry: Entry, zoo: LocalZoo, tmp_path: Path
) -> None:
    original = Net(parse_net(NARROW))
    original.save_weights(tmp_path / "w.safetensors")
    images = torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        wanted = original(images)["prob"].flatten(1)
    files = {
        "deploy.prototxt": NARROW.encode(),
        "weights.safetensors": tmp_path / "w.safetensors",
        "golden.safetensors": golden_pair(original),
    }
    made = publish("narrow", files, entry.manifest, zoo)
    for keep, count in ((True, 640), (False, 0)):
        net = load(made, keep_params=keep)
        assert torch.allclose(net.scores(images), wanted, atol=1e-6)
        assert torch.allclose(net.scores(images[:1]), wanted[:1], atol=1e-6)
        assert net.net.layer("c").weight.numel() == count


def test_weights_of_wrong_shape_are_refused_before_the_net_is_built(
    entry: Entry, zoo: LocalZoo, tmp_path: Path
) -> None:
    write_safetensors(tmp_path / "w", {"ip": [torch.zeros(10, 63), torch.zeros(10)]})
    with pytest.raises(
        ZooError, match=re.escape("layer 'ip', blob 0, have shape (10, 63); the net expects (10, 64)")
    ):
        load(rewritten(entry, zoo, weights__safetensors=(tmp_path / "w").read_bytes()), zoo=zoo)
    write_safetensors(tmp_path / "w", {"ip": [torch.zeros(10, 64)]})
    with pytest.raises(ZooError, match="weights are missing for blob 1 of layer 'ip'"):
        load(rewritten(entry, zoo, weights__safetensors=(tmp_path / "w").read_bytes()), zoo=zoo)
    write_safetensors(tmp_path / "w", {"ip": [torch.ones(10, 64), torch.zeros(10)]})
    with pytest.raises(ZooError, match="outputs differ from those at publication"):
        load(rewritten(entry, zoo, weights__safetensors=(tmp_path / "w").read_bytes()), zoo=zoo)


def test_net_larger_than_memory_is_refused_before_it_is_built(entry: Entry, zoo: LocalZoo) -> None:
    deploy = (entry.path / "deploy.prototxt").read_text()
    huge = deploy.replace("num_output: 10", "num_output: 2000000000")
    with pytest.raises(ZooError, match=r"needs [\d,.]+ GB of memory, more than"):
        load(rewritten(entry, zoo, deploy__prototxt=huge.encode()), zoo=zoo)
    wide = deploy.replace("dim: 1\n", "dim: 1000000\n", 1)
    with pytest.raises(ZooError, match="GB of memory"):
        load(rewritten(entry, zoo, deploy__prototxt=wide.replace("dim: 8", "dim: 300").encode()), zoo=zoo)


def test_python_layer_of_an_entry_does_not_run(
    entry: Entry, zoo: LocalZoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_module.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(tmp_path)
    deploy = (entry.path / "deploy.prototxt").read_text()
    param = 'python_param { module: "evil_module" layer: "L" }'
    python = f'layer {{ name: "evil" type: "Python" bottom: "prob" top: "x" {param} }}'
    with pytest.raises(layerzoo.LayerzooError, match=r"evil_module|unknown layer type 'Python'"):
        load(rewritten(entry, zoo, deploy__prototxt=f"{deploy}\n{python}\n".encode()), zoo=zoo)


def test_fetched_net_cannot_read_or_write_other_files(entry: Entry, zoo: LocalZoo) -> None:
    net = (entry.path / "net.prototxt").read_text()
    for path in ("/etc/passwd", "../../x", "a/../../b", "C:\\\\x", "\\\\\\\\host\\\\share"):
        param = f'data_param {{ source: "{path}" batch_size: 1 }}'
        bad = f'{net}\nlayer {{ name: "d" type: "Data" top: "d" {param} }}\n'
        changed = rewritten(entry, zoo, net__prototxt=bad.encode())
        with pytest.raises(ZooError, match=r"layer 'd' \(Data\) names .* outside of the entry's folder"):
            entry_net(changed)
        assert entry_net(changed, overrides=["net.layer[d].data_param.source=/my/data"])
    param = 'hdf5_output_param { file_name: "x" }'
    writing = f'{net}\nlayer {{ name: "w" type: "HDF5Output" bottom: "ip" {param} }}\n'
    with pytest.raises(ZooError, match=r"layer 'w' \(HDF5Output\) writes files"):
        entry_net(rewritten(entry, zoo, net__prototxt=writing.encode()))
    assert entry_net(entry).message.name == "tiny", "an entry published locally is trusted"


def test_fetched_list_cannot_name_other_files(entry: Entry, zoo: LocalZoo) -> None:
    param = 'image_data_param { source: "list.txt" batch_size: 1 }'
    net = (entry.path / "net.prototxt").read_text()
    net += f'\nlayer {{ name: "d" type: "ImageData" top: "d" top: "l" {param} }}\n'
    changed = rewritten(entry, zoo, net__prototxt=net.encode(), list__txt=b"a.png 1\n../../x.png 1\n")
    with pytest.raises(ZooError, match=r"layer 'd' \(ImageData\): line 2 of 'list\.txt' names '\.\./\.\./x"):
        entry_net(changed)
    assert entry_net(changed, overrides=["net.layer[d].image_data_param.source=mine.txt"])
    assert entry_net(rewritten(entry, zoo, net__prototxt=net.encode(), list__txt=b"a.png 1\n"))


def test_fetched_net_reads_only_intact_files_of_its_entry(entry: Entry, zoo: LocalZoo) -> None:
    param = 'hdf5_data_param { source: "list.txt" batch_size: 1 }'
    net = (entry.path / "net.prototxt").read_text()
    net += f'\nlayer {{ name: "d" type: "HDF5Data" top: "d" {param} }}\n'
    changed = rewritten(entry, zoo, net__prototxt=net.encode())
    assert entry_net(changed), "the list is the user's, in the working folder"
    (changed.path / "list.txt").symlink_to("/etc/hostname")
    with pytest.raises(ZooError, match=r"has no file 'list\.txt'"):
        entry_net(changed)
    changed = rewritten(entry, zoo, net__prototxt=net.encode(), list__txt=b"a.h5\n")
    (changed.path / "list.txt").unlink()
    (changed.path / "list.txt").symlink_to(entry.path / "labels.txt")
    with pytest.raises(ZooError, match=r"'list\.txt' is not a regular file"):
        entry_net(changed)


def test_labels_that_are_not_text_are_refused(entry: Entry, zoo: LocalZoo) -> None:
    with pytest.raises(ZooError, match=r"'labels\.txt' is not text in UTF-8"):
        load(rewritten(entry, zoo, labels__txt=b"\xff\xfe"))


def test_entry_without_preprocessing_refuses_images(zoo: LocalZoo) -> None:
    net = ZooNet(
        Net(
            parse_net(
                "layer:\n"
                "- {name: a, type: Input, top: [a, b], input_param: {shape: {dim: [1, 2]}}}\n"
                "- {name: s, type: Eltwise, bottom: [a, b], top: s}\n",
                format="yaml",
            )
        )
    )
    with pytest.raises(ZooError, match="takes no images"):
        net.classify([b""])
    with pytest.raises(ZooError, match="has 2 inputs; expected one"):
        net.scores(torch.zeros(1, 2))
    assert net.label(3) == "3"
    publish("bare", {}, {}, zoo)
    with pytest.raises(ZooError, match="has no net for deployment"):
        load("bare", zoo=zoo)


def test_guess_has_label_index_and_score() -> None:
    assert vars(Guess("seven", 7, 0.5)) == {"label": "seven", "index": 7, "score": 0.5}


def test_image_files_are_listed_recursively(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "a.jpg", "b/notes.txt", "b/1.jpeg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(images_in([tmp_path, "x.bin"])) == [
        tmp_path / "a.jpg",
        tmp_path / "b" / "1.jpeg",
        tmp_path / "b" / "2.PNG",
        Path("x.bin"),
    ]
