"""The sources of a net's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.cli.sourced import sources_in
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data_report.sources import as_bytes, sources_of, span_of, with_common_spans
from layerzoo.errors import DataError
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, TRAIN, Datum, NetState
from tests.data_report.photos import net_text, photo, photos, save, sources


def test_sources_of_both_phases_with_names_and_classes(tmp_path: Path) -> None:
    train, test = sources(net_text(photos(tmp_path), classes=3))
    assert (train.phase, test.phase) == ("TRAIN", "TEST")
    assert train.outputs == [(3, "loss", None)]
    assert train.names == ["cat", "dog"]
    assert [train.class_name(label) for label in (1, 2)] == ["dog", "2"]
    assert train.text == f"FolderData {tmp_path}"
    assert train.is_image
    assert (len(train.raw), len(test.raw)) == (12, 10)


def test_original_has_no_transforms_and_shown_undoes_mean_and_scale(tmp_path: Path) -> None:
    transform = "crop_size: 40, mean_value: [10, 20, 30], scale: 0.01"
    source = sources(net_text(photos(tmp_path), transform=transform))[0]
    wanted = photo(0)[..., ::-1].transpose(2, 0, 1)
    images, labels = source.original(0)
    np.testing.assert_array_equal(images[0], wanted)
    assert labels.tolist() == [0]
    order = source.order(3).indices(np.arange(12))
    assert sorted(order) == list(range(12))
    number = int(np.flatnonzero(order == 0)[0])
    fed, label = source.fed(number, 3)
    np.testing.assert_allclose(fed[0, 0], (wanted[0] - 10.0) * 0.01, rtol=1e-5)
    assert label.tolist() == [0]
    np.testing.assert_array_equal(source.shown(fed[0]), wanted)
    source.close()


def test_fed_is_what_a_run_with_that_seed_reads(tmp_path: Path) -> None:
    transform = "random_crop_param: {size: 16}, warp_param: {max_rotation: 20}, on_device: true"
    text = net_text(photos(tmp_path), transform=transform)
    net = Net(parse_net(text), "TRAIN", seed=7)
    source = sources(text)[0]
    for batch in range(3):
        net.clock.batch = batch
        tops = net.layers["data"]()
        for place in range(2):
            images, labels = source.fed(2 * batch + place, 7)
            np.testing.assert_array_equal(images[0], tops[0][place].numpy())
            assert labels[0] == tops[1][place]


def test_raw_source_has_no_cache_and_tells_what_cannot_be_read(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    text = net_text(folder).replace("type: FolderData", "type: FolderData, reading_param: {on_error: SKIP,"
    " max_skipped: 50, cache: MEMORY}")  # fmt: skip
    (folder / "train" / "cat" / "t01.png").write_bytes(b"damaged")
    train = sources(text)[0]
    with pytest.raises(DataError, match=r"t01\.png"):
        train.original(1)
    assert {train.fed(number, 0)[0].shape for number in range(12)} == {(1, 3, 32, 32)}
    train.close()


PARTS = """
layer:
- {{name: data, type: FolderData, top: [data, label], include: {{phase: TRAIN}}, {train}}}
- {{name: data, type: FolderData, top: [data, label], include: {{phase: TEST, not_stage: test}}, {val}}}
- {{name: data, type: FolderData, top: [data, label], include: {{phase: TEST, stage: test}}, {test}}}
- {{name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {{num_output: 2}}}}
- {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}}
"""


@pytest.mark.parametrize(("split", "parts"), [("TEST", ["TRAIN", "VAL", "TEST"]), ("VAL", ["TRAIN", "VAL"])])
def test_data_of_each_test_net_is_a_source(tmp_path: Path, split: str, parts: list[str]) -> None:
    for number in range(40):
        save(tmp_path / "ab"[number % 2] / f"{number}.png", photo(number))
    layer = f'folder_data_param: {{source: "{tmp_path}", batch_size: 2}}, reading_param: {{split: %s}}'
    text = PARTS.format(train=layer % "TRAIN", val=layer % "VAL", test=layer % split)
    states = [NetState(phase=TRAIN), NetState(phase=TEST), NetState(phase=TEST, stage=["test"])]
    (tmp_path / "net.yaml").write_text(text)
    for each in (
        sources_of([graph_of(parse_net(text), state) for state in states]),
        sources_in(str(tmp_path / "net.yaml"))[0],
    ):
        assert [source.part for source in each] == parts
        assert len({len(source.layer.source) for source in each} | {0}) > 1
        if split == "TEST":
            assert sum(len(source.raw) for source in each) == 40


def test_as_bytes_rounds_and_limits() -> None:
    assert as_bytes(np.array([0, 0.5, 1, 2, -1.0]), 0, 1.0).tolist() == [0, 128, 255, 255, 0]
    assert as_bytes(np.array([3, 300]), 0, 255.0).tolist() == [3, 255]


def test_span_is_of_bytes_of_grey_levels_or_a_power_of_two() -> None:
    def span(*values: float, kind: type = np.float32) -> tuple[float, float]:
        return span_of([np.array([value], kind) for value in values])

    assert span(3, 7, kind=np.uint8) == (0, 255)
    assert span(3, 17) == (0, 255)
    assert span(0, 0.9) == (0, 1)
    assert span(0, 1) == (0, 1)
    assert span(0, 1.1) == (0, 2)
    assert span(-0.1, 3) == (-4, 4)
    assert span(-1000, 30) == (-1024, 1024)
    assert span(0, np.nan, np.inf) == span() == (0, 1)
    assert span(0, 1e-4) == (0, 2**-13)


def test_sources_are_compared_in_one_span(tmp_path: Path) -> None:
    made = []
    for part, high in (("train", 0.9), ("test", 1.9)):
        datum = Datum(channels=1, height=1, width=2, float_data=[0, high])
        write_lmdb(tmp_path / part, [(b"0", datum.SerializeToString())])
        text = f'data_param {{ source: "{tmp_path / part}" batch_size: 1 backend: LMDB }}'
        made += sources(f'layer {{ name: "d" type: "Data" top: "d" {text} }}')[:1]
    assert [each.span for each in made] == [(0, 1), (0, 2)]
    with_common_spans(made)
    assert [each.span for each in made] == [(0, 2)] * 2
    assert made[0].as_bytes(np.array([0, 1.0, 2.0, np.nan])).tolist() == [0, 128, 255, 0]
