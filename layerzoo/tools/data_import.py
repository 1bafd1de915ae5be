"""``layerzoo data import``: convert data of other formats to an LMDB for Data and AnnotatedData layers."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.errors import DataError, LayerFault, UsageError
from layerzoo.seeds import stable_seed
from layerzoo.tools.import_formats import annotated_images, arrays, labelled_images
from layerzoo.tools.import_formats.records import ImportFormat, ImportSettings, Item
from layerzoo.tools.resumable_lmdb import Progress, ResumableLMDB, locked

__all__ = ["KINDS", "ImportSettings", "import_data", "kind_of"]

_FORMATS: Final = {
    one.name: one for one in (*labelled_images.FORMATS, *arrays.FORMATS, *annotated_images.FORMATS)
}
KINDS: Final = tuple(_FORMATS)
"""The names of the formats."""
_FLAGS: Final = ("root", "labels", "part", "gray")
"""The flags that have an effect on some formats alone."""
_AHEAD: Final = 64
_LONGEST_KEY: Final = 511
"""The most bytes of a key of LMDB."""


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
        UsageError: the format isn't known, or a flag has no effect on it.
        DataError: the source or an image is damaged, or the target exists or can't be written.
    """
    kind = settings.kind or kind_of(source)
    if kind not in _FORMATS:
        raise UsageError(f"unknown kind '{kind}'; expected {', '.join(KINDS)}")
    _check_flags(_FORMATS[kind], settings)
    try:
        items, names = _FORMATS[kind].items(source, settings)
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


def kind_of(source: Path) -> str:
    """The format of a source, by its name.

    Raises:
        UsageError: it isn't known.
        DataError: the source is missing.
    """
    if not source.exists():
        raise DataError(f"{source}: No such file or directory")
    # any folder may be one of classes, so the other formats come first
    for one in (*annotated_images.FORMATS, *arrays.FORMATS, *labelled_images.FORMATS):
        if one.recognises(source):
            return one.name
    raise UsageError(f"'{source}': the format isn't known; name it by -kind: {', '.join(KINDS)}")


def _check_flags(kind: ImportFormat, s: ImportSettings) -> None:
    """Check that each flag that is given has an effect.

    Raises:
        UsageError: one has none.
    """
    for flag in _FLAGS:
        if getattr(s, flag) and flag not in kind.flags:
            kinds = ", ".join(one.name for one in _FORMATS.values() if flag in one.flags)
            raise UsageError(f"-{flag} is of {kinds}, and the source is of kind {kind.name}; remove it")


def _write(
    items: Sequence[Item], names: Sequence[str], target: Path, decisive: str, progress: Progress | None
) -> None:
    """Write the records of items to a new database, after those that an interrupted import has written."""
    database = ResumableLMDB(target, decisive, [f"{item.name}\0{item.origin}" for item in items])
    if database.is_whole:
        return
    begin = database.written()

    def records() -> Iterator[tuple[bytes, bytes]]:
        for number, value in enumerate(_values(items[begin:]), begin):
            key = b"%08d_%s" % (number, items[number].name.encode(errors="surrogateescape"))
            if progress is not None:
                progress("writing", number + 1, len(items))
            yield key[:_LONGEST_KEY], value

    database.write(records())
    database.finish(len(items), progress, names)


def _values(items: Sequence[Item]) -> Iterator[bytes]:
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
