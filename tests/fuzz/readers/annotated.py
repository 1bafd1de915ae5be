"""Records with boxes, whose images are transformed as SSD trains."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from layerzoo.data.annotated import read_annotated
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.boxes import WHOLE
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.sample import Sample
from layerzoo.schema import TRAIN, AnnotatedDatum, BatchSampler, TransformationParameter
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes
from tests.fuzz.readers.images import encoded
from tests.fuzz.readers.schema import random_message

_TRANSFORM = TransformationParameter(
    resize_param=[{"height": 8, "width": 9}],
    expand_param={"max_expand_ratio": 2},
    emit_constraint={"emit_type": "MIN_OVERLAP", "emit_overlap": 0.5},
    mirror=True,
)
_SAMPLER = BatchSampler(
    sampler={"min_scale": 0.3}, sample_constraint={"min_jaccard_overlap": 0.5}, max_sample=1, max_trials=20
)


def _record(random: Random) -> bytes:
    message = random_message(random, AnnotatedDatum)
    if random.random() < 0.7:
        message.datum.Clear()
        message.datum.encoded, message.datum.data = True, random.choice(encoded())
        message.type = AnnotatedDatum.BBOX
    data = message.SerializePartialToString()
    return mutate_bytes(random, data) if random.random() < 0.5 else data


@kind("annotated_datum", _record)
def read_record(data: bytes, folder: Path) -> None:
    """A record is parsed, its image decoded and transformed, and its boxes with it."""
    images, _, boxes = read_annotated([data], "record {}".format)
    present = [each for each in boxes if each is not None]
    early, late = transform_steps(_TRANSFORM, TRAIN)[:2], transform_steps(_TRANSFORM, TRAIN)[2:]
    pipeline = Pipeline(Decode(color=True), *early, Sample([_SAMPLER]), *late)
    pipeline(images, np.arange(1), 3, "record {}".format, present or None)
    for each in present:
        each.cut(WHOLE)
