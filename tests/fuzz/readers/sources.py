"""Sources of data of one's own: tables, texts, annotations, masks, recordings, files of named sets."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import soundfile  # type: ignore[import-untyped]

from layerzoo.data.audio import log_mel, read_audio
from layerzoo.data.cifar import read_cifar, read_members
from layerzoo.data.coco import read_coco
from layerzoo.data.idx import read_idx
from layerzoo.data.mask_files import read_mask
from layerzoo.data.mat import read_mat
from layerzoo.data.new_rows import new_rows
from layerzoo.data.new_samples import NewSource
from layerzoo.data.table_source import load_table
from layerzoo.data.tar_shards import index_shard
from layerzoo.data.texts import Lines, Windows, read_labelled_lines, read_texts
from layerzoo.data.voc import read_voc
from layerzoo.data.vocabulary import Vocabulary, build, read_vocabulary
from layerzoo.errors import LayerzooError
from layerzoo.schema import ColumnParameter, CSVDataParameter
from tests.data.test_cifar import archive
from tests.data.test_idx import IMAGES, idx
from tests.data.test_mat import X, matrix, written
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_bytes, mutate_text
from tests.fuzz.readers.images import encoded

_TABLES = (
    "id,size,colour,photo,label\n1,1.5,red,a.png,cat\n2,NA,blue,b.png,dog\n3,4,red,c.png,cat\n",
    'x;y\n"1,5";"a ""b"" c"\n2;"two\nlines"\n',
    "1\t2\t3\n4\t5\t6\n",
    "\ufeffx,label_1,label_2\r\n1,0,1\r\n2,1,0\r\n",
)


def _table(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, random.choice(_TABLES), (",", '"', "NA"), _TABLES)))


@kind("table", _table, text=True)
def read_table(data: bytes, folder: Path) -> None:
    """A CSV file, whose columns are found by inspection."""
    (folder / "t.csv").write_bytes(data)
    load_table(CSVDataParameter(source=str(folder / "t.csv")), (0.1, 0.2))


_FITTED = CSVDataParameter(
    header=True,
    column=[
        ColumnParameter(name="x", type=ColumnParameter.NUMBER, mean=1, std=2),
        ColumnParameter(name="colour", type=ColumnParameter.CATEGORY, category=["red"]),
    ],
)
_ROWS = ("x,colour\n1,red\n,blue\n", "id;colour;x\n7;red;1,5\n8;;2\n", "\ufeffcolour,x\r\nred,3\r\n")


def _rows(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, random.choice(_ROWS), (",", '"', "NA"), _ROWS)))


@kind("new-rows", _rows, text=True)
def read_new_rows(data: bytes, folder: Path) -> None:
    """A CSV file that a trained net is asked about."""
    new_rows(_FITTED, NewSource("new.csv", None, data))


_TEXTS = (
    "good\tvery nice\nbad\tso so\n",
    "__label__a one two\n__label__b three\n",
    "Once, there was a zoo. " * 3,
)


def _text(random: Random) -> bytes:
    return as_bytes(
        random, encodable(mutate_text(random, random.choice(_TEXTS), ("\t", "__label__"), _TEXTS))
    )


@kind("text", _text, text=True)
def read_text(data: bytes, folder: Path) -> None:
    """A text, as windows and as labelled lines; one of them may take it."""
    (folder / "t.txt").write_bytes(data)
    failures: list[LayerzooError] = []
    for read in (_windows, _lines):
        try:
            read(folder / "t.txt")
        except LayerzooError as error:
            failures.append(error)
    if len(failures) == 2:
        raise failures[0]


def _windows(path: Path) -> None:
    texts = read_texts(path)
    for units in ("CHARACTERS", "WORDS"):
        Windows(texts, build([one.text for one in texts], units, 50), 2, 1, False)  # type: ignore[arg-type]


def _lines(path: Path) -> None:
    lines = read_labelled_lines(path)
    Lines(lines, sorted({line.label for line in lines}), build([lines[0].text], "WORDS", 9), 3, True, False)


_VOCABULARIES = (
    '{"format": 1, "units": "CHARACTERS", "lowercase": false, "tokens": ["<pad>", "<unknown>", "a"], '
    '"merges": []}',
    '{"format": 1, "units": "BPE", "lowercase": true, "tokens": ["<pad>", "<unknown>", "a", "b", "ab"], '
    '"merges": [["a", "b"]]}',
)


def _vocabulary(random: Random) -> bytes:
    seed = random.choice(_VOCABULARIES)
    return as_bytes(random, encodable(mutate_text(random, seed, ("[", "null", "1"), _VOCABULARIES)))


@kind("vocabulary", _vocabulary, text=True)
def read_a_vocabulary(data: bytes, folder: Path) -> Vocabulary:
    """A vocabulary, which then encodes and decodes."""
    (folder / "v.json").write_bytes(data)
    vocabulary = read_vocabulary(folder / "v.json")
    vocabulary.decode(vocabulary.encode("a zoo").tolist())
    return vocabulary


COCO = (
    '{"images": [{"id": 1, "file_name": "a.png", "height": 9, "width": 7}, {"id": 2, "file_name": "b.png"}], '
    '"categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}], "annotations": '
    '[{"image_id": 1, "category_id": 9, "bbox": [1, 2, 3.5, 4], "iscrowd": 0}]}'
)


def _coco(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, COCO, ("[", "null", "1e999", "-1"), [COCO])))


@kind("coco", _coco, text=True)
def read_annotations(data: bytes, folder: Path) -> None:
    """Annotations in COCO's format."""
    (folder / "c.json").write_bytes(data)
    read_coco(folder / "c.json")


