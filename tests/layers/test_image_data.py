import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image as Pillow

from layerzoo import image_file
from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.image_data import ImageData
from layerzoo.schema import TEST, NetParameter
from tests.layers.recorded_images import cases, compare

RECORDED = ["gray", "resize", "resize_big", "resize_crop_scale", "resize_meanfile", "resize_meanvalue"]


@pytest.mark.parametrize("decoder", ["opencv", "pillow"])
@pytest.mark.parametrize("case", RECORDED)
def test_batches_agree_with_caffe(data, monkeypatch, case, decoder):
    folder = data / "conformance/images"
    monkeypatch.chdir(folder)
    if decoder == "pillow":
        monkeypatch.setattr(image_file, "opencv", lambda: None)
    else:
        pytest.importorskip("cv2")
    recorded = np.load(folder / f"{case}.npz")
    (param,) = text_format.Parse(str(recorded["prototxt"]), NetParameter()).layer
    param.phase = TEST
    x, y = ImageData(param)()
    assert [x.shape, y.shape] == ImageData.top_shapes(param, [])
    level = param.transform_param.scale  # value of one grey level in the top
    off = np.abs(x.numpy() - recorded["x"]) / level
    assert off.mean() < 1
    assert off.max() <= 3
    assert y.tolist() == recorded["y"].tolist()


FORKS = cases("images", "img_*")


@pytest.mark.parametrize("name", FORKS)
def test_batches_agree_with_ssd(name, monkeypatch):
    assert len(FORKS) == 11
    compare("images", name, monkeypatch)


@pytest.fixture
def listing(tmp_path):
    """Five uniform images of 2 x 3 with grey levels 0, 10, ... 40 and labels 0 to 4."""
    for i in range(5):
        Pillow.fromarray(np.full((2, 3), 10 * i, np.uint8)).save(tmp_path / f"{i}.png")
    (tmp_path / "list.txt").write_text("".join(f"{i}.png {i}\n" for i in range(5)))
    return tmp_path / "list.txt"


@pytest.fixture
def images(make, listing):
    made = []

    def images(phase=0, transform=None, **fields):
        fields = {"source": str(listing), "batch_size": 2, **fields}
        tops, transform = ["data", "label"], transform or {}
        made.append(
            make("ImageData", phase=phase, top=tops, image_data_param=fields, transform_param=transform)
        )
        return made[-1]

    yield images
    for layer in made:
        layer.close()


def labels(layer, count):
    found = []
    for layer.clock.batch in range(count):
        data, label = layer()
        assert torch.equal(data[:, 0, 0, 0], label * 10)
        found += label.tolist()
    return found


def test_files_are_read_in_list_order(images):
    assert labels(images(), 4) == [0, 1, 2, 3, 4, 0, 1, 2]


def test_shuffled_epochs_hold_each_file_once(images):
    seen = labels(images(shuffle=True), 5)
    assert sorted(seen[:5]) == sorted(seen[5:]) == [0, 1, 2, 3, 4]
    assert seen == labels(images(shuffle=True), 5)
    other = images(shuffle=True)
    other.clock.seed = 1
    assert seen != labels(other, 5)


def test_rand_skip_starts_at_a_later_file(images):
    starts = set()
    for seed in range(8):
        layer = images(rand_skip=3)
        layer.clock.seed = seed
        first, second = labels(layer, 1)
        assert second == first + 1
        starts.add(first)
    assert starts == {0, 1, 2}


