"""The base class of data layers, over samples in memory."""

from __future__ import annotations

import copy
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from torch import Tensor

from layerzoo.data import caching
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.image import encode
from layerzoo.data.samples import ArraySamples, Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.errors import ConfigError, DataError, LayerFault
from layerzoo.layer import LAYERS, Clock
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter, TransformationParameter


class Counting(ArraySamples):
    """Samples 0 to 4 with the labels 0 to 40; counts how often it is closed."""

    closed = 0

    def __init__(self, cheap: bool) -> None:
        super().__init__(np.arange(5, dtype=np.float32)[:, None], np.arange(0, 50, 10, dtype=np.float32))
        self.cheap = cheap
        self.threads: set[str] = set()

    def read(self, indices: Any, numbers: Any, key: int) -> tuple[Any, ...]:
        self.threads.add(threading.current_thread().name)
        return super().read(indices, numbers, key)

    def close(self) -> None:
        self.closed += 1


class Five(DataLayer):
    plan_of: Reading = Reading(2, 0)
    cheap = True

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        return cls.plan_of

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline | None:
        steps = transform_steps(param.transform_param, TRAIN)
        return Pipeline(*steps) if steps else None

    def samples(self) -> Samples:
        return Counting(self.cheap)


TWO = Reading(2, 0)


def layer_of(reading: Reading = TWO, cheap: bool = True, tops: int = 2) -> Five:
    kind = type("Five", (Five,), {"plan_of": reading, "cheap": cheap})
    layer: Five = kind(LayerParameter(name="d", type="Five", top=["data", "label"][:tops]))
    return layer


def batch(layer: Five, number: int) -> list[float]:
    layer.clock.batch = number
    tops = layer()
    return [float(x) for x in (tops if isinstance(tops, Tensor) else tops[0]).reshape(-1)]


def test_forward_reads_batches_across_epochs() -> None:
    layer = layer_of()
    assert [batch(layer, k) for k in range(4)] == [[0, 1], [2, 3], [4, 0], [1, 2]]
    data, label = layer()
    assert (data.shape, label.tolist()) == ((2, 1), [10, 20])


def test_forward_returns_a_tensor_for_one_top() -> None:
    assert isinstance(layer_of(tops=1)(), Tensor)


def test_first_batch_shifts_the_sequence() -> None:
    layer = layer_of()
    layer.first_batch = 3
    assert [batch(layer, k) for k in (3, 4)] == [[0, 1], [2, 3]]


def test_whole_pass_ends_with_a_partial_batch() -> None:
    layer = layer_of()
    layer.whole_pass = True
    assert (layer.epoch_size, layer.batch_size, layer.batches_per_pass) == (5, 2, 3)
    assert [batch(layer, k) for k in range(4)] == [[0, 1], [2, 3], [4], [0, 1]]


def test_ranks_share_the_samples_of_the_sequence() -> None:
    shares = []
    for rank in range(2):
        layer = layer_of()
        layer.clock.rank, layer.clock.ranks = rank, 2
        shares.append([batch(layer, k) for k in range(2)])
    assert shares == [[[0, 2], [4, 1]], [[1, 3], [0, 2]]]


def test_ranks_read_all_samples_unless_distributed() -> None:
    layer = layer_of()
    layer.clock.rank, layer.clock.ranks = 1, 2
    layer.whole_pass = True
    assert batch(layer, 0) == [0, 1]
    layer.whole_pass = False
    type(layer).distributed = False
    assert batch(layer, 1) == [2, 3]


def test_shuffle_permutes_each_epoch_by_the_seed() -> None:
    def epochs(seed: int) -> list[list[float]]:
        layer = layer_of(Reading(5, 0, shuffle=True))
        layer.clock.seed = seed
        return [batch(layer, k) for k in range(6)]

    first = epochs(1)
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in first)
    assert len({tuple(epoch) for epoch in first}) > 1
    assert first == epochs(1) != epochs(2)


def test_seed_change_opens_another_stream() -> None:
    layer = layer_of(Reading(5, 0, shuffle=True))
    orders = set()
    for layer.clock.seed in range(6):
        orders.add(tuple(batch(layer, 0)))
    assert len(orders) > 1


def test_rand_skip_starts_within_its_range() -> None:
    starts = set()
    for seed in range(40):
        layer = layer_of(Reading(1, 0, rand_skip=3))
        layer.clock.seed = seed
        starts.add(batch(layer, 0)[0])
    assert starts == {0, 1, 2}


@pytest.mark.parametrize(("prefetch", "cheap", "threads"), [(2, False, 1), (0, False, 0), (2, True, 0)])
def test_prefetch_uses_a_thread_unless_cheap(prefetch: int, cheap: bool, threads: int) -> None:
    layer = layer_of(Reading(2, prefetch), cheap)
    assert [batch(layer, k) for k in range(3)] == [[0, 1], [2, 3], [4, 0]]
    source = layer.source
    assert isinstance(source, Counting)
    assert source.threads == ({"layerzoo-prefetch"} if threads else {threading.current_thread().name})
    layer.close()


