"""Recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.recognisers.recordings import Recordings
from tests.projects.drawn_recordings import write_tones


def test_folders_of_recordings_are_classes(tmp_path: Path) -> None:
    description = Recordings.recognise(write_tones(tmp_path / "tones", 20), Asked())
    assert description is not None
    assert (description.task, description.classes) == (CLASSIFICATION, {"high": 20, "low": 20})
    assert (description.fields["sample_rate"], description.fields["seconds"]) == (8000, 0.5)
    assert (description.fields["window"], description.fields["hop"]) == (200, 80)
    assert description.shapes["data"] == (1, 40, 51)
    assert description.details[0].startswith("0.5 to 0.5 seconds at 8,000 Hz; 0.5 seconds of each, as 40")
    assert (description.new_sample, description.models) == ("new.wav", ["mel_conv"])


def test_recordings_that_are_divided_stay_so(tmp_path: Path) -> None:
    for part in ("train", "test"):
        write_tones(tmp_path / part, 4)
    description = Recordings.recognise(tmp_path, Asked())
    assert description is not None
    assert (description.counts, description.shares) == ({"train": 8, "test": 8}, None)
    assert description.details[1] == "divided into the folders train, test"


def test_other_folders_are_of_another_kind(tmp_path: Path, photos: Path) -> None:
    assert Recordings.recognise(photos, Asked()) is None
    write_tones(tmp_path / "deep/tones", 2)
    with pytest.raises(DataError, match="one class only, 'tones'"):
        Recordings.recognise(tmp_path / "deep", Asked())
