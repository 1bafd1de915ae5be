"""Folders: images of each class, data sets of Hugging Face, and what `layerzoo new` recognises as boxes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import datasets  # type: ignore[import-untyped]
import numpy as np

from layerzoo.data.hugging_face import HuggingFaceSamples, open_saved
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data_report.named_paths import layers_at
from layerzoo.data_report.sources import DataSource
from layerzoo.data_report.statistics import read_statistics
from layerzoo.errors import LayerzooError
from layerzoo.projects.asked import Asked
from layerzoo.projects.recogniser import recognise
from layerzoo.schema import Phase
from tests.data.test_hugging_face import made
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, few, json_text, mutate_bytes, mutate_json, mutate_text
from tests.fuzz.readers.images import encoded
from tests.fuzz.readers.sources import COCO, VOC

_TREES = (
    "cat/a.png 4\ncat/b.png 0\ndog/c.png 6\ndog/d.jpg 1\n",
    "train/cat/a.png 4\ntrain/dog/b.png 4\nval/cat/c.png 4\nval/dog/d.png 4\ntest/cat/e.png 4\n",
    "cat/a.png 4\ndog/b.png -1\ndog/c.txt -1\nclasses.txt -1\n.git/x.png 4\n",
    "cat/deep/er/a.png 4\ncat/loop -> cat\ndog/b.png 4\ndog/c.png -> dog/b.png\n",
    "data.mdb -1\ncat/a.png 4\n",
    "images/a.png 4\nimages/b.png 6\nlabels/a.txt -1\nlabels/b.txt -1\nclasses.txt -1\n",
    "images/a.png 4\nmasks/a.png 4\n",
)
_WORDS = ("train/", "val/", " -> ", "..", "/", "4", "-1", "cat/", ".png", "\udcff", "\x1b[31m", "a" * 300)
_MOST = 60


def _tree(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, random.choice(_TREES), _WORDS, _TREES)))


def _write_tree(data: bytes, folder: Path) -> None:
    """Write what each line names: a file that is one of the images or damaged (-1), or a link."""
    for line in data.split(b"\n")[:_MOST]:
        name, _, target = line.partition(b" -> ")
        number = b"-1"
        if not target:
            name, _, number = line.rpartition(b" ")
        # an absolute path, or one with .., would leave the folder
        inner = b"/".join(part for part in name.split(b"/") if part not in (b"", b".", b".."))
        with suppress(OSError, ValueError):
            path = folder / os.fsdecode(inner)
            path.parent.mkdir(parents=True, exist_ok=True)
            if target:
                path.symlink_to(folder / os.fsdecode(target.lstrip(b"/")))
            elif number.isdigit():
                path.write_bytes(encoded()[int(number) % len(encoded())])
            else:
                path.write_bytes(data[:200])


def _read_all(path: Path) -> None:
    """Read all that lies at a path."""
    for param in layers_at(path):
        source = DataSource(Phase.Name(param.phase), param, param.name)
        try:
            read_statistics(source)
            source.fed(0, 1)
            str([source.class_name(label) for label in (-1, 0, 1)])
        finally:
            source.close()


@kind("folder", _tree, text=True)
def read_folder(data: bytes, folder: Path) -> None:
    """A folder of images, as `layerzoo data info` and as `layerzoo new` read it; one of them may take it."""
    (folder / "photos").mkdir()
    _write_tree(data, folder / "photos")
    failures: list[LayerzooError] = []
    for read in (_read_all, _recognise):
        try:
            read(folder / "photos")
        except LayerzooError as error:
            failures.append(error)
    if len(failures) == 2:
        raise failures[0]


def _recognise(path: Path) -> None:
    recognise(path, Asked())


_IMAGES = 24
"""Images beside annotations: enough to be split into parts."""
_YOLO = ("0 0.5 0.5 0.2 0.3\n1 0.1 0.2 0.1 0.1\n", "2 0.5 0.5 0.2 0.3\n")
_MANY = json.dumps(
    {
        "images": [{"id": n, "file_name": f"{n}.png", "height": 9, "width": 7} for n in range(_IMAGES)],
        "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"image_id": n, "category_id": (3, 9)[n % 2], "bbox": [1, 2, 3.5, 4], "iscrowd": 0}
            for n in range(_IMAGES)
        ],
    }
)
_KEYS = ("id", "file_name", "bbox", "image_id", "category_id", "../a.png", "a.png", "1e999")
_VALUES = (
    "nan",
    "inf",
    "-1",
    "0",
    "1e999",
    "7",
    "9" * 40,
    "a.png",
    "../../a.png",
    "/etc/passwd",
    "",
    "\u2028",
    "&lt;",
)
_FORMS = {
    b"c": (_MANY, ("[", "null", "1e999", "-1", "../a.png")),
    b"v": (VOC, ("<object>", "</object>", "<!DOCTYPE a>", "nan", "../a.png")),
    b"y": (_YOLO[0], ("nan", "-1", "1e999", "9" * 30)),
}


def _other_values(random: Random, text: str) -> str:
    """XML with other texts in some of its elements."""
    values = re.findall(r">([^<]+)<", text)
    for _ in range(few(random)):
        value = random.choice(values)
        text = text.replace(f">{value}<", f">{random.choice(_VALUES)}<", 1)
    return text


def _boxes(random: Random) -> bytes:
    """A letter that says what the file is, and the file."""
    form = random.choice(list(_FORMS))
    seed, words = _FORMS[form]
    if form == b"c" and random.random() < 0.7:
        return form + as_bytes(random, json_text(random, mutate_json(random, json.loads(seed), _KEYS)))
    if form == b"v" and random.random() < 0.7:
        return form + as_bytes(random, encodable(_other_values(random, seed)))
    others: Sequence[str] = _YOLO if form == b"y" else (COCO,) if form == b"c" else (VOC,)
    return form + as_bytes(random, encodable(mutate_text(random, seed, words, others)))


@kind("boxes", _boxes, text=True)
def recognise_boxes(data: bytes, folder: Path) -> None:
    """Annotations of boxes beside images, as `layerzoo new` is given them."""
    form, content = data[:1], data[1:]
    images = folder / {b"v": "JPEGImages", b"y": "images"}.get(form, "")
    images.mkdir(exist_ok=True)
    for number in range(_IMAGES):
        (images / f"{number}.png").write_bytes(encoded()[4])
    (images / "a.png").write_bytes(encoded()[4])
    if form not in (b"v", b"y"):
        (folder / "c.json").write_bytes(content)
        recognise(folder, Asked())
        return
    beside, suffix, right = ("Annotations", "xml", VOC) if form == b"v" else ("labels", "txt", _YOLO[0])
    (folder / beside).mkdir()
    for number in range(_IMAGES):
        file = folder / beside / f"{number}.{suffix}"
        file.write_text(right.replace("a.png", f"{number}.png").replace("cat", ("cat", "dog")[number % 2]))
    (folder / beside / f"a.{suffix}").write_bytes(content)
    recognise(folder, Asked())


@cache
def _saved() -> dict[str, bytes]:
    """The files of a data set of two splits, and of one without splits."""
    datasets.disable_progress_bars()
    with TemporaryDirectory() as name:
        root = Path(name)
        datasets.DatasetDict({"train": made(10, 20), "validation": made(30)}).save_to_disk(str(root / "two"))
        made(10, 20, 30).save_to_disk(str(root / "one"))
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


def _saved_set(random: Random) -> bytes:
    """The number of a file of `_saved`, and what replaces it."""
    names = list(_saved())
    number = random.randrange(len(names))
    data = _saved()[names[number]]
    if random.random() < 0.05:
        return bytes([number]) + data
    if names[number].endswith(".json") and random.random() < 0.6:
        changed = mutate_json(random, json.loads(data), ("_type", "Image", "Value", "ClassLabel", "../x"))
        return bytes([number]) + json_text(random, changed).encode("utf-8", "surrogatepass")
    if names[number].endswith(".json") and random.random() < 0.8:
        words = ("[", "null", '"_type"', '"Image"', '"Value"', '"../x"', "1e999")
        text = mutate_text(random, data.decode(), words)
        return bytes([number]) + as_bytes(random, encodable(text))
    return bytes([number]) + mutate_bytes(random, data)


@kind("hugging-face", _saved_set, share=0.5)
def read_saved_set(data: bytes, folder: Path) -> None:
    """A data set that save_to_disk wrote, with one of its files changed."""
    names = list(_saved())
    number = (data[0] if data else 0) % len(names)
    for place, (name, content) in enumerate(_saved().items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data[1:] if place == number else content)
    source = folder / names[number].partition("/")[0]
    opened = open_saved(source, "train")
    samples = HuggingFaceSamples(opened, Pipeline(Decode(False)), str(source), None)
    for index in range(min(len(samples), 5)):
        samples.read(np.array([index]), np.arange(1), 0)
