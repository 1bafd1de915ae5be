"""``layerzoo data import``: convert data of other formats to an LMDB for Data and AnnotatedData layers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from layerzoo.data.box_samples import AnnotatedFile, upright_edges
from layerzoo.data.cifar import read_cifar
from layerzoo.data.class_folders import find_parts, read_class_folders
from layerzoo.data.coco import read_coco
from layerzoo.data.hdf5_rows import HDF5Rows
from layerzoo.data.idx import read_idx
from layerzoo.data.image import encode
from layerzoo.data.interpolation import interpolate
from layerzoo.data.listed_files import read_labelled
from layerzoo.data.samples import Array
from layerzoo.data.table_source import load_table
from layerzoo.data.voc import read_voc
from layerzoo.errors import DataError, LayerFault, UsageError
from layerzoo.image_file import decode, geometry, read_file
from layerzoo.regular_file import read_bytes
from layerzoo.schema import AnnotatedDatum, CSVDataParameter, Datum
from layerzoo.seeds import stable_seed
from layerzoo.tools.resumable_lmdb import Progress, ResumableLMDB, locked

KINDS: Final = ("folder", "list", "csv", "idx", "cifar", "hdf5", "coco", "voc")
"""The formats."""
_SUFFIXES: Final = {
    ".txt": "list",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "coco",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".bin": "cifar",
}
_FLAGS: Final = {
    "folder": {"part", "gray"},
    "list": {"root", "gray"},
    "csv": {"root", "gray"},
    "idx": {"labels"},
    "cifar": set[str](),
    "hdf5": set[str](),
    "coco": {"root", "gray"},
    "voc": {"part", "gray"},
}
"""The flags of each format, beside those of all."""
_CIFAR_100: Final = 3074
_AHEAD: Final = 64
_MOST_LABEL: Final = 1 << 31
_LONGEST_KEY: Final = 511
"""The most bytes of a key of LMDB."""


class ImportSettings(NamedTuple):
    """How data is converted.

    Attributes:
        kind: one of `KINDS`; empty: found by the source.
        root: folder of the images of a list, a table or COCO's annotations; empty: that of the source.
        labels: the file of labels of IDX images.
        part: the folder train, val or test of a folder that has them; the list of images of VOC.
        height, width: size to resize images to; 0 keeps it.
        gray: store one channel.
        raw: store pixels; else the bytes of image files as they are, where they are neither resized nor grey.
        shuffle: store records in a random order, the same for the same data; else in that of the source.
    """

    kind: str = ""
    root: str = ""
    labels: str = ""
    part: str = ""
    height: int = 0
    width: int = 0
    gray: bool = False
    raw: bool = False
    shuffle: bool = False


class _Item(NamedTuple):
    """A record to be written.

    Attributes:
        name: its name.
        compute: computes its value.
        origin: what the value depends on beside the settings: labels, boxes, sizes and times of files.
    """

    name: str
    compute: Callable[[], bytes]
    origin: str


def import_data(
    source: Path, target: Path, settings: ImportSettings, progress: Progress | None = None
) -> tuple[int, list[str]]:
    """Convert a source to a new LMDB: in parallel, atomically, resumed after an interruption, and verified.

    Args:
        source: the data.
        target: folder of the database, which must not exist.
        settings: how.
        progress: called with what is done, how much of it, and how much there is.

    Returns:
        the number of records, and the names of the classes, if they are known.

    Raises:
        UsageError: the format isn't known.
        DataError: the source or an image is damaged, or the target exists or can't be written.
    """
    kind = settings.kind or kind_of(source)
    _check_flags(kind, settings)
    try:
        items, names = _ITEMS[kind](source, settings)
    except OSError as error:
        raise DataError(f"{error.filename or source}: {error.strerror or error}") from None
    except LayerFault as fault:
        raise DataError(fault.message) from None
    if settings.shuffle:
        order = np.random.default_rng(stable_seed("import")).permutation(len(items))
        items = [items[place] for place in order.tolist()]
    with locked(target):
        _write(items, names, target, repr((kind, str(source.resolve()), settings)), progress)
    return len(items), names


def _write(
    items: Sequence[_Item], names: Sequence[str], target: Path, decisive: str, progress: Progress | None
) -> None:
    """Write the records of items to a new database, after those that an interrupted import has written."""
    database = ResumableLMDB(target, decisive, [f"{item.name}\0{item.origin}" for item in items])
    begin = database.written()

    def records() -> Iterator[tuple[bytes, bytes]]:
        for number, value in enumerate(_values(items[begin:]), begin):
            key = b"%08d_%s" % (number, items[number].name.encode(errors="surrogateescape"))
            if progress is not None:
                progress("writing", number + 1, len(items))
            yield key[:_LONGEST_KEY], value

    database.write(records())
    database.finish(len(items), progress, names)


def _check_flags(kind: str, s: ImportSettings) -> None:
    """Check that each flag that is given has an effect.

    Raises:
        UsageError: one has none.
    """
    for flag in ("root", "labels", "part", "gray"):
        kinds = [one for one, flags in _FLAGS.items() if flag in flags]
        if getattr(s, flag) and kind not in kinds:
            raise UsageError(f"-{flag} is of {', '.join(kinds)}, and the source is of kind {kind}; remove it")


def kind_of(source: Path) -> str:
    """The format of a source, by its name.

    Raises:
        UsageError: it isn't known.
        DataError: the source is missing.
    """
    if source.is_dir():
        annotated = (source / "Annotations").is_dir() or any(source.glob("*.xml"))
        return "voc" if annotated else "folder"
    if not source.exists():
        raise DataError(f"{source}: No such file or directory")
    if "ubyte" in source.name:
        return "idx"
    if source.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"'{source}': the format isn't known; name it by -kind: {', '.join(KINDS)}")
    return _SUFFIXES[source.suffix.lower()]


def _values(items: Sequence[_Item]) -> Iterator[bytes]:
    """The values of items, in order, computed by several threads."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pending: deque[Future[bytes]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(item.compute))
                if len(pending) > _AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _datum(path: Path, data: bytes, label: int, s: ImportSettings) -> Datum:
    """A Datum of an image file, which is decoded in any case, so that damaged ones are found now."""
    image = decode(data, not s.gray, str(path))
    if s.height and s.width:
        image = interpolate(image, s.height, s.width)
    elif not s.raw and not s.gray:
        channels, height, width = image.shape
        if geometry(data, str(path)).orientation != 1:
            data = encode(image, "png", str(path))  # Data layers don't turn images
        return Datum(channels=channels, height=height, width=width, data=data, label=label, encoded=True)
    return _pixels(image, label)


