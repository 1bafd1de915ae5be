"""The sequence of samples, augmentations included, is one with any number of processes that train or read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from numpy.typing import NDArray
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode

from layerzoo.data import DataLayer
from layerzoo.data.batches import Batches
from layerzoo.data.transform.step import STEPS
from layerzoo.layer import LAYERS
from layerzoo.layers.folder_data import FolderData
from layerzoo.schema import TRAIN, LayerParameter, part_of
from tests.layers.examples import TYPES, examples_of

TOTAL = 8
"""Samples of a batch of all processes together."""
Rows = dict[int, list[NDArray[Any]]]
"""For each top by its index, what it has of each sample of the sequence."""

DISTRIBUTED = sorted(
    name for name in TYPES if issubclass(LAYERS[name], DataLayer) and LAYERS[name].distributed
)


@contextmanager
def opened(param: LayerParameter, batch_size: int, workers: int) -> Iterator[DataLayer]:
    """A data layer with another batch size."""
    own = LayerParameter()
    own.CopyFrom(param)
    own.phase = TRAIN
    kind = LAYERS[own.type]
    assert issubclass(kind, DataLayer)
    if own.HasField("roi_data_param"):  # its batch_size is of regions
        regions = own.roi_data_param.batch_size // kind.reading(param).batch_size
        own.roi_data_param.batch_size = regions * batch_size
        own.roi_data_param.images = batch_size
    else:
        sizes = [part for name in kind.messages if (part := part_of(own, name)) is not None and sized(part)]
        sizes[0].batch_size = batch_size
    own.reading_param.workers = workers
    with closing(kind(own)) as layer:
        layer.clock.seed = 7
        yield layer


def sized(part: Any) -> bool:
    return "batch_size" in part.DESCRIPTOR.fields_by_name


def rows(
    param: LayerParameter, ranks: int = 1, workers: int = 0, batches: int = 3, total: int = TOTAL
) -> Rows:
    """What the first batches have of each sample, in the order of the sequence."""
    size = total // ranks
    shares: list[list[dict[int, list[NDArray[Any]]]]] = []
    for rank in range(ranks):
        with opened(param, size, workers) as layer:
            layer.clock.rank, layer.clock.ranks = rank, ranks
            read = []
            for layer.clock.batch in range(batches):
                tops = layer()
                blobs = [top.numpy() for top in (tops if isinstance(tops, tuple) else (tops,))]
                read.append({n: part for n, top in enumerate(blobs) if (part := by_sample(top, size))})
            shares.append(read)
    tops = set.intersection(*(set(batch) for share in shares for batch in share))
    return {
        top: [shares[n % ranks][batch][top][n // ranks] for batch in range(batches) for n in range(total)]
        for top in tops
    }


def by_sample(top: NDArray[Any], size: int) -> list[NDArray[Any]]:
    """What a top has of each sample; empty if it is not known."""
    if top.shape[:2] == (1, 1) and top.shape[-1] == 8:  # boxes, of which the first number is the image
        boxes = top.reshape(-1, 8)
        return [boxes[boxes[:, 0] == place, 1:].copy() for place in range(size)]
    return list(top.copy()) if len(top) == size else []


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether rows are equal, up to zeros by which those of a batch are padded to one size."""
    if one.ndim != other.ndim:
        return False
    common = tuple(slice(0, min(sizes)) for sizes in zip(one.shape, other.shape, strict=True))
    cut = [row[common] for row in (one, other)]
    rest = [np.count_nonzero(row) - np.count_nonzero(row[common]) for row in (one, other)]
    return np.array_equal(*cut) and not any(rest)


def assert_one_sequence(param: LayerParameter) -> None:
    alone = rows(param)
    for ranks, workers in ((8, 0), (2, 0), (1, 3)):
        others = rows(param, ranks, workers)
        assert 0 in others
        assert 0 in alone
        for top in set(alone) & set(others):
            pairs = zip(alone[top], others[top], strict=True)
            wrong = [n for n, pair in enumerate(pairs) if not same(*pair)]
            assert not wrong, f"top {top}, samples {wrong}, with {ranks} processes, {workers} workers"


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_sequence_of_a_source_is_one(name: str, tmp_path: Path) -> None:
    params = [example.param for example in examples_of(name, tmp_path)]
    assert params
    for param in params:
        if len(param.top) != 3 or name != "ROIData":
            assert_one_sequence(param)


class Operations(TorchDispatchMode):
    """Collects the names of torch's operations in its block."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of torch's operations that reading batches takes."""
    mode, read = Operations(), Batches.read

    def watched(self: Batches, number: int) -> Any:
        with mode:
            return read(self, number)

    monkeypatch.setattr(Batches, "read", watched)
    return mode.names


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_source_reads_without_locks_of_torch(name: str, tmp_path: Path, operations: set[str]) -> None:
    """A lock of MKL that a thread holds at a fork would stop a process that reads for ever."""
    assert all(rows(example.param, batches=1) for example in examples_of(name, tmp_path))
    assert not operations


def test_sequence_of_images_of_one_in_a_batch_is_one(tmp_path: Path) -> None:
    params = [example.param for example in examples_of("ROIData", tmp_path)]
    for param in params:
        if len(param.top) == 3:  # of Faster R-CNN
            alone, others = rows(param, total=1, batches=24), rows(param, ranks=8)
            assert [same(*pair) for pair in zip(alone[0], others[0], strict=True)] == [True] * 24