def test_close_closes_the_source_and_forward_reopens_it() -> None:
    layer = layer_of()
    batch(layer, 0)
    source = layer.source
    layer.close()
    assert isinstance(source, Counting)
    assert source.closed == 1
    layer.close()
    assert source.closed == 1
    assert batch(layer, 1) == [2, 3]
    assert layer.source is not source


@pytest.mark.parametrize("cheap", [True, False])
def test_copy_shares_only_cheap_sources(cheap: bool) -> None:
    layer = layer_of(cheap=cheap)
    batch(layer, 0)
    other = copy.copy(layer)
    assert other._stream is None
    assert ("source" in vars(other)) == cheap
    assert batch(other, 1) == [2, 3]


def test_randomness_names_the_random_fields() -> None:
    def randomness(**fields: Any) -> str | None:
        return Five.randomness(LayerParameter(transform_param=TransformationParameter(**fields)))

    assert randomness() is None
    assert randomness(scale=2) is None
    assert randomness(mirror=True) == "mirror is random"
    assert randomness(mirror=True, crop_size=2) == "crop_size and mirror are random"


def test_named_set_is_none_by_default() -> None:
    assert DataLayer.named_set(LayerParameter()) is None


def test_positive_returns_or_rejects_the_value() -> None:
    assert positive(1, "data_param.batch_size") == 1
    with pytest.raises(LayerFault, match="batch_size must be at least 1") as caught:
        positive(0, "data_param.batch_size")
    assert caught.value.field == "data_param.batch_size"


def test_opening_reports_the_field_and_the_reason() -> None:
    with pytest.raises(LayerFault, match="source is missing") as caught, opening("p.source", "", "an LMDB"):
        pytest.fail("the block must not run")
    assert (caught.value.field, caught.value.hint) == ("p.source", "name an LMDB")
    reason = "'x' can't be opened: not here"
    with pytest.raises(LayerFault, match=reason) as caught, opening("p.source", "x", "an LMDB"):
        raise FileNotFoundError(2, "not here", "x")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("expected an LMDB; paths are relative to")
    with opening("p.source", "x", "an LMDB"):
        value = 1
    assert value == 1


def test_device_of_the_tops_is_the_layers() -> None:
    layer = layer_of()
    layer.device = torch.device("meta")
    assert all(top.device.type == "meta" for top in layer())


def switched(text: str, plan: Reading = TWO) -> Five:
    kind = type("Five", (Five,), {"plan_of": plan})
    param = text_format.Merge(f"name: 'd' top: 'data' reading_param {{ {text} }}", LayerParameter())
    made: Five = kind(param)
    return made


def test_every_data_layer_reads_the_switches() -> None:
    kinds = [LAYERS[name] for name in LAYERS if issubclass(LAYERS[name], DataLayer)]
    assert len(kinds) >= 10
    assert all("reading_param" in kind.messages for kind in kinds)


def test_limit_is_the_size_of_an_epoch() -> None:
    layer = switched("limit: 3")
    assert (layer.epoch_size, layer.batches_per_pass) == (3, 2)
    assert [batch(layer, k) for k in range(3)] == [[0, 1], [2, 0], [1, 2]]


def test_shuffle_of_the_switches_overrides_that_of_the_layer() -> None:
    shuffled = switched("shuffle: true", Reading(5, 0))
    assert len({tuple(batch(shuffled, k)) for k in range(6)}) > 1
    in_order = switched("shuffle: false", Reading(5, 0, shuffle=True))
    assert [batch(in_order, k) for k in range(2)] == [[0, 1, 2, 3, 4]] * 2


def test_balanced_sampler_leaves_a_whole_pass_as_it_is() -> None:
    layer = switched("sampler: BALANCED", Reading(5, 0))
    assert sorted(batch(layer, 0)) == [0, 1, 2, 3, 4]
    layer.whole_pass = True
    assert batch(layer, 0) == [0, 1, 2, 3, 4]


def test_check_reports_faults_of_the_switches() -> None:
    with pytest.raises(LayerFault, match="without on_error"):
        Five.check(switched("").param.__class__(reading_param={"max_skipped": 1}), [])


def test_class_names_are_unknown_by_default() -> None:
    assert Five.class_names(LayerParameter()) is None


