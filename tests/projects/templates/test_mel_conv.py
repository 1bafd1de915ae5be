"""A convolutional net over spectra."""

from dataclasses import replace

import pytest

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.templates.mel_conv import MelConv
from tests.projects.built import built, shape_of


@pytest.mark.parametrize(("bands", "frames"), [(40, 101), (40, 2), (3, 3)])
def test_each_recording_has_one_score_a_class(description: DataDescription, bands: int, frames: int) -> None:
    recordings = replace(description, images=None, shapes={"data": (1, bands, frames)})
    graph = built(MelConv().layers(recordings, 4, 0), {"data": (2, 1, bands, frames)})
    assert shape_of(graph, "mean") == (2, 128, 1, 1)
    assert shape_of(graph, "score") == (2, 4)
