"""Copy a shipped config with the files that it refers to, so that it runs where the copy stands.

A copy keeps the text of its paths: each file that a config names stands as far from the copy as from the
original. A file that is found in the folder of all shipped configs, such as ``blocks/resnet.yaml``, is copied
to where the path leads from the copy.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Final

from google.protobuf.message import Message

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.catalogue.shipped import CONFIGS, SUFFIXES, shipped_configs
from layerzoo.errors import LayerzooError, UsageError, did_you_mean, nearest
from layerzoo.loader import load_net, load_solver
from layerzoo.loader.files import find_include, read_source
from layerzoo.loader.prepare import INLINE_NETS, NET_FILES
from layerzoo.loader.read_tree import is_solver, read_tree
from layerzoo.nodes import Node
from layerzoo.regular_file import read_text
from layerzoo.schema import NetParameter
from layerzoo.zoo.trust import paths_in

_ENDINGS: Final = ("_solver", "", "_train_test", "_train_val")
"""What may follow a name, without a suffix, in the name of a file."""
_FILES_OF_PLANS: Final = ("solver", "weights")
"""The fields of a plan that name files."""
_MAX_LIST: Final = 1 << 20
"""The largest text, in bytes, that is searched for names of files, as a list of HDF5 files has."""
_MENTION: Final = re.compile(r"configs/[\w./-]*\w")


@dataclass(frozen=True)
class Copied:
    """What `copy_shipped` did.

    Attributes:
        written: the files that it wrote.
        unchanged: the files that stood there already with the same content.
        solvers: the solvers among all of these.
        nets: the nets among them.
        plans: the plans of ``layerzoo tune`` among them.
    """

    written: list[Path]
    unchanged: list[Path]
    solvers: list[Path]
    nets: list[Path]
    plans: list[Path]


def copy_shipped(name: str, folder: Path, force: bool = False) -> Copied:
    """Copy a shipped config, and all that it refers to, into a folder.

    Args:
        name: a file, ``configs/lenet_solver.yaml``, also of data; the beginning of its name,
            ``configs/lenet``, which means the solver, or the net if there is none; or a folder,
            ``configs/courses``. ``configs/`` may be left out.
        folder: where the copy is made; it is made if it is missing.
        force: overwrite files that exist.

    Raises:
        UsageError: no config has the name; or a file of another content exists, and ``force`` is not set.
        LayerzooError: a file can't be written.
    """
    files = _gathered(name)
    kinds = {at: _kind(source) for at, source in files.items()}
    places = {
        f"configs/{source.relative_to(CONFIGS).as_posix()}": folder / at for at, source in files.items()
    }
    everywhere = {known: folder / known.removeprefix("configs/") for known in shipped_configs()} | places
    taken, unchanged, pending = [], [], []
    for at, source in files.items():
        target = folder / at
        if not target.exists():
            pending.append((source, target))
        elif target.is_dir() or target.samefile(source):
            what = "a folder" if target.is_dir() else "the shipped config itself"
            raise UsageError(f"{target} is {what}; name another folder to copy to")
        elif _same(source, target, everywhere):
            unchanged.append(target)
        else:
            taken.append(target)
            pending.append((source, target))
    if taken and not force:
        names = ", ".join(map(str, taken))
        have = "exists" if len(taken) == 1 else "exist"
        raise UsageError(f"{names} {have} with other content; -force overwrites, or name another folder")
    for source, target in pending:
        _write(source, target, places)
    of_kind = [
        [folder / at for at, kind in kinds.items() if kind == one] for one in ("solver", "net", "plan")
    ]
    return Copied([target for _, target in pending], unchanged, *of_kind)


def _gathered(name: str) -> dict[PurePosixPath, Path]:
    """The files that a name means, with those that they refer to, by their paths below the copy's folder."""
    wanted = normpath(name).removeprefix("configs/")
    known = [one.removeprefix("configs/") for one in shipped_configs()]
    endings = ("", *(ending + suffix for ending in _ENDINGS for suffix in (".yaml", ".prototxt")))
    file = next((wanted + ending for ending in endings if wanted + ending in known), None)
    if file is not None:
        gathering = _Gathering()
        gathering.add_config(CONFIGS / file, PurePosixPath(file))
        return gathering.below(PurePosixPath(file).parent)
    data = CONFIGS / wanted
    if data.is_file() and data.resolve().is_relative_to(CONFIGS.resolve()):
        return {PurePosixPath(data.name): data}
    inside = known if wanted == "configs" else [one for one in known if one.startswith(f"{wanted}/")]
    if not inside:
        raise _unknown(name, wanted, known)
    gathering = _Gathering()
    for one in inside:
        gathering.add_config(CONFIGS / one, PurePosixPath(one))
    if wanted == "configs":
        return {wanted / at: source for at, source in gathering.files.items()}
    return gathering.below(PurePosixPath(wanted).parent)


def _unknown(name: str, wanted: str, known: list[str]) -> UsageError:
    names = dict.fromkeys(known)
    for one in known:
        stem = re.sub("(_solver|_train_test|_train_val)?[.][a-z]+$", "", one)
        names |= dict.fromkeys((stem, PurePosixPath(one).parent.as_posix()))
    names.pop(".", None)
    close = nearest(wanted, names)
    below = [one for one in names if PurePosixPath(one).name == PurePosixPath(wanted).name]
    hint = did_you_mean([f"configs/{one}" for one in [*below, *close][:1]])
    return UsageError(f"no shipped config '{name}'; {hint or 'layerzoo list configs shows all'}")


