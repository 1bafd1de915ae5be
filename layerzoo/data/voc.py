"""Read annotations in the format of PASCAL VOC: an XML file for each image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers import expat

import numpy as np

from layerzoo.data.box_samples import MAX_EDGE, AnnotatedFile
from layerzoo.data.class_folders import SUFFIXES
from layerzoo.data.listed_files import exists, read_lines
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 22
"""The largest XML file."""
_MAX_DEPTH: Final = 16
_MAX_SIDE: Final = 1 << 20


class Element(NamedTuple):
    """An element of XML: its tag, its text, and the elements in it."""

    tag: str
    text: list[str]
    children: list[Element]

    def find(self, tag: str) -> Element | None:
        """The first element with a tag."""
        return next((child for child in self.children if child.tag == tag), None)

    def value(self, *tags: str) -> str:
        """The text of an element inside others; empty if it is missing."""
        element: Element | None = self
        for tag in tags:
            element = None if element is None else element.find(tag)
        return "" if element is None else "".join(element.text).strip()


class _Object(NamedTuple):
    name: str
    edges: tuple[float, float, float, float]
    difficult: bool


def read_voc(
    source: str | Path, image_set: str = "", names: Sequence[str] = ()
) -> tuple[list[str], list[AnnotatedFile]]:
    """Read the classes, and the images with their boxes, in the order of the list or of their names.

    Classes are those of all XML files, whatever ``image_set``, so that all lists number them alike.

    Args:
        source: a folder with Annotations, JPEGImages and ImageSets, or with images and their XML files.
        image_set: a name in ImageSets/Main, or a file with a name of an image in each line; empty: all.
        names: names of the classes to read, in order; none: all, sorted.

    Raises:
        OSError: a file can't be read.
        DataError: an XML file is damaged, an image is missing, or there are no XML files.
    """
    source = Path(source)
    annotations = source / "Annotations" if (source / "Annotations").is_dir() else source
    images = source / "JPEGImages" if (source / "JPEGImages").is_dir() else source
    every = sorted(path for path in annotations.iterdir() if path.suffix == ".xml" and path.name[0] != ".")
    paths = [annotations / f"{stem}.xml" for stem in _listed(source, image_set)] if image_set else every
    if not paths:
        raise DataError(f"{annotations}: no XML files")
    read = [(path, *_annotation(path)) for path in paths]
    known_names = {one.name for _, _, objects in read for one in objects}
    if not set(names) <= known_names or not names:
        for path in sorted(set(every).difference(paths)):
            known_names.update(one.name for one in _annotation(path)[1])
    present = sorted(known_names)
    for name in names:
        if name not in present:
            hint = did_you_mean(nearest(name, present)) or f"there are {', '.join(present[:10])}"
            raise DataError(f"{source}: no object of class '{name:.100}'; {hint:.300}")
    classes = list(names) or present
    class_of = {name: number for number, name in enumerate(classes, 1)}
    files = []
    for path, root, objects in read:
        known = [one for one in objects if one.name in class_of]
        image = _image(path, root.value("filename"), images)
        edges = np.array([one.edges for one in known], np.float32).reshape(-1, 4)
        numbers = np.array([class_of[one.name] for one in known], np.float32)
        difficult = np.array([one.difficult for one in known], np.float32)
        files.append(AnnotatedFile(image, image.name, _size(root, path), edges, numbers, difficult))
    return classes, files


def read_xml(data: bytes, name: str) -> Element:
    """Parse XML without declarations of types and entities.

    Args:
        data: the text.
        name: its name in messages.

    Raises:
        DataError: it is damaged, has such declarations, or too many elements inside each other.
    """
    top = Element("", [], [])
    open_elements = [top]
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise DataError(f"{name}: XML with a DOCTYPE; expected none")

    def start(tag: str, _: object) -> None:
        if len(open_elements) > _MAX_DEPTH:
            raise DataError(f"{name}: more than {_MAX_DEPTH} elements inside each other")
        element = Element(tag, [], [])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def characters(text: str) -> None:
        open_elements[-1].text.append(text)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"{name}: not XML: {error!s:.200}") from None
    return top.children[0]


def _annotation(path: Path) -> tuple[Element, list[_Object]]:
    data = read_bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes")
    root = read_xml(data, str(path))
    if root.tag != "annotation":
        raise DataError(
            f"{path}: not an annotation of VOC: the root is '{root.tag:.60}'; expected annotation"
        )
    objects = []
    for element in root.children:
        if element.tag == "object":
            name = element.value("name")
            if not name:
                raise DataError(f"{path}: an object without a name")
            corners = [_number(element, side, path) for side in ("xmin", "ymin", "xmax", "ymax")]
            left, top, right, bottom = corners
            # VOC counts pixels from 1, and both corners belong to the box
            edges = (max(0.0, left - 1), max(0.0, top - 1), right, bottom)
            if edges[2] > edges[0] and edges[3] > edges[1]:
                objects.append(_Object(name, edges, element.value("difficult") == "1"))
    return root, objects


def _number(element: Element, side: str, path: Path) -> float:
    text = element.value("bndbox", side)
    try:
        value = float(text)
    except ValueError:
        value = MAX_EDGE * 2
    if not abs(value) <= MAX_EDGE:
        raise DataError(f"{path}: {side} of an object is '{text:.60}'; expected a number of pixels")
    return value


def _size(root: Element, path: Path) -> tuple[int, int] | None:
    texts = [root.value("size", side) for side in ("height", "width")]
    if not all(text.isdecimal() and len(text) < 9 for text in texts):
        return None
    height, width = map(int, texts)
    return (height, width) if 0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE else None


def _image(path: Path, filename: str, images: Path) -> Path:
    """The image of an XML file: the one that it names, else one with the same name."""
    names = [Path(filename).name] if filename and "\0" not in filename else []
    names += [f"{path.stem}{suffix}" for suffix in (".jpg", ".png", ".jpeg", *sorted(SUFFIXES))]
    for name in names:
        if name and exists(images / name):
            return images / name
    raise DataError(f"{path}: no image '{names[0]:.100}' in {images}")


def _listed(source: Path, image_set: str) -> list[str]:
    """The names of the images of a list; further words of a line are left out."""
    main = source / "ImageSets" / "Main"
    path = main / f"{image_set}.txt"
    if not path.exists():
        path = Path(image_set)
    if not path.exists():
        known = sorted(file.stem for file in main.glob("*.txt") if "_" not in file.stem)
        hint = did_you_mean(nearest(image_set, known)) or f"there are {', '.join(known[:10]) or 'none'}"
        raise DataError(f"{main}: no list '{image_set:.100}'; {hint:.300}")
    return [Path(words[0]).name for line in read_lines(path) if (words := line.split())]