def _pixels(image: Array, label: int) -> Datum:
    channels, height, width = image.shape
    datum = Datum(channels=channels, height=height, width=width, label=label)
    if image.dtype == np.uint8:
        datum.data = np.ascontiguousarray(image).tobytes()
    else:
        datum.float_data.extend(image.ravel().tolist())
    return datum


def _file(path: Path, name: str, label: float, s: ImportSettings) -> _Item:
    whole = _whole(label, str(path))
    return _Item(
        name, lambda: _datum(path, read_file(path), whole, s).SerializeToString(), f"{whole} {_stamp(path)}"
    )


def _whole(label: float, name: str) -> int:
    """A label as a whole number.

    Raises:
        DataError: it has a fraction, or too many digits for a Datum.
    """
    whole = int(label) if abs(label) < _MOST_LABEL else None
    if whole != label or whole is None:
        raise DataError(f"{name}: label {label:g}; a Datum holds whole numbers below {_MOST_LABEL:,}")
    return whole


def _stamp(*paths: Path) -> str:
    """The size and time of files, which change with them."""
    facts = [path.stat() for path in paths]
    return " ".join(f"{one.st_size} {one.st_mtime_ns}" for one in facts)


Items = tuple[list[_Item], list[str]]


def _of_folder(source: Path, s: ImportSettings) -> Items:
    parts = find_parts(source) if source.is_dir() else {}
    if parts and not s.part:
        raise UsageError(f"'{source}' is divided into {', '.join(parts)}; import each by itself, with -part")
    if s.part and not parts:
        raise UsageError(f"-part {s.part}: '{source}' has no folders train, val and test; remove it")
    names, files = read_class_folders(source, (), s.part)
    return [_file(file.path, file.key, file.label, s) for file in files], names


def _of_list(source: Path, s: ImportSettings) -> Items:
    files = list(read_labelled(source, f"{s.root}/" if s.root else ""))
    return [_file(file.path, file.name or str(file.path), file.label, s) for file in files], []