_JITTER = "brightness: 0.5 contrast: 0.5 saturation: 0.5 hue: 0.2"
_POLICIES = (
    "resize_param { height: 20 width: 20 prob: 0.25 } "
    "resize_param { height: 20 width: 20 prob: 0.5 resize_mode: FIT_LARGE_SIZE_AND_PAD interp_mode: AREA "
    "interp_mode: CUBIC } resize_param { height: 20 width: 20 prob: 0.25 interp_mode: NEAREST } "
)
_NOISES = (
    "hist_eq: true inverse: true decolorize: true gauss_blur: true jpeg: 50 posterize: true erode: true "
    "saltpepper: true saltpepper_param { fraction: 0.2 value: 255 } clahe: true"
)
TRANSFORMS = {
    "Blur": "blur_param { prob: 0.5 }",
    "ColorJitter": f"color_jitter_param {{ {_JITTER} }}",
    "Crop": "crop_size: 9",
    "Cutout": "cutout_param { prob: 0.7 count: 2 }",
    "Distort": "distort_param { brightness_prob: 0.5 brightness_delta: 30 contrast_prob: 0.5 "
    "contrast_lower: 0.5 contrast_upper: 1.5 hue_prob: 0.5 hue_delta: 18 saturation_prob: 0.5 "
    "saturation_lower: 0.5 saturation_upper: 1.5 random_order_prob: 0.5 }",
    "Expand": "expand_param { prob: 0.5 max_expand_ratio: 3 }",
    "FlowMirror": "mirror: true is_flow: true",
    "GaussianNoise": "gaussian_noise_param { prob: 0.5 }",
    "Geometry": "geometry_param { prob: 0.7 all_effects: true }",
    "Gray": "gray_prob: 0.5",
    "JPEG": "jpeg_param { prob: 0.5 }",
    "Mirror": "mirror: true",
    "Mix": "mix_param { mixup_alpha: 0.4 cutmix_alpha: 1 classes: 3 }",
    "MultiScaleCrop": "crop_size: 9 multi_scale: true scale_ratios: 1 scale_ratios: 0.7 max_distort: 1",
    "Noise": f"noise_param {{ prob: 0.8 {_NOISES} }}",
    "RandAugment": "rand_augment_param { }",
    "RandomCrop": "random_crop_param { size: 9 }",
    "ResizePolicy": _POLICIES,
    "ScaleFactors": "scale_factors: 0.7 scale_factors: 1.3 crop_size: 8",
    "TrivialAugment": "trivial_augment: true",
    "Warp": "warp_param { max_rotation: 30 max_translation: 0.2 min_zoom: 0.7 max_zoom: 1.4 max_shear: 10 "
    "max_perspective: 0.1 }",
}
"""Random transforms by the step that they make."""
ON_DEVICE = sorted(set(TRANSFORMS) - {"Mix", "ScaleFactors"})
"""Those that may stand with on_device, whose images must be of one size before the device."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(3)
    for number in range(13):
        height, width = rng.integers(16, 40, 2)
        path = folder / str(number % 3) / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(path)
    return folder


def test_all_random_steps_are_tested() -> None:
    others = {name for name in STEPS if name not in TRANSFORMS}
    assert others == {
        "ChannelOrder",
        "Decode",
        "Emit",
        "Mean",
        "OnDevice",
        "Pad",
        "Resize",
        "Sample",
        "Scale",
    }


def with_transform(step: str, photos: Path, more: str = "") -> LayerParameter:
    size = "" if step == "ResizePolicy" else "resize_param { height: 20 width: 22 }"
    return text_format.Parse(
        f'name: "d" type: "FolderData" top: "x" top: "y" folder_data_param {{ source: "{photos}" '
        f"batch_size: 8 }} transform_param {{ {size} {TRANSFORMS[step]} {more} }}",
        LayerParameter(phase=TRAIN),
    )


@pytest.mark.parametrize("step", TRANSFORMS)
def test_sequence_of_a_transform_is_one(step: str, photos: Path) -> None:
    param = with_transform(step, photos)
    steps = FolderData.pipeline(param).steps
    assert step == "Mix" or step in {type(each).__name__ for each in steps if each.random}
    assert_one_sequence(param)


@pytest.mark.parametrize("step", TRANSFORMS)
def test_transform_computes_without_locks_of_torch(step: str, photos: Path, operations: set[str]) -> None:
    assert rows(with_transform(step, photos), batches=1)
    assert operations <= {"upsample_bilinear2d", "unsqueeze", "detach", "lift_fresh"}


@pytest.mark.parametrize("step", ON_DEVICE)
def test_sequence_of_a_transform_on_the_device_is_one(step: str, photos: Path) -> None:
    param = with_transform(step, photos, "on_device: true")
    assert_one_sequence(param)
    gaps = np.abs(np.stack(rows(param)[0]) - np.stack(rows(with_transform(step, photos))[0]))
    assert gaps.max() <= 1  # grey level


@pytest.mark.parametrize(
    "reading",
    [
        "cache: MEMORY",
        "sampler: BALANCED",
        "split: TRAIN val_share: 0.3 test_share: 0.1",
        "limit: 5",
        "shuffle: false",
        "on_error: SKIP max_skipped: 3",
    ],
)
def test_sequence_with_switches_is_one(reading: str, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    if "SKIP" in reading:
        (tmp_path / "photos" / "0" / "broken.png").write_bytes(b"no image")
    param = with_transform("Mix", tmp_path / "photos", "mirror: true warp_param { max_rotation: 30 }")
    text_format.Merge(f"reading_param {{ {reading} }}", param)
    assert_one_sequence(param)
