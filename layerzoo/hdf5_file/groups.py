"""Groups of an HDF5 file, followed by hard links only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

import h5py

from layerzoo.errors import LayerzooError
from layerzoo.hdf5_file.arrays import HDF5Array
from layerzoo.hdf5_file.opened import MAX_OBJECTS, OpenFile, reading
from layerzoo.regular_file import check_regular

MAX_DEPTH: Final = 64
"""The most groups that can be nested."""


@contextmanager
def open_hdf5(path: str | Path, error: type[LayerzooError]) -> Iterator[HDF5Group]:
    """Open the root group of a file; groups and datasets can be read inside the block.

    Raises:
        error: the file is missing, not a regular file, or damaged; so do the methods of groups and datasets.
    """
    try:
        check_regular(path)
    except OSError as cause:
        raise error(f"{path}: HDF5 can't be read: {cause.strerror or cause}") from None
    with reading(path, error):
        file = h5py.File(path, "r")
    try:
        yield HDF5Group(OpenFile(str(path), error, Path(path).stat().st_size), file, ())
    finally:
        with suppress(Exception):  # of a damaged file, which has been read
            file.close()


class HDF5Group:
    """A group of an open file.

    Args:
        file: the file.
        group: h5py's group.
        path: the names of the groups from the root to this one.
    """

    def __init__(self, file: OpenFile, group: h5py.Group, path: tuple[str, ...]) -> None:
        self._file, self._group, self.path = file, group, path
        self._is_checked = False

    @property
    def name(self) -> str:
        """The path from the root, as HDF5 writes it."""
        return "/" + "/".join(self.path)

    def __iter__(self) -> Iterator[str]:
        """The names of the children, in HDF5's order.

        Raises:
            LayerzooError: the group is damaged, or has too many children.
        """
        with self._file.reading(self.name):
            self._checked()
            names = [_text(name) for name in islice(self._group, MAX_OBJECTS + 1)]
        if len(names) > MAX_OBJECTS:
            raise self._file.refused(self.name, f"has more than {MAX_OBJECTS:,} children")
        return iter(names)

    def child(self, name: str) -> HDF5Group | HDF5Array | None:
        """A group or dataset in this group; None if there is none of that name.

        Raises:
            LayerzooError: it is a link, or a limit is exceeded; of the type given to `open_hdf5`.
        """
        shown, key = f"{self.name.rstrip('/')}/{name}", name.encode("utf-8", "surrogateescape")
        if not key or key == b"." or b"/" in key or b"\0" in key:
            return None
        with self._file.reading(shown):
            self._checked()
            if not self._group.id.links.exists(key):
                return None
            if self._group.id.links.get_info(key).type != h5py.h5l.TYPE_HARD:
                raise self._file.refused(shown, "is a link elsewhere, which is not followed")
            self._file.count_object()
            if len(self.path) >= MAX_DEPTH:
                raise self._file.refused(shown, f"is more than {MAX_DEPTH} groups deep")
            opened = self._group[key]
        if isinstance(opened, h5py.Group):
            return HDF5Group(self._file, opened, (*self.path, name))
        if isinstance(opened, h5py.Dataset):
            return HDF5Array(self._file, opened, shown)
        raise self._file.refused(shown, "is neither a group nor a dataset")

    def find(self, path: str) -> HDF5Group | HDF5Array | None:
        """A group or dataset by its path below this group, whose parts are separated by slashes.

        Raises:
            LayerzooError: see `child`.
        """
        found: HDF5Group | HDF5Array | None = self
        for name in filter(None, path.split("/")):
            if not isinstance(found, HDF5Group):
                return None
            found = found.child(name)
        return found

    def walk(self) -> Iterator[tuple[HDF5Group, dict[str, HDF5Array]]]:
        """Iterate over this group and all groups below, each with its datasets by name.

        Raises:
            LayerzooError: see `child`; or a group is linked twice, as one that contains itself.
        """
        pending = [self]
        while pending:
            group = pending.pop()
            self._file.enter(group._group, group.name)
            arrays: dict[str, HDF5Array] = {}
            for name in group:
                child = group.child(name)
                if isinstance(child, HDF5Group):
                    pending.append(child)
                elif child is not None:
                    arrays[name] = child
            yield group, arrays

    def _checked(self) -> None:
        """Refuse a list of children that is stored by filters, which HDF5 would run."""
        if not self._is_checked:
            own = self._group.id.get_create_plist()
            plist = h5py.h5p.PropDCID(own.id)  # h5py has the method for the properties of datasets only
            h5py.h5i.inc_ref(plist)
            if plist.get_nfilters():
                raise self._file.refused(self.name, "is a group stored by a filter, which is not read")
            self._is_checked = True


def _text(name: str | bytes) -> str:
    """A name as h5py gives it: bytes if it is not UTF-8."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
