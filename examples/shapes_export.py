"""The drawn shapes as files that other programs read: a folder like PASCAL VOC's, and LMDBs like SSD's.

The folder has ``JPEGImages``, ``Annotations`` (boxes as XML), ``SegmentationClass`` (class of each pixel) and
``ImageSets``; an LMDB holds AnnotatedDatums, which a layer AnnotatedData reads. The argument is the number of
pictures of each split.

    python -m layerzoo.pycaffe examples/shapes_export.py 400
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

import caffe
import numpy as np
from PIL import Image

from layerzoo.data.datasets.shapes import Shapes
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.evaluation.overlays import mask_picture
from layerzoo.schema import AnnotatedDatum

FOLDER = Path("shapes")
NET = """
layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label" include {{ phase: TEST }}
  data_param {{ source: "{source}" backend: LMDB batch_size: {count} }}
  annotated_data_param {{ }} }}
"""


def annotation(name: str, boxes: np.ndarray, side: int) -> ElementTree.Element:
    """The XML of a picture; pixels count from 1 as in VOC."""
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = f"{name}.jpg"
    size = ElementTree.SubElement(root, "size")
    for field, value in (("width", side), ("height", side), ("depth", 3)):
        ElementTree.SubElement(size, field).text = str(value)
    for number, *corners in boxes:
        one = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(one, "name").text = Shapes.names[int(number) - 1]
        ElementTree.SubElement(one, "difficult").text = "0"
        box = ElementTree.SubElement(one, "bndbox")
        pixels = np.rint(np.array(corners) * side).astype(int) + np.array([1, 1, 0, 0])
        for field, value in zip(("xmin", "ymin", "xmax", "ymax"), pixels.tolist(), strict=True):
            ElementTree.SubElement(box, field).text = str(value)
    return root


def record(pixels: np.ndarray, boxes: np.ndarray) -> bytes:
    """An AnnotatedDatum: the picture, blue first, and its boxes as shares of its sides."""
    datum = AnnotatedDatum(type=AnnotatedDatum.BBOX)
    datum.datum.channels, datum.datum.height, datum.datum.width = pixels.shape
    datum.datum.data = pixels.tobytes()
    for number, *corners in boxes.tolist():
        group = datum.annotation_group.add(group_label=int(number))
        box = group.annotation.add(instance_id=0).bbox
        box.xmin, box.ymin, box.xmax, box.ymax = corners
    return datum.SerializeToString()


def export(split: str, count: int) -> int:
    """Write the first pictures of a split; returns the number of objects in them."""
    (images, objects), (_, masks) = Shapes().load_objects(split), Shapes().load_masks(split)
    pixels = (images[:count] * 255).round().astype(np.uint8)
    names = [f"{split}_{number:06d}" for number in range(len(pixels))]
    for folder in ("JPEGImages", "Annotations", "SegmentationClass", "ImageSets/Main"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    for name, picture, boxes, mask in zip(names, pixels, objects, masks, strict=False):
        rgb = Image.fromarray(np.ascontiguousarray(picture[::-1].transpose(1, 2, 0)))
        rgb.save(FOLDER / "JPEGImages" / f"{name}.jpg", quality=95)
        tree = ElementTree.ElementTree(annotation(name, boxes, Shapes.native_size))
        ElementTree.indent(tree)
        tree.write(FOLDER / "Annotations" / f"{name}.xml")
        mask_picture(mask.astype(np.uint8)).save(FOLDER / "SegmentationClass" / f"{name}.png")
    (FOLDER / "ImageSets/Main" / f"{split}.txt").write_text("".join(f"{name}\n" for name in names))
    records = ((name.encode(), record(*of)) for name, *of in zip(names, pixels, objects, strict=False))
    write_lmdb(FOLDER / f"{split}_lmdb", records)
    return sum(len(boxes) for boxes in objects[:count])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    objects = export("train", count) + export("test", count)
    read = 0
    for split in ("train", "test"):
        (FOLDER / "net.prototxt").write_text(NET.format(source=FOLDER / f"{split}_lmdb", count=count))
        labels = caffe.Net(str(FOLDER / "net.prototxt"), caffe.TEST).forward()["label"]
        read += int((labels[0, 0, :, 1] > 0).sum())
    found = [len(ElementTree.parse(path).findall("object")) for path in FOLDER.glob("Annotations/*.xml")]
    print(f"RESULT pictures={len(found)} objects={objects} lost={objects - read + objects - sum(found)}")


main()
