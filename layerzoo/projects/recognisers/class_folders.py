"""A folder of images for each class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import SUFFIXES, LabelledFile, find_parts, read_class_folders
from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.found import Found
from layerzoo.projects.looking import choose_shares, count_parts, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser

_FEW: Final = 20
"""Fewer images of a class than these are warned of."""
_PARTS: Final = {"train": {"split": "TRAIN"}, "val": {"split": "VAL"}, "test": {"split": "TEST"}}


@recogniser
class ClassFolders(Recogniser):
    """A folder of images for each class; or train, val and test, each with such folders."""

    expects = "a folder with a folder of images for each class, such as photos/cat/1.jpg, photos/dog/1.jpg"
    rank = 80

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> Found | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_dir() or not _has_images(path):
            return None
        parts = find_parts(path)
        names, files = read_class_folders(path)
        classes = _by_class(path, names, files)
        images, warnings = look_at_images([file.path for file in files])
        details = []
        found = Found(
            what=f"a folder of images for each class: {len(files):,} images of {len(names)} classes",
            task=CLASSIFICATION,
            layer="FolderData",
            message="folder_data_param",
            fields={"source": str(path.absolute())},
            classes=classes,
            images=images,
        )
        if parts:
            details.append(f"divided into the folders {', '.join(folder.name for folder in parts.values())}")
        found.shares = choose_shares(len(files))
        found.counts = count_parts([file.key for file in files], found.shares)
        found.details = details
        rare = [f"'{name}' ({count})" for name, count in classes.items() if count < _FEW]
        if rare:
            warnings.append(f"few images of {', '.join(rare[:5])}: a class needs about {_FEW} or more")
        found.warnings = [*warnings, *_others(path), *_nested(path, names)]
        return found


def _others(path: Path) -> list[str]:
    """A warning of files that are no images; empty if there are none."""
    suffixes = Counter(
        file.suffix.lower() or "none"
        for file in path.rglob("*")
        if file.is_file() and not file.name.startswith(".") and file.suffix.lower() not in SUFFIXES
    )
    if not suffixes:
        return []
    shown = ", ".join(f"{count:,} of suffix {suffix}" for suffix, count in suffixes.most_common(3))
    return [f"{sum(suffixes.values()):,} files are not images, and are left out: {shown}"]


def _nested(path: Path, names: list[str]) -> list[str]:
    """A warning if the folders of all classes hold folders of the same names, which may be the classes."""
    inner = [{child.name for child in (path / name).iterdir() if child.is_dir()} for name in names]
    common = (
        sorted(set.intersection(*inner)) if all(map(Path.is_dir, (path / name for name in names))) else []
    )
    if len(common) < 2:
        return []
    shown = "', '".join(common[:3])
    return [
        f"each of the folders '{names[0]}', '{names[1]}' holds folders '{shown}': if those are the classes, "
        "put the images of each into one folder"
    ]


def _by_class(path: Path, names: list[str], files: list[LabelledFile]) -> dict[str, int]:
    """The number of images of each class.

    Raises:
        DataError: there is one class only.
    """
    counts = Counter(names[file.label] for file in files)
    empty = [name for name in names if not counts[name]]
    if empty:
        raise DataError(f"-data {path}: no images in the folder of class '{empty[0]}'; remove it, or fill it")
    if len(names) > 1:
        return {name: counts[name] for name in names}
    inner = sorted(child.name for child in (path / names[0]).iterdir() if child.is_dir()) if names else []
    hint = (
        f"the classes may be one folder further in: -data {path / names[0]}"
        if len(inner) > 1
        else "put the images of a second class into a folder beside it"
    )
    raise DataError(f"-data {path}: one class only, '{names[0]}'; expected two or more: {hint}")


def _has_images(path: Path) -> bool:
    """Whether there is an image in a folder or in its folders."""
    return any(file.suffix.lower() in SUFFIXES for file in path.rglob("*"))
