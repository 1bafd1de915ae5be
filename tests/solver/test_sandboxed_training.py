"""Training in the sandbox gives the same bits as without it."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from layerzoo import weights
from layerzoo.cli.main import main
from layerzoo.data.image import encode
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.schema import Datum

SOLVER = """
net_param {{
  layer {{ name: "lmdb" type: "Data" top: "a" top: "label" transform_param {{ crop_size: 8 mirror: true }}
    data_param {{ source: "{folder}/db" batch_size: 4 backend: LMDB }} }}
  layer {{ name: "list" type: "ImageData" top: "b" top: "unused"
    image_data_param {{ source: "{folder}/images.txt" batch_size: 4 shuffle: true new_height: 9
      new_width: 8 }} }}
  layer {{ name: "rows" type: "HDF5Data" top: "c"
    hdf5_data_param {{ source: "{folder}/rows.txt" batch_size: 4 }} }}
  layer {{ type: "Silence" bottom: "unused" }}
  layer {{ name: "ip_a" type: "InnerProduct" bottom: "a" top: "x"
    inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
  layer {{ name: "ip_b" type: "InnerProduct" bottom: "b" top: "y"
    inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
  layer {{ name: "ip_c" type: "InnerProduct" bottom: "c" top: "z"
    inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
  layer {{ name: "sum" type: "Eltwise" bottom: "x" bottom: "y" bottom: "z" top: "sum" }}
  layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "label" }}
}}
base_lr: 0.00001 momentum: 0.9 lr_policy: "fixed" max_iter: 6 random_seed: 5 solver_mode: CPU
snapshot: 3 snapshot_prefix: "{folder}/{name}" snapshot_format: HDF5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (10, 3, 12, 12), np.uint8)
    datums = (Datum(encoded=True, label=n % 3, data=encode(i, "jpg", "x")) for n, i in enumerate(images))
    write_lmdb(tmp_path / "db", ((b"%d" % n, datum.SerializeToString()) for n, datum in enumerate(datums)))
    for n, image in enumerate(images):
        Image.fromarray(image.transpose(1, 2, 0)).save(tmp_path / f"{n}.png")
    (tmp_path / "images.txt").write_text("".join(f"{tmp_path}/{n}.png {n % 3}\n" for n in range(10)))
    for n in range(2):
        with h5py.File(tmp_path / f"{n}.h5", "w") as file:
            file["c"] = random.random((5, 7), np.float32)
    (tmp_path / "rows.txt").write_text(f"{tmp_path}/0.h5\n{tmp_path}/1.h5\n")
    return tmp_path


def trained(folder: Path, name: str, *flags: str) -> list[object]:
    (folder / f"{name}.prototxt").write_text(SOLVER.format(folder=folder, name=name))
    assert main([*flags, "train", "-solver", str(folder / f"{name}.prototxt")]) == 0
    blobs = weights.read(folder / f"{name}_iter_6.caffemodel.h5")
    assert sorted(blobs) == ["ip_a", "ip_b", "ip_c"]
    return [blob.tolist() for layer in sorted(blobs) for blob in blobs[layer]]


@pytest.mark.slow
def test_training_in_the_sandbox_gives_the_same_bits(folder: Path) -> None:
    assert trained(folder, "boxed", "-sandbox") == trained(folder, "plain")


@pytest.mark.slow
def test_resume_in_the_sandbox_gives_the_same_bits(folder: Path) -> None:
    plain = trained(folder, "plain")
    (folder / "plain_iter_6.caffemodel.h5").unlink()
    snapshot = folder / "plain.run" / "iter_3"
    assert snapshot.is_dir()
    assert trained(folder, "plain", "-sandbox", "-resume", str(snapshot)) == plain
