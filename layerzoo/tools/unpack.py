"""``layerzoo data unpack``: unpack an archive of data that may come from a stranger.

Only files and folders are written, below the target and nowhere else, without rights to be executed;
everything is bounded: the number of files, their size, the depth of folders, and how much larger the
content is than the archive.
"""

from __future__ import annotations

import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

from layerzoo.atomic import atomic_path
from layerzoo.errors import DataError, UsageError
from layerzoo.regular_file import open_regular
from layerzoo.terminal_text import one_line

SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_BLOCK: Final = 1 << 18
_SPARE: Final = 1 << 26
_LONGEST: Final = 255
_JUNK: Final = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_DRIVE: Final = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True)
class Limits:
    """What an archive may hold.

    Attributes:
        files: the most files and folders.
        bytes: the most bytes of all files.
        depth: the most folders inside each other.
        ratio: how many times larger than the archive the files may be, beside a first GiB.
    """

    files: int = 2_000_000
    bytes: int = 1 << 40
    depth: int = 32
    ratio: int = 200


@dataclass
class Unpacked:
    """What was written: files and bytes; and what was left out, by reason."""

    files: int = 0
    bytes: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count something that is left out."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


class _Member(NamedTuple):
    """A member: its name, whether it is a folder, another kind than a file, and what opens it."""

    name: str
    is_folder: bool
    other: str
    opened: Callable[[], IO[bytes]]


def is_archive(name: str) -> bool:
    """Whether a file's name is one of an archive."""
    return name.lower().endswith(SUFFIXES)


def unpack(
    archive: Path,
    target: Path,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Unpacked:
    """Unpack a zip or tar archive; the folder appears when it is complete.

    An archive with one folder alone, in which there are further folders, is unpacked without that folder.

    Args:
        archive: the archive.
        target: the folder, which must not exist.
        limits: what it may hold.
        progress: called with the bytes of the archive that were read, and its size.

    Raises:
        UsageError: the target exists.
        DataError: the archive is damaged, or holds more than the limits allow or a path that leads elsewhere.
    """
    limits = limits or Limits()
    if target.exists():
        raise UsageError(f"{target} already exists; name another folder")
    done = Unpacked()
    try:
        size = archive.stat().st_size
        most = min(limits.bytes, (1 << 30) + size * limits.ratio)
        target.parent.mkdir(parents=True, exist_ok=True)
        free = max(0, shutil.disk_usage(target.parent).free - _SPARE)
        with atomic_path(target) as folder, ExitStack() as stack:
            folder.mkdir()
            file = stack.enter_context(open_regular(archive))
            for count, member in enumerate(_members(archive, file, stack), 1):
                if count > limits.files:
                    raise DataError(f"{archive}: more than {limits.files:,} files, the limit")
                _write(archive, member, folder, done, limits.depth, min(most, free), most > free)
                if progress is not None:
                    progress(min(file.tell(), size), size)
            if not done.files:
                raise DataError(f"{archive}: no files in it")
            _without_single_folder(folder)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{archive}: not an archive, or damaged: {one_line(str(error))}") from None
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"{archive}: {one_line(told)}") from None
    return done


def _members(archive: Path, file: IO[bytes], stack: ExitStack) -> Iterator[_Member]:
    if archive.name.lower().endswith(".zip"):
        opened = stack.enter_context(zipfile.ZipFile(file))
        for info in opened.infolist():
            kind = info.external_attr >> 28  # of Unix's mode: 8 a file, 4 a folder, 10 a link, 0 unknown
            other = "" if kind in (0, 8, 4) else "links" if kind == 10 else "special files"
            yield _Member(info.filename, info.is_dir(), other, _zip_opener(opened, info))
        return
    with tarfile.open(fileobj=file, mode="r|*") as tar:
        for entry in tar:
            other = "" if entry.isfile() or entry.isdir() else "links" if _is_link(entry) else "special files"
            yield _Member(entry.name, entry.isdir(), other, _tar_opener(tar, entry))


def _is_link(entry: tarfile.TarInfo) -> bool:
    return entry.issym() or entry.islnk()


def _zip_opener(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: opened.open(info)


def _tar_opener(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        file = tar.extractfile(entry)
        assert file is not None  # it is a file
        return file

    return opened


def _write(
    archive: Path, member: _Member, folder: Path, done: Unpacked, depth: int, most: int, full: bool
) -> None:
    parts = _parts(archive, member.name)
    if member.other:
        done.skip(member.other)
        return
    if not parts or any(part.startswith(".") or part in _JUNK for part in parts):
        if not member.is_folder:
            done.skip("hidden files")
        return
    if len(parts) > depth:
        raise DataError(f"{archive}: {one_line(member.name)}: more than {depth} folders inside each other")
    path = folder.joinpath(*parts)
    if member.is_folder:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        target = path.open("xb")
    except FileExistsError:
        done.skip("files with the path of another one")
        return
    with target, member.opened() as source:
        while block := source.read(_BLOCK):  # what an archive says of sizes may be wrong
            done.bytes += len(block)
            if done.bytes > most:
                what = f"{most:,} bytes, " + ("the free space on the disk" if full else "the limit")
                raise DataError(f"{archive}: its files have more than {what}")
            target.write(block)
    done.files += 1


def _parts(archive: Path, name: str) -> tuple[str, ...]:
    """The parts of a member's path.

    Raises:
        DataError: the path leads out of the folder.
    """
    text = name.replace("\\", "/")
    parts = PurePosixPath(text).parts
    if "\0" in text or text.startswith("/") or _DRIVE.match(text) or ".." in parts:
        raise DataError(f"{archive}: {one_line(name)!r} leads out of the folder; nothing was unpacked")
    if any(len(part.encode(errors="surrogateescape")) > _LONGEST for part in parts):
        raise DataError(f"{archive}: a name of more than {_LONGEST} bytes: {one_line(name)[:80]}…")
    return parts


def _without_single_folder(folder: Path) -> None:
    """Move what lies in the only folder up, if it holds folders itself."""
    inner = list(folder.iterdir())
    if len(inner) != 1 or not inner[0].is_dir() or not any(one.is_dir() for one in inner[0].iterdir()):
        return
    aside = folder / ".unpacked"
    inner[0].rename(aside)
    for one in aside.iterdir():
        one.rename(folder / one.name)
    aside.rmdir()
