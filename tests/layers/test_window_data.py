import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import BlobProto

# image 0 is filled with 10, image 1 with 20; objects (overlap >= 0.5) of classes 3 and 4, a background,
# and one window that is neither object nor background
TEXT = """# 0
0.png
3
8
8
3
3 0.9 0 0 3 3
9 0.1 2 2 5 5
9 0.4 2 2 5 5
# 1
1.png
3
8
8
1
4 0.5 4 4 7 7
"""


@pytest.fixture
def source(tmp_path):
    for i, grey in enumerate((10, 20)):
        Pillow.fromarray(np.full((8, 8, 3), grey, np.uint8)).save(tmp_path / f"{i}.png")
    (tmp_path / "windows.txt").write_text(TEXT)
    return tmp_path / "windows.txt"


@pytest.fixture
def windows(make, source):
    made = []

    def windows(transform=None, **fields):
        param = {"source": str(source), "batch_size": 8, "bg_threshold": 0.3, **fields}
        transform = {"crop_size": 4, **(transform or {})}
        made.append(
            make("WindowData", top=["data", "label"], window_data_param=param, transform_param=transform)
        )
        return made[-1]

    yield windows
    for layer in made:
        layer.close()


def test_background_precedes_fraction_of_objects(windows):
    layer = windows()
    assert type(layer).top_shapes(layer.param, []) == [(8, 3, 4, 4), (8,)]
    seen = set()
    for layer.clock.batch in range(20):
        data, label = layer()
        assert data.shape == (8, 3, 4, 4)
        assert label[:6].tolist() == [0] * 6
        assert (data[:6] == 10).all()
        seen |= {
            (value, grey) for value, grey in zip(label[6:].tolist(), data[6:, 0, 0, 0].tolist(), strict=True)
        }
    assert seen == {(3, 10), (4, 20)}


@pytest.mark.parametrize("rank", [0, 1])
def test_processes_each_get_their_fraction_of_objects(windows, rank):
    layer = windows()
    layer.clock.rank, layer.clock.ranks = rank, 2
    _, label = layer()
    assert (label > 0).tolist() == [False] * 6 + [True] * 2


def test_batches_are_reproducible_with_and_without_cache(windows):
    first, second = windows(fg_fraction=1), windows(fg_fraction=1, cache_images=True)
    straight = [first()[1].tolist() for first.clock.batch in range(6)]
    second.clock.batch = 4
    assert second()[1].tolist() == straight[4]
    assert len(set(map(tuple, straight))) > 1


def test_fg_fraction_is_computed_in_single_precision(windows):
    # float32 0.7 times 10 is 6.99999988 in double precision and 7 in single
    _, label = windows(batch_size=10, fg_fraction=0.7)()
    assert (label > 0).sum() == 7


def test_mean_values_and_scale(windows):
    data, _ = windows({"mean_value": [1, 2, 3], "scale": 2}, fg_fraction=0)()
    assert data[0, :, 0, 0].tolist() == [18, 16, 14]
    # as in Caffe, the scale of window_data_param takes precedence
    assert windows(scale=0.5, fg_fraction=0)()[0][0, 0, 0, 0] == 5


def test_mean_image_is_cropped_at_its_centre(windows, tmp_path):
    mean = np.zeros((3, 6, 6), np.float32)
    mean[:, 1:5, 1:5] = 4
    blob = BlobProto(num=1, channels=3, height=6, width=6, data=mean.ravel().tolist())
    (tmp_path / "mean").write_bytes(blob.SerializeToString())
    data, _ = windows({"mean_file": str(tmp_path / "mean")}, fg_fraction=0)()
    assert (data == 6).all()
    with pytest.raises(LayerFault, match="the mean has shape 3 x 6 x 6, the windows 3 x 8 x 8"):
        windows({"mean_file": str(tmp_path / "mean"), "crop_size": 8})


def test_windows_are_mirrored_only_if_enabled(windows, source):
    ramp = np.repeat(np.arange(8, dtype=np.uint8)[None, :, None], 8, 0)
    for i in range(2):
        Pillow.fromarray(np.repeat(ramp, 3, 2)).save(source.parent / f"{i}.png")
    rows = {tuple(image[0, 0].tolist()) for image in windows(fg_fraction=1)()[0]}
    assert rows == {(0, 1, 2, 3), (4, 5, 6, 7)}
    mirrored = windows({"mirror": True}, fg_fraction=1, batch_size=40)
    rows = {tuple(image[0, 0].tolist()) for image in mirrored()[0]}
    assert rows == {(0, 1, 2, 3), (4, 5, 6, 7), (3, 2, 1, 0), (7, 6, 5, 4)}


def test_context_outside_the_image_is_zero_and_mirrored(windows, source):
    # box (0, 0)-(3, 3), 4 of 8 pixels: enlarged to (-2, -2)-(6, 6); round(2 * 8/9) = 2 are outside
    source.write_text(TEXT.replace("9 0.1 2 2 5 5", "9 0.1 0 0 3 3"))
    layer = windows({"crop_size": 8, "mean_value": [3], "mirror": True}, context_pad=2, fg_fraction=0)
    plain, flipped = np.full((8, 8), 7.0), np.full((8, 8), 7.0)
    plain[:2], flipped[:2] = 0, 0
    plain[:, :2], flipped[:, 6:] = 0, 0
    seen = set()
    for layer.clock.batch in range(3):
        for image in layer()[0]:
            kind = [k for k in (plain, flipped) if (image[0].numpy() == k).all()]
            assert len(kind) == 1
            seen.add(kind[0] is plain)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("transform", "fields", "field"),
    [
        ({"crop_size": 0}, {}, "transform_param.crop_size"),
        ({"mean_value": [1, 2]}, {}, "transform_param.mean_value"),
        ({"mean_file": "nowhere"}, {}, "transform_param.mean_file"),
        ({}, {"source": "nowhere"}, "window_data_param.source"),
        ({}, {"batch_size": 0}, "window_data_param.batch_size"),
        ({}, {"crop_mode": "round"}, "window_data_param.crop_mode"),
        ({}, {"context_pad": 2}, "window_data_param.context_pad"),
    ],
)
def test_config_faults_name_the_field(windows, transform, fields, field):
    with pytest.raises(LayerFault) as caught:
        windows(transform, **fields)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("3 0.9", "0 0.9", r"a window of .*0\.png shows an object, but its class is below 1"),
        (
            "9 0.1 2 2 5 5",
            "9 0.1 2 2 5 8",
            r"a window of .*0\.png \(image 0 of .*\), \(2, 2, 5, 8\), is outside the image of 8 x 8",
        ),
        ("9 0.1", "9 0.45", "no windows of background, of which a batch takes 6"),
        ("0.png", "gone.png", r"gone\.png \(image 0 of .*windows\.txt\): No such file"),
    ],
)
def test_invalid_source_is_an_error(windows, source, old, new, message):
    source.write_text(TEXT.replace(old, new))
    with pytest.raises(DataError, match=message):
        windows(fg_threshold=0.5)()


def example(folder):
    """Example for the contract tests of all layers."""
    for i in range(2):
        Pillow.fromarray(np.full((8, 8, 3), i, np.uint8)).save(folder / f"{i}.png")
    (folder / "windows.txt").write_text(TEXT)
    return f"""
    layer {{
      name: "l" type: "WindowData" top: "data" top: "label"
      window_data_param {{ source: "{folder / "windows.txt"}" batch_size: 4 }}
      transform_param {{ crop_size: 4 mirror: true }}
    }}
    """
