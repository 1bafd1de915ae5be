"""Write the files of a project, all or none, and check them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from layerzoo.atomic import atomic_path
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.projects.plan import Project


class _ProjectError(LayerzooError):
    """The error of a check, with the paths that the files would have had."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def check_free(folder: str | Path) -> None:
    """Check that a project can be written to a folder.

    Raises:
        UsageError: the folder exists, and isn't empty.
    """
    folder = Path(folder)
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        what = "this folder is not empty" if folder.is_dir() else "a file of this name exists"
        raise UsageError(f"{folder}: {what}; nothing is overwritten, so name another folder, or remove it")


def write_project(folder: str | Path, project: Project, check: Callable[[Path], object]) -> list[Path]:
    """Write a project to a new or empty folder.

    Args:
        folder: the folder.
        project: the project.
        check: called with the path of the solver before anything stands at its place; raises if it is wrong,
            and the paths in the error's message become those in ``folder``.

    Returns:
        the paths of the files.

    Raises:
        UsageError: the folder exists, and isn't empty.
        OSError: it can't be written to.
    """
    check_free(folder)
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder) as path:
        path.mkdir()
        for name, text in project.files.items():
            (path / name).write_text(text, "utf-8")
        try:
            check(path / "solver.yaml")
        except LayerzooError as error:
            text = str(error)
            if str(path) not in text:
                raise
            raise _ProjectError(text.replace(str(path), str(folder)), error.exit_code) from error
    return [folder / name for name in project.files]