class _Gathering:
    """Finds the files that configs refer to.

    Attributes:
        files: the shipped files, by where a config that names them looks for them, below ``configs``.
    """

    def __init__(self) -> None:
        self.files: dict[PurePosixPath, Path] = {}

    def below(self, folder: PurePosixPath) -> dict[PurePosixPath, Path]:
        """The files by their paths below a folder, or below the one above it that holds all."""
        base = commonpath([str(folder), *(str(at.parent) for at in self.files)])
        return {at.relative_to(base): source for at, source in self.files.items()}

    def add_config(self, path: Path, at: PurePosixPath) -> None:
        """Add a net or a solver with all that it refers to."""
        if at in self.files:
            return
        self.files[at] = path
        kind = _kind(path)
        if kind == "plan":
            for node in read_tree(read_source(path), None, path, []).children or ():
                if node.key in _FILES_OF_PLANS:
                    self._add(node.text or "", path, at)
            return
        self._add_includes(path, at)
        if kind == "net":
            self._add_data(load_net(path).message, path, at)
        if kind != "solver":
            return
        solver = load_solver(path)
        for name in (*_texts(solver.message, *NET_FILES), *solver.message.weights):
            self._add(name, path, at)
        for key in INLINE_NETS:
            for net in solver.nets.get(key, ()):
                self._add_data(net.message, path, at)

    def _add_includes(self, path: Path, at: PurePosixPath) -> None:
        for node in _includes(read_tree(read_source(path), None, path, [])):
            name = node.text or ""
            self._put(find_include(name, path), at.parent / name)

    def _add_data(self, net: NetParameter, path: Path, at: PurePosixPath) -> None:
        for name in sorted(paths_in(net)):
            self._add(name, path, at)
        for layer in net.layer:
            if layer.python_param.module:
                self._add(f"{layer.python_param.module.replace('.', '/')}.py", path, at)

    def _add(self, name: str, path: Path, at: PurePosixPath) -> None:
        """Add a file or folder that a config names, if it is shipped."""
        if not name or PurePosixPath(name).is_absolute():
            return
        found = next((one for one in (path.parent / name, CONFIGS / name) if _stands(one)), None)
        if found is not None:
            self._put(found, at.parent / name)

    def _put(self, found: Path, at: PurePosixPath) -> None:
        at, found = PurePosixPath(normpath(at)), Path(normpath(found))
        if ".." in at.parts or not found.resolve().is_relative_to(CONFIGS.resolve()):
            return
        if found.is_dir():
            for file in sorted(one for one in found.rglob("*") if one.is_file()):
                self.files[at / file.relative_to(found).as_posix()] = file
        elif found.suffix in SUFFIXES:
            self.add_config(found, at)
        elif at not in self.files:
            self.files[at] = found
            for name in _listed(found):
                self._add(name, found, at)


def _includes(root: Node) -> Iterator[Node]:
    """The files that a config includes, and those of the nets inside it."""
    inline = (node for key in INLINE_NETS for node in root.all(key))
    for node in (root, *inline):
        yield from node.all("include")


def _texts(message: Message, *fields: str) -> Iterator[str]:
    for field in fields:
        value = getattr(message, field)
        yield from [value] if isinstance(value, str) else value


def _kind(path: Path) -> str | None:
    """``solver``, ``net``, ``plan`` (of ``layerzoo tune``); None for blocks alone and for data."""
    if path.suffix not in SUFFIXES:
        return None
    source = read_source(path)
    if is_solver(source):
        return "solver"
    root = read_tree(source, None, path, [])
    if root.first("solver") is not None and root.first("axes") is not None:
        return "plan"
    return "net" if root.first("layer") is not None or root.first("layers") is not None else None


def _listed(path: Path) -> list[str]:
    """The names in a text that may be those of files: the first words of its lines."""
    if path.stat().st_size > _MAX_LIST:
        return []
    try:
        lines = read_text(path).splitlines()
    except UnicodeDecodeError:
        return []
    return [words[0] for line in lines if (words := line.split())]


def _stands(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _same(source: Path, target: Path, places: Mapping[str, Path]) -> bool:
    """Whether a file has the content of a copy, but for where its comments say that configs stand."""
    if source.suffix not in SUFFIXES:
        return source.read_bytes() == target.read_bytes()
    mine, theirs = (_placed(read_text(one, "surrogateescape"), places) for one in (source, target))
    return mine == theirs


def _write(source: Path, target: Path, places: Mapping[str, Path]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix in SUFFIXES:
            write_atomic(target, _placed(read_text(source), places))
        else:
            with atomic_path(target) as path:
                shutil.copyfile(source, path)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from error


def _placed(text: str, places: Mapping[str, Path]) -> str:
    """A text whose comments name copies in the place of shipped configs, so that their commands run these."""

    def replaced(match: re.Match[str]) -> str:
        place = places.get(match[0])
        return match[0] if place is None else place.as_posix()

    lines = text.splitlines(keepends=True)
    return "".join(_MENTION.sub(replaced, line) if line.lstrip().startswith("#") else line for line in lines)