def test_root_folder_is_prefixed_to_file_names(images, listing, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    moved = listing.rename(tmp_path / "elsewhere" / "list.txt")
    assert labels(images(source=str(moved), root_folder=f"{tmp_path}/"), 1) == [0, 1]


def test_shapes_follow_size_colour_and_crop(images):
    assert images(new_height=4, new_width=6)()[0].shape == (2, 3, 4, 6)
    assert images(is_color=False)()[0].shape == (2, 1, 2, 3)
    layer = images(transform={"crop_size": 2})
    assert type(layer).top_shapes(layer.param, []) == [(2, 3, 2, 2), (2,)]


def test_new_dim_is_the_smaller_side(make, tmp_path):
    """Images of 4 x 6 and 6 x 4 with a smaller side of 8: 8 x 12 and 12 x 8."""
    for name, size in (("wide", (6, 4)), ("tall", (4, 6))):
        Pillow.new("L", size, 90).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(f"{name}.png 3\n")
        fields = {"source": str(tmp_path / f"{name}.txt"), "root_folder": f"{tmp_path}/", "new_dim": 8}
        layer = make("ImageData", top=["x", "y"], image_data_param=fields)
        expected = (1, 3, 8, 12) if name == "wide" else (1, 3, 12, 8)
        assert layer.top_shapes(layer.param, [])[0] == expected
        x, _ = layer()
        assert x.shape == expected
        assert (x == 90).all()
        layer.close()


@pytest.mark.parametrize("size", [{"new_height": 9, "new_width": 12}, {"new_dim": 9}])
def test_bicubic_overshoots_at_edges_as_linear_does_not(make, tmp_path, size):
    image = np.full((6, 8), 40, np.uint8)
    image[:, 4:] = 200
    Pillow.fromarray(image).save(tmp_path / "edge.png")
    (tmp_path / "list.txt").write_text("edge.png 0\n")
    fields = {"source": str(tmp_path / "list.txt"), "root_folder": f"{tmp_path}/", **size}
    cubic, linear = (
        make("ImageData", top=["x", "y"], image_data_param={**fields, "bicubic": bicubic})()[0]
        for bicubic in (True, False)
    )
    assert cubic.shape == linear.shape == (1, 3, 9, 12)
    assert (linear.min(), linear.max()) == (40, 200)
    assert cubic.min() < 40
    assert cubic.max() > 200


def test_image_sizes_must_match_within_a_batch(images, listing):
    Pillow.fromarray(np.zeros((2, 4), np.uint8)).save(listing.parent / "1.png")
    with pytest.raises(DataError, match=r"1\.png \(.*:2\): 3 x 2 x 4 .*0\.png \(.*:1\) .* 3 x 2 x 3"):
        images()()
    one = images(batch_size=1)
    assert [one().__getitem__(0).shape[3] for one.clock.batch in range(2)] == [3, 4]


def test_missing_image_is_reported_with_its_batch(images, listing):
    (listing.parent / "3.png").unlink()
    layer = images()
    assert layer()[1].tolist() == [0, 1]
    layer.clock.batch = 1
    with pytest.raises(DataError, match=r"3\.png \(.*list\.txt:4\): No such file"):
        layer()


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"source": "nowhere.txt"}, "source", r"'nowhere\.txt' can't be opened: No such file"),
        ({"source": ""}, "source", "source is missing"),
        ({"new_height": 4}, "new_height", "new_height without new_width"),
        ({"new_width": 4}, "new_width", "new_width without new_height"),
        ({"batch_size": 0}, "batch_size", "must be at least 1"),
        ({"new_dim": 4, "new_height": 4, "new_width": 4}, "new_dim", "new_dim beside new_height"),
        ({"new_dim": 40000}, "new_dim", "has to be at most 32,768"),
    ],
)
def test_config_faults_name_the_field(images, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        images(**fields)
    assert caught.value.field == f"image_data_param.{field}"


def test_list_with_missing_first_file_or_empty_is_an_error(images, listing):
    listing.write_text("gone.png 1\n")
    with pytest.raises(LayerFault, match=r"the first file of .*'gone\.png', does not exist"):
        images()
    listing.write_text("\n")
    with pytest.raises(DataError, match="the list names no files"):
        images()


def test_samples_have_keys_names_and_labels(images, listing):
    source = images().source
    files = [line.rsplit(maxsplit=1)[0] for line in listing.read_text().splitlines()]
    assert [source.key_of(index) for index in range(len(source))] == files
    assert source.name(1).endswith(f"{files[1]} ({listing}:2)")
    assert source.labels().tolist() == [int(line.split()[-1]) for line in listing.read_text().splitlines()]


def example(folder):
    """Example for the contract tests of all layers."""
    Pillow.fromarray(np.arange(45, dtype=np.uint8).reshape(3, 5, 3)).save(folder / "0.png")
    (folder / "list.txt").write_text("0.png 7")
    return f"""
    layer {{
      name: "l" type: "ImageData" top: "data" top: "label"
      image_data_param {{ source: "{folder / "list.txt"}" batch_size: 2 }}
      transform_param {{ crop_size: 2 mirror: true }}
    }}
    """


def test_lines_may_hold_several_labels(make, tmp_path):
    for name in "ab":
        Pillow.fromarray(np.zeros((2, 3, 3), np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "list.txt").write_text("a.png 1 0 0.5\nb.png 0 1 -2\n")
    fields = {"source": str(tmp_path / "list.txt"), "batch_size": 2}
    layer = make("ImageData", top=["data", "label"], image_data_param=fields)
    assert type(layer).top_shapes(layer.param, []) == [(2, 3, 2, 3), (2, 3)]
    assert layer()[1].tolist() == [[1, 0, 0.5], [0, 1, -2]]
    assert layer.source.labels() is None
    layer.close()
    mixed = {"mix_param": {"mixup_alpha": 1, "classes": 3}}
    with pytest.raises(LayerFault, match="mix_param mixes images with one class each"):
        make("ImageData", top=["data", "label"], image_data_param=fields, transform_param=mixed)
