"""AnnotatedDatums of a database as samples; the layer's tests cover transforms, rows and masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from layerzoo.data.annotated_samples import AnnotatedSamples, Jitter
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data.transform import Batch, Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.errors import DataError
from layerzoo.schema import AnnotatedDatum, LayerParameter


def test_records_with_and_without_annotations_are_not_mixed(tmp_path: Path) -> None:
    records = []
    for key, typed in ((b"0", True), (b"1", False)):
        record = AnnotatedDatum()
        if typed:
            record.type = AnnotatedDatum.BBOX
        record.datum.channels = record.datum.height = record.datum.width = 1
        record.datum.data = b"a"
        records.append((key, record.SerializeToString()))
    write_lmdb(tmp_path / "lmdb", records)
    text = f'data_param {{ source: "{tmp_path}/lmdb" backend: LMDB }}'
    samples = AnnotatedSamples(text_format.Parse(text, LayerParameter()), Pipeline(), None)
    assert samples.first()[0] == (1, 1, 1)
    with pytest.raises(DataError, match="no type of annotations, which other records have"):
        samples.read(np.arange(2), np.arange(2), 0)
    samples.close()


def test_jitter_cuts_off_at_most_the_given_fraction_and_boxes_move_along() -> None:
    batch = Batch([np.zeros((1, 100, 100), np.uint8)] * 20, np.arange(20), 3)
    whole = np.array([[0, 0, 1, 1]], np.float32)
    batch.boxes = [Boxes(whole, np.zeros((1, 3), np.float32)) for _ in range(20)]
    step = Jitter(0.3)
    sizes = np.array([step.image(batch.images[i], i, batch).shape[1:] for i in range(20)])
    assert sizes.min() >= 69
    assert sizes.std() > 3
    for boxes, size in zip(batch.boxes, sizes, strict=True):
        left, top, right, bottom = boxes.window
        assert (round(100 * (bottom - top)), round(100 * (right - left))) == pytest.approx(tuple(size), abs=1)
