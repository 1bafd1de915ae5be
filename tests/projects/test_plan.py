"""Plans of projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.projects import Asked, plan_project


def test_plan_has_the_texts_of_all_files(photos: Path) -> None:
    project = plan_project(photos, Asked(), "pets")
    assert list(project.files) == ["net.yaml", "solver.yaml", "README.md"]
    assert project.description.classes == {"cat": 30, "dog": 90}
    assert project.model.startswith("LeNet")
    assert "Images of 28 x 28 pixels" in project.files["net.yaml"]


def test_model_of_the_zoo_is_for_images(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,label\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(80)))
    with pytest.raises(UsageError, match="nets of the zoo are fine-tuned to classify images"):
        plan_project(table, Asked("zoo:lenet-digits"), "p")


def test_what_has_no_effect_is_refused(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,label\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(80)))
    plan_project(table, Asked(labels=["label"]), "p")
    with pytest.raises(UsageError, match="-size 32: there are no images; leave it out"):
        plan_project(table, Asked(size=32), "p")
    with pytest.raises(
        UsageError, match=r"-label cat: it names columns of a table, and the data are a folder"
    ):
        plan_project(photos, Asked(labels=["cat"]), "p")
    with pytest.raises(UsageError, match="-size 32: zoo:lenet-digits takes images of its own size"):
        plan_project(photos, Asked("zoo:lenet-digits", size=32), "p")
