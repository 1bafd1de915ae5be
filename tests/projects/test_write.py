"""Files of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError, DataError, LayerzooError, UsageError
from layerzoo.loader import load_solver
from layerzoo.projects import Project, write_project
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.write import check_free


def test_project_is_written_whole_or_not_at_all(tmp_path: Path, description: DataDescription) -> None:
    project = Project(description, "a net", {"net.yaml": "n", "solver.yaml": "s"})

    def fail(solver: Path) -> None:
        assert solver.read_text() == "s"
        raise DataError("wrong")

    with pytest.raises(DataError, match="wrong"):
        write_project(tmp_path / "deep/pets", project, fail)
    assert list((tmp_path / "deep").iterdir()) == []
    paths = write_project(tmp_path / "deep/pets", project, lambda solver: None)
    assert [path.read_text() for path in paths] == ["n", "s"]


def test_faults_name_the_folder_that_was_asked_for(tmp_path: Path, description: DataDescription) -> None:
    project = Project(description, "a net", {"net.yaml": "layer: 3\n", "solver.yaml": "net: net.yaml\n"})
    with pytest.raises(LayerzooError) as caught:
        write_project(tmp_path / "pets", project, load_solver)
    assert str(caught.value).startswith(f"{tmp_path / 'pets/net.yaml'}:1:8: ")
    assert caught.value.exit_code == ConfigError.exit_code


def test_existing_folder_or_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_free(tmp_path / "empty")
    check_free(tmp_path / "new")
    (tmp_path / "empty/x").write_text("mine")
    with pytest.raises(UsageError, match="this folder is not empty; nothing is overwritten"):
        check_free(tmp_path / "empty")
    with pytest.raises(UsageError, match="a file of this name exists"):
        check_free(tmp_path / "empty/x")
