"""Make one operation on files fail, or kill the process at it.

Python's own calls (``os``, ``open``) are wrapped while a block runs, and the file objects that ``open``
returns. safetensors and h5py read and write in native code: their whole call is one operation, which
fails with the exceptions that they raise themselves, for a write after half of the file. Only operations on
paths below a folder count, so that imports, devices and the terminal are left alone.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

FAULTS: dict[str, tuple[str, ...]] = {
    "create": ("ENOSPC", "EIO", "EACCES", "EMFILE", "kill"),
    "open": ("EIO", "EACCES", "EMFILE"),
    "write": ("ENOSPC", "EIO", "short", "kill"),
    "read": ("EIO", "short"),
    "sync": ("ENOSPC", "EIO", "kill"),
    "rename": ("ENOSPC", "EIO", "EACCES", "kill"),
    "link": ("ENOSPC", "EIO", "EACCES", "kill"),
    "mkdir": ("ENOSPC", "EIO", "EACCES", "kill"),
    "remove": ("EIO", "EACCES", "kill"),
    "list": ("EIO", "EACCES", "EMFILE"),
    "receive": ("ECONNRESET", "ETIMEDOUT", "kill"),
}
"""The faults of each kind of operation. ``short`` reads or writes half; a full disk stays full; ``kill`` is
SIGKILL, for a write after half of it."""

_CHANGES = ("create", "write", "sync", "rename", "link", "mkdir")
"""Operations that fail while a disk is full."""


_FIRST = {
    "sync": "fsync fdatasync",
    "mkdir": "mkdir",
    "list": "listdir scandir",
    "remove": "unlink remove rmdir",
    "read": "read",
    "write": "sendfile ftruncate truncate",
}
"""Functions of ``os`` by kind whose first argument is what they change or read."""
_SECOND = {"rename": "rename replace", "link": "link symlink"}
"""Those whose second argument is."""
_truncate = os.truncate


BACKGROUND = "layerzoo-snapshots"
"""The thread that writes snapshots while a run goes on."""


class Operation(NamedTuple):
    """An operation on a file.

    Attributes:
        kind: one of `FAULTS`.
        path: its path, relative to the folder that is watched.
        background: whether the thread that writes snapshots does it.
    """

    kind: str
    path: str
    background: bool = False


_muted = [False]
"""Whether this process, which was forked while calls were wrapped, meets no faults."""


def mute() -> None:
    """Let all operations of this process succeed from now on."""
    _muted[0] = True


class Injector:
    """Counts operations below a folder, and makes one of them fail.

    Args:
        root: the folder.
        at: index of the operation; -1 for none.
        fault: one of `FAULTS`.
        kind: ``at`` counts operations of this kind only; all, if it is empty. The number of pieces in which
            an answer of a server arrives varies, and must not shift what fails.
        background: with ``kind``, ``at`` counts only operations of the thread that writes snapshots, or only
            those of all others: which of them comes first varies.

    Attributes:
        root: see above.
        paths: paths of open descriptors.
        operations: the operations so far.
        injected: whether the fault has happened.
    """

    def __init__(
        self, root: Path, at: int = -1, fault: str = "", kind: str = "", background: bool = False
    ) -> None:
        self.root, self._at, self._fault, self._kind = root.resolve(), at, fault, kind
        self._background = background
        self._lock = threading.RLock()
        self.paths: dict[int, str] = {}
        self.operations: list[Operation] = []
        self.injected = False

    def meets(self, kind: str, path: object, folder: int | None = None) -> str:
        """Count an operation; returns the fault that it meets: ``short``, ``kill``, or nothing.

        Raises:
            OSError: the operation fails.
        """
        name = self._name(path, folder)
        if name is None or _muted[0]:
            return ""
        with self._lock:
            here = Operation(kind, name, threading.current_thread().name == BACKGROUND)
            index, meant = sum(map(self._counts, self.operations)), self._counts(here)
            self.operations.append(here)
            full = self.injected and self._fault == "ENOSPC" and kind in _CHANGES
            if not (meant and index == self._at) and not full:
                return ""
            if self._fault not in FAULTS[kind]:
                return ""
            self.injected = True
        if self._fault == "kill" and kind != "write":
            self.kill()
        if self._fault in {"short", "kill"}:
            return self._fault
        number = getattr(errno, self._fault)
        if isinstance(path, int):  # errors of the system name no file where a descriptor was given
            raise OSError(number, os.strerror(number))
        raise OSError(number, os.strerror(number), os.fspath(path) if isinstance(path, os.PathLike) else path)

    def _counts(self, one: Operation) -> bool:
        """Whether an operation is one of those that ``at`` counts."""
        return not self._kind or (one.kind, one.background) == (self._kind, self._background)

    def kill(self) -> None:
        """End the process as a power cut would."""
        os.kill(os.getpid(), signal.SIGKILL)

    def _name(self, path: object, folder: int | None) -> str | None:
        if isinstance(path, int):
            path = self.paths.get(path)
        if not isinstance(path, str | os.PathLike):
            return None
        if folder is not None:
            path = os.path.join(self.paths.get(folder, ""), path)  # noqa: PTH118 (as below)
        whole = os.path.abspath(os.fspath(path))  # noqa: PTH100 (pathlib would call what is wrapped)
        root = f"{self.root}{os.sep}"
        return whole[len(root) :] if f"{whole}{os.sep}".startswith(root) else None


@contextmanager
def injected(injector: Injector) -> Iterator[Injector]:
    """Wrap the calls while a block runs."""
    wrapped: list[tuple[Any, str, Any]] = []

    def wrap(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = getattr(owner, name)
        wrapped.append((owner, name, original))
        setattr(owner, name, make(original))

    def wrap_everywhere(original: Any, make: Callable[[Any], Any]) -> None:
        new = make(original)
        for module in list(sys.modules.values()):
            for name, value in list(vars(module).items()) if module is not None else ():
                if value is original:
                    wrapped.append((module, name, original))
                    setattr(module, name, new)

    _wrap_calls(injector, wrap)
    opener = _opener(injector)
    wrap(builtins, "open", lambda _: opener)
    wrap(io, "open", lambda _: opener)
    if (torch := sys.modules.get("safetensors.torch")) is not None:
        wrap(torch, "serialize_file", lambda original: _native_writer(injector, original))
        wrap_everywhere(torch.safe_open, lambda original: _native_reader(injector, original))
    if (h5py := sys.modules.get("h5py")) is not None:
        wrap(h5py, "File", lambda original: _h5py_file(injector, original))
    try:
        yield injector
    finally:
        for owner, name, original in reversed(wrapped):
            setattr(owner, name, original)


def _wrap_calls(injector: Injector, wrap: Callable[[Any, str, Callable[[Any], Any]], None]) -> None:
    """Wrap the functions of ``os``."""

    def before(kind: str, which: int = 0) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                path = args[which] if len(args) > which else None
                if injector.meets(kind, path, kwargs.get("dir_fd")) == "kill":
                    injector.kill()
                return original(*args, **kwargs)

            return call

        return make

    def opening(original: Any) -> Any:
        def call(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            injector.meets("create" if flags & os.O_CREAT else "open", path, kwargs.get("dir_fd"))
            descriptor: int = original(path, flags, *args, **kwargs)
            folder = kwargs.get("dir_fd")
            if isinstance(path, str | os.PathLike):
                base = injector.paths.get(folder, "") if folder is not None else ""
                injector.paths[descriptor] = os.path.join(base, os.fspath(path))  # noqa: PTH118 (as above)
            return descriptor

        return call

    def closing(original: Any) -> Any:
        def call(descriptor: int) -> None:
            injector.paths.pop(descriptor, None)
            original(descriptor)

        return call

    def writing(original: Any) -> Any:
        def call(descriptor: int, data: Any) -> int:
            return _write(injector, descriptor, data, lambda part: original(descriptor, part))

        return call

    for kind, names in _FIRST.items():
        for name in names.split():
            wrap(os, name, before(kind))
    for kind, names in _SECOND.items():
        for name in names.split():
            wrap(os, name, before(kind, 1))

    def receiving(original: Any) -> Any:
        def call(sock: Any, buffer: Any) -> Any:
            injector.meets("receive", injector.root / "a socket")
            return original(sock, buffer)

        return call

    wrap(socket.SocketIO, "readinto", receiving)
    wrap(os, "open", opening)
    wrap(os, "close", closing)
    wrap(os, "write", writing)


def _write(injector: Injector, path: object, data: Any, write: Callable[[Any], Any]) -> int:
    fault = injector.meets("write", path)
    view = memoryview(data).cast("B")
    if not fault or len(view) < 2:
        if fault == "kill":
            injector.kill()
        written: int = write(view)
        return written
    half: int = write(view[: len(view) // 2])
    if fault == "kill":
        injector.kill()
    return half


def _opener(injector: Injector) -> Any:
    """``open`` with file objects whose reads and writes are operations."""

    class File(io.FileIO):
        def write(self, data: Any) -> int:
            return _write(injector, self.name, data, super().write)

        def readinto(self, buffer: Any) -> int | None:
            if injector.meets("read", self.name) == "short":
                view = memoryview(buffer).cast("B")
                return super().readinto(view[: max(1, len(view) // 2)])
            return super().readinto(buffer)

        def readall(self) -> bytes | None:
            injector.meets("read", self.name)
            return super().readall()

        def close(self) -> None:
            if not self.closed:
                injector.paths.pop(self.fileno(), None)
            super().close()

        def truncate(self, size: int | None = None) -> int:
            injector.meets("write", self.name)
            return super().truncate(size)

    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        raw_mode = mode.replace("b", "").replace("t", "")
        if not isinstance(file, int):
            creates = not set(raw_mode).isdisjoint("wxa")
            injector.meets("create" if creates else "open", file)
        raw = File(file, raw_mode, closefd, opener)
        if isinstance(file, int) and isinstance(known := injector.paths.get(file), str):
            raw.name = known  # type: ignore[assignment]  # FileIO lets it be set
        try:
            if buffering == 0:
                return raw
            size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
            kind: Any = (
                io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
            )
            buffer = kind(raw, size)
            if "b" in mode:
                return buffer
            text = io.TextIOWrapper(
                buffer, encoding or "utf-8", errors, newline, line_buffering=buffering == 1
            )
            text.mode = mode  # type: ignore[misc]  # as open does
        except BaseException:
            raw.close()
            raise
        return text

    return opened


def _native_writer(injector: Injector, original: Any) -> Any:
    """A function of safetensors that writes a file; fails after half of it, as on a full disk."""

    def call(tensors: Any, filename: Any, **options: Any) -> None:
        from safetensors import SafetensorError

        created = False
        try:
            injector.meets("create", filename)
            created = True
            fault = injector.meets("write", filename)
        except OSError as error:
            if created:
                original(tensors, filename, **options)
                _truncate(filename, Path(filename).stat().st_size // 2)
            text = f"Error while serializing: I/O error: {error.strerror} (os error {error.errno})"
            raise SafetensorError(text) from None
        original(tensors, filename, **options)
        if fault == "kill":
            _truncate(filename, Path(filename).stat().st_size // 2)
            injector.kill()

    return call


def _native_reader(injector: Injector, original: Any) -> Any:
    def call(filename: Any, *args: Any, **options: Any) -> Any:
        injector.meets("open", filename)
        return original(filename, *args, **options)

    return call


def _h5py_file(injector: Injector, original: Any) -> Any:
    class File(original):  # type: ignore[misc]  # h5py has no types
        def __init__(self, name: Any, mode: str = "r", *args: Any, **options: Any) -> None:
            self._writes = mode != "r"
            try:
                injector.meets("create" if self._writes else "open", name)
            except OSError as error:
                text = f"Unable to synchronously open file (unable to open file: {error.strerror})"
                raise OSError(error.errno, text) from None
            super().__init__(name, mode, *args, **options)

        def close(self) -> None:
            name = self.filename if self else None
            super().close()
            if name is None or not self._writes:
                return
            try:
                fault = injector.meets("write", name)
            except OSError as error:
                _truncate(name, Path(name).stat().st_size // 2)
                why = f"errno = {error.errno}, error message = '{error.strerror}'"
                text = f"Unable to synchronously close file ({why})"
                raise RuntimeError(text) from None
            if fault == "kill":
                _truncate(name, Path(name).stat().st_size // 2)
                injector.kill()

        def __exit__(self, *args: object) -> None:
            if self:
                self.close()

    return File
