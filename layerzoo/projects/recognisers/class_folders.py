"""A folder of images for each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import SUFFIXES, LabelledFile, find_parts, read_class_folders
from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import choose_shares, count_parts, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.recognisers.masks import PAIRS

_FEW: Final = 20
"""Fewer images of a class than these are warned of."""


@recogniser
class ClassFolders(Recogniser):
    """A folder of images for each class; or train, val and test, each with such folders."""

    expects = "a folder with a folder of images for each class, such as photos/cat/1.jpg, photos/dog/1.jpg"
    rank = 80

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_dir() or not _has_images(path):
            return None
        parts = find_parts(path)
        roots = list(parts.values()) or [path]
        names, files, counts = _read(path, parts)
        classes = _by_class(roots, names, files)
        images, warnings = look_at_images([file.path for file in files])
        shares = None if parts else choose_shares(len(files))
        folders = ", ".join(folder.name for folder in roots)
        description = DataDescription(
            what=f"a folder of images for each class: {len(files):,} images of {len(names)} classes",
            task=CLASSIFICATION,
            layer="FolderData",
            fields={"source": str(path.absolute())},
            counts=counts if shares is None else count_parts([file.key for file in files], shares),
            classes=classes,
            images=images,
            shares=shares,
            details=[f"divided into the folders {folders}"] if parts else [],
        )
        rare = [f"'{name}' ({count})" for name, count in classes.items() if count < _FEW]
        if rare:
            warnings.append(f"few images of {', '.join(rare[:5])}: a class needs about {_FEW} or more")
        description.warnings = [*warnings, *_lacking(parts, names), *_others(path), *_nested(roots[0], names)]
        return description


def _read(path: Path, parts: Mapping[str, Path]) -> tuple[list[str], list[LabelledFile], dict[str, int]]:
    """The names of the classes, the images of all parts, and the number of those of each part.

    Raises:
        DataError: the parts hold images and masks, not classes.
    """
    names, files = read_class_folders(path, (), "train" if parts else "")
    if parts and any(set(names) <= set(pair) for pair in PAIRS):
        inner = " and ".join(names)
        raise DataError(
            f"-data {path}: its parts hold {inner}, which are no classes. Expected images and masks in one "
            f"folder each: start with {path / parts['train'].name}, and it is split"
        )
    counts = {"train": len(files)}
    for part in [part for part in parts if part != "train"]:  # in order
        others = read_class_folders(path, names, part)[1]
        files, counts[part] = [*files, *others], len(others)
    return names, files, counts


def _lacking(parts: Mapping[str, Path], names: Sequence[str]) -> list[str]:
    """A warning for each part without a folder of some classes."""
    warnings = []
    for folder in parts.values():
        lacking = [name for name in names if not (folder / name).is_dir()]
        if lacking:
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            shown = "', '".join(lacking[:5])
            warnings.append(f"the folder {folder.name} has no images of '{shown}'{more}")
    return warnings


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
    count = sum(suffixes.values())
    are = (
        "1 file is not an image, and is left out"
        if count == 1
        else f"{count:,} files are not images, and are left out"
    )
    return [f"{are}: {shown}"]


def _nested(path: Path, names: Sequence[str]) -> list[str]:
    """A warning if the folders of all classes hold folders of the same names, which may be the classes."""
    folders = [folder for name in names if (folder := path / name).is_dir()]
    inner = [{child.name for child in folder.iterdir() if child.is_dir()} for folder in folders]
    common = sorted(set.intersection(*inner)) if len(inner) == len(names) else []
    if len(common) < 2:
        return []
    shown = "', '".join(common[:3])
    return [
        f"each of the folders '{names[0]}', '{names[1]}' holds folders '{shown}': if those are the classes, "
        "put the images of each into one folder"
    ]


def _by_class(roots: Sequence[Path], names: Sequence[str], files: Sequence[LabelledFile]) -> dict[str, int]:
    """The number of images of each class.

    Raises:
        DataError: there is one class only.
    """
    counts, path = Counter(names[file.label] for file in files), roots[0]
    empty = [name for name in names if not counts[name]]
    if empty:
        folder = next((root for root in roots if (root / empty[0]).is_dir()), path) / empty[0]
        raise DataError(
            f"-data {folder.parent}: no images in the folder of class '{empty[0]}'; remove it, or fill it"
        )
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
