"""The README of a project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from layerzoo.projects.asked import DETECTION
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.readme_text import readme_text, summary_lines
from layerzoo.projects.template import find_template


def test_readme_names_the_commands(description: DataDescription) -> None:
    text = readme_text(Path("/home/ann/my pets"), description, find_template("lenet", description), "photos")
    assert "layerzoo train -solver '/home/ann/my pets/solver.yaml'" in text
    assert "layerzoo classify -run '/home/ann/my pets' photo.jpg" in text
    assert "layerzoo evaluate -run" in text
    boxes = readme_text(
        Path("/p"), replace(description, task=DETECTION), find_template("lenet", description), "photos"
    )
    assert "layerzoo detect -run /p photo.jpg" in boxes
    assert "evaluate -run" not in boxes
    assert "layerzoo test -run /p" in boxes


def test_summary_says_what_was_found(description: DataDescription) -> None:
    assert summary_lines(description) == [
        "train 80, val 20, test 20 samples",
        "2 classes: cat (30), dog (90)",
        "colour images of 40 x 30 pixels",
    ]
    many = replace(description, classes={f"c{n}": 1 for n in range(12)})
    assert summary_lines(many)[1].endswith("c9 (1) and 2 more")
