"""An LMDB of images and labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.data_description import DataDescription, Images
from layerzoo.projects.looking import by_class, choose_shares, count_parts, data_layer, keys_of
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.projects.yaml_text import Word


@recogniser
class Databases(Recogniser):
    """A folder with data.mdb, of Datum messages as convert_imageset writes them."""

    expects = "an LMDB of images with labels, as layerzoo data import writes it (a folder with data.mdb)"
    rank = 10

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not (path / "data.mdb").is_file():
            return None
        fields = {"source": str(path.absolute()), "backend": Word("LMDB")}
        try:
            layer = data_layer("Data", ["data", "label"], data_param={**fields, "batch_size": 1})
            shape = layer.top_shapes(layer.param, [])[0]
        except DataError:
            if _has_boxes(fields):
                raise DataError(
                    f"-data {path}: an LMDB of images with boxes, which AnnotatedData reads; give the "
                    "annotations that it was made of (COCO's .json file or PASCAL VOC's folder)"
                ) from None
            raise
        samples = layer.source
        try:
            names = type(layer).class_names(layer.param) or ()
            classes, keys = by_class(samples.labels(), names), keys_of(samples)
        finally:
            layer.close()
        if sum(count > 0 for count in classes.values()) < 2:
            raise DataError(f"-data {path}: its labels are of one class only; expected whole numbers from 0")
        _, channels, height, width = shape
        shares = choose_shares(len(keys))
        return DataDescription(
            what=f"an LMDB of {len(keys):,} images",
            task=CLASSIFICATION,
            layer="Data",
            fields=fields,
            counts=count_parts(keys, shares),
            classes=classes,
            images=Images(height, width, channels),
            shares=shares,
            new_sample="photo.png",
        )


def _has_boxes(fields: Mapping[str, object]) -> bool:
    """Whether an LMDB's records are images with boxes."""
    try:
        layer = data_layer("AnnotatedData", ["data", "label"], data_param={**fields, "batch_size": 1})
        layer.top_shapes(layer.param, [])
    except DataError:
        return False
    layer.close()
    return True