def _of_csv(source: Path, s: ImportSettings) -> Items:
    columns, rows = load_table(CSVDataParameter(source=str(source)))
    if rows.images is None or rows.labels is None or rows.labels.ndim != 1:
        raise DataError(
            f"{source}: the columns give {', '.join(rows.kinds)}; expected paths of images and a class"
        )
    root = Path(s.root) if s.root else source.parent
    names = next(
        list(column.category) for column in columns if column.category and column.type == column.CLASS
    )
    pairs = zip(rows.images, rows.labels.tolist(), strict=True)
    return [_file(root / path, path, label, s) for path, label in pairs], names


def _of_arrays(images: Array, labels: Array, files: Sequence[Path], s: ImportSettings) -> Items:
    """Items of images in arrays, which were read from files."""
    source, origin = files[0], _stamp(*files)
    if len(images) != len(labels):
        raise DataError(f"{source}: {len(images):,} images and {len(labels):,} labels")
    if images.ndim != 4:
        raise DataError(f"{source}: images of {images.ndim - 1} axes; expected channels, height, width")

    def item(index: int) -> _Item:
        label = _whole(float(labels[index]), f"{source}: row {index}")

        def value() -> bytes:
            image = images[index]
            image = interpolate(image, s.height, s.width) if s.height and s.width else image
            return _pixels(image, label).SerializeToString()

        return _Item(str(index), value, origin)

    return [item(index) for index in range(len(images))], []


def _of_idx(source: Path, s: ImportSettings) -> Items:
    labels = Path(s.labels or str(source).replace("images-idx3", "labels-idx1"))
    if labels == source:
        raise UsageError(f"'{source}': name the file of its labels by -labels")
    return _of_arrays(read_idx(source, 3)[:, None], read_idx(labels, 1), [source, labels], s)


def _of_cifar(source: Path, s: ImportSettings) -> Items:
    data = read_bytes(source)
    return _of_arrays(*read_cifar(data, 1 + (len(data) % _CIFAR_100 == 0), str(source)), [source], s)


def _of_hdf5(source: Path, s: ImportSettings) -> Items:
    rows = HDF5Rows([source], ["data", "label"])
    images, labels = rows.read(np.arange(len(rows)), np.arange(len(rows)), 0)
    labels = labels.reshape(len(labels), -1)
    if labels.shape[1] != 1:
        raise DataError(f"{source}: {labels.shape[1]} labels a row; a Datum holds one; use HDF5Data")
    return _of_arrays(images, labels[:, 0], [source], s)


def _of_annotations(files: Sequence[AnnotatedFile], names: list[str], s: ImportSettings) -> Items:
    def item(file: AnnotatedFile) -> _Item:
        boxes = np.column_stack((file.edges, file.classes, file.difficult)).tolist()
        origin = f"{file.size} {boxes} {_stamp(file.path)}"
        return _Item(file.key, lambda: _annotated(file, s).SerializeToString(), origin)

    return [item(file) for file in files], ["background", *names]


def _annotated(file: AnnotatedFile, s: ImportSettings) -> AnnotatedDatum:
    data = read_file(file.path)
    record = AnnotatedDatum(datum=_datum(file.path, data, 0, s), type=AnnotatedDatum.BBOX)
    groups: dict[int, Any] = {}
    for edges, label, difficult in zip(
        upright_edges(file, data).tolist(), file.classes.tolist(), file.difficult.tolist(), strict=True
    ):
        group = groups.get(int(label))
        if group is None:
            group = groups[int(label)] = record.annotation_group.add(group_label=int(label))
        box = group.annotation.add(instance_id=len(group.annotation)).bbox
        box.xmin, box.ymin, box.xmax, box.ymax = edges
        box.difficult = bool(difficult)
    return record


def _of_coco(source: Path, s: ImportSettings) -> Items:
    names, files = read_coco(source, s.root)
    return _of_annotations(files, names, s)


def _of_voc(source: Path, s: ImportSettings) -> Items:
    names, files = read_voc(source, s.part)
    return _of_annotations(files, names, s)


_ITEMS: Final[dict[str, Callable[[Path, ImportSettings], Items]]] = {
    "folder": _of_folder,
    "list": _of_list,
    "csv": _of_csv,
    "idx": _of_idx,
    "cifar": _of_cifar,
    "hdf5": _of_hdf5,
    "coco": _of_coco,
    "voc": _of_voc,
}