def test_steps_on_the_device_give_the_values_of_the_host() -> None:
    batches = []
    for on_device in (False, True):
        param = LayerParameter(name="d", type="Dataset", top=["data", "label"], phase=TRAIN)
        param.dataset_param.name, param.dataset_param.batch_size = "digits", 32
        transform = param.transform_param
        transform.on_device, transform.mirror, transform.scale = on_device, True, 2
        transform.warp_param.max_rotation = 20
        layer = LAYERS["Dataset"](param)
        layer.clock = Clock(5)
        images = []
        for layer.clock.batch in range(3):
            images.append(layer.forward()[0].clone())
        batches.append(torch.stack(images))
        layer.close()
    assert (batches[0] - batches[1]).abs().max() < 2.1 / 255
    assert (batches[0][0] != batches[0][1]).any()


def test_samples_of_a_batch_have_names() -> None:
    layer = layer_of()
    assert layer.sample_name(0) is None, "nothing has been read"
    batch(layer, 2)
    assert [layer.sample_name(row) for row in (0, 1, 2, -1)] == ["sample 4", "sample 0", None, None]


def test_a_label_out_of_range_is_named_with_its_sample() -> None:
    text = """
      layer { name: "d" type: "Dataset" top: "data" top: "label"
        dataset_param { name: "digits" batch_size: 4 } }
      layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 5 } }
      layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }"""
    net = Net(parse_net(text), "TEST")
    with pytest.raises(DataError, match=r"layer 'loss': label .* is out of range; 0 to 4 exist") as caught:
        [net() for _ in range(4)]
    labels = net.layer("d").source.labels()  # type: ignore[union-attr, operator]  # a data layer
    row = int(caught.value.__notes__[0].partition("sample ")[2].partition(";")[0])
    assert labels[row] > 4
    assert all(label <= 4 for label in labels[row // 4 * 4 : row])


def test_an_empty_split_is_a_fault_of_the_config() -> None:
    text = """
      layer { name: "d" type: "Dataset" top: "data" dataset_param { name: "digits" batch_size: 4 }
        reading_param { split: VAL val_share: 0 test_share: 0.1 } }"""
    with pytest.raises(ConfigError, match=r"<prototxt>:3:32: split VAL has none of the [\d,]+ samples"):
        Net(parse_net(text), "TEST")


def test_samples_on_the_device_are_augmented_there_anew() -> None:
    batches = []
    for cache in (ReadingParameter.NONE, ReadingParameter.DEVICE):
        param = LayerParameter(name="d", type="Dataset", top=["data", "label"], phase=TRAIN)
        param.dataset_param.name, param.dataset_param.batch_size = "digits", 32
        param.transform_param.on_device, param.transform_param.warp_param.max_rotation = True, 20
        param.reading_param.cache = cache
        LAYERS["Dataset"].check(param, [])
        layer = LAYERS["Dataset"](param)
        layer.clock = Clock(5)
        images = []
        for layer.clock.batch in (0, 1, 50):
            images.append(layer.forward()[0].clone())
        batches.append(torch.stack(images))
        layer.close()
    assert torch.equal(*batches)
    param.transform_param.jpeg_param.SetInParent()  # runs on the host
    with pytest.raises(LayerFault, match="cache: DEVICE keeps batches as they are, but"):
        LAYERS["Dataset"].check(param, [])


@pytest.mark.parametrize(("size", "skipped"), [(1, []), (2, [1])])
def test_images_of_any_size_are_read_in_batches_of_one(size: int, skipped: list[int], tmp_path: Path) -> None:
    for index, width in enumerate((4, 6, 4, 4)):
        (tmp_path / f"{index}.png").write_bytes(encode(np.zeros((3, 4, width), np.uint8), "png", "x"))
    (tmp_path / "list.txt").write_text("".join(f"{tmp_path}/{index}.png {index}\n" for index in range(4)))
    text = f'image_data_param {{ source: "{tmp_path}/list.txt" batch_size: {size} }} '
    layer = LAYERS["ImageData"](
        text_format.Merge(text + "reading_param { on_error: SKIP }", LayerParameter())
    )
    assert isinstance(layer, DataLayer)
    labels = []
    for layer.clock.batch in range(4 // size):
        labels += layer()[1].tolist()
    assert labels == [index + 1 if index in skipped else index for index in range(4)]
    layer.close()


def test_memory_for_a_cache_is_that_of_the_samples_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(encode(np.zeros((3, 40, 40), np.uint8), "png", "x"))
    (tmp_path / "list.txt").write_text(f"{tmp_path}/x.png 0\n" * 200)
    monkeypatch.setattr(caching, "available_memory", lambda device: 20 * 4800)
    for limit in (10, 0):
        text = f'image_data_param {{ source: "{tmp_path}/list.txt" batch_size: 2 }} phase: TRAIN '
        text += f"transform_param {{ mirror: true }} reading_param {{ cache: MEMORY limit: {limit} }}"
        layer = LAYERS["ImageData"](text_format.Merge(text, LayerParameter()))
        assert isinstance(layer, DataLayer)
        if limit:
            assert len(layer.source) == limit
            layer.close()
        else:
            with pytest.raises(LayerFault, match="for 200 samples"):
                len(layer.source)