VOC = (
    "<annotation><filename>a.png</filename><size><width>7</width><height>9</height></size><object><name>cat"
    "</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox>"
    "</object></annotation>"
)


def _voc(random: Random) -> bytes:
    words = ("<object>", "</object>", "<!DOCTYPE a>", "nan", "&amp;")
    return as_bytes(random, encodable(mutate_text(random, VOC, words, [VOC])))


@kind("voc", _voc, text=True)
def read_xml_file(data: bytes, folder: Path) -> None:
    """An XML file of PASCAL VOC, beside its image."""
    (folder / "a.png").touch()
    (folder / "a.xml").write_bytes(data)
    read_voc(folder)


def _mask(random: Random) -> bytes:
    seed = random.choice(encoded())
    return seed if random.random() < 0.3 else mutate_bytes(random, seed, encoded())


@kind("mask", _mask)
def read_label_image(data: bytes, folder: Path) -> None:
    """A label image, with a palette or grey levels."""
    (folder / "m.png").write_bytes(data)
    read_mask(folder / "m.png")


@cache
def _named() -> list[bytes]:
    """Files of named data sets: IDX, a tar archive of CIFAR, and MATLAB's, compressed or not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        tar = [archive(folder / "a", {"b.bin": bytes(3073)}, mode).read_bytes() for mode in ("w", "w:gz")]
        mat = [written(folder, matrix("X", X), packed=packed).read_bytes() for packed in (True, False)]
    return [idx(IMAGES[:1, :4, :4]), gzip.compress(idx(IMAGES[:1, :4, :4])), *tar, *mat]


def _file(random: Random) -> bytes:
    seed = random.choice(_named())
    return seed if random.random() < 0.1 else mutate_bytes(random, seed, _named())


@kind("named-set", _file)
def read_named_set(data: bytes, folder: Path) -> None:
    """A file of a named data set; one of the readers may take it."""
    (folder / "f").write_bytes(data)
    failures: list[LayerzooError] = []
    for read in (_idx, _cifar, _mat, _shard):
        try:
            read(folder / "f")
        except LayerzooError as error:
            failures.append(error)
    if len(failures) == 4:
        raise failures[0]


def _shard(path: Path) -> None:
    index_shard(path, "cls")


def _idx(path: Path) -> None:
    read_idx(path, 3)


def _cifar(path: Path) -> None:
    read_cifar(read_members(path, ["b.bin"])[0], 1, str(path))


def _mat(path: Path) -> None:
    read_mat(path, ("X",))


@cache
def _recordings() -> list[bytes]:
    wave = np.sin(np.arange(400) / 5) / 2
    with TemporaryDirectory() as name:
        for kind_of_file in ("wav", "flac", "aiff"):
            soundfile.write(Path(name) / f"a.{kind_of_file}", wave, 8000)
        return [path.read_bytes() for path in sorted(Path(name).iterdir())]


def _recording(random: Random) -> bytes:
    seed = random.choice(_recordings())
    return seed if random.random() < 0.1 else mutate_bytes(random, seed, _recordings())


@kind("recording", _recording)
def read_recording(data: bytes, folder: Path) -> None:
    """A recording, and its spectrum."""
    (folder / "a.wav").write_bytes(data)
    samples, rate = read_audio(folder / "a.wav")
    log_mel(samples[None, :1000], rate, 8, 64, 32)
