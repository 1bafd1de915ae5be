import numpy as np
import pytest

from layerzoo.data.windows import Box, cut_window, read_windows
from layerzoo.errors import DataError

TEXT = """# 0
a.jpg
3
375
500
2
1 0.7 10 20 30 40
0 0.1 0 0 5 5
# 1
b.jpg
3 10 20 0
"""


@pytest.fixture
def ramp():
    return np.arange(100, dtype=np.uint8).reshape(1, 10, 10)


def write(tmp_path, text):
    (tmp_path / "w.txt").write_text(text)
    return tmp_path / "w.txt"


def test_read_windows_reads_images_and_boxes(tmp_path):
    first, second = read_windows(write(tmp_path, TEXT))
    assert (first.path, first.channels) == ("a.jpg", 3)
    assert first.windows.tolist() == [[1, np.float32(0.7), 10, 20, 30, 40], [0, np.float32(0.1), 0, 0, 5, 5]]
    assert (second.path, second.windows.shape) == ("b.jpg", (0, 6))


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("", 0),
        ("a.jpg 1\n", 0),
        (TEXT.replace("# 1", "# 2"), 1),
        (TEXT.replace("\n2\n", "\n3\n"), 0),
        (TEXT.replace("0.7", "high"), 0),
        (TEXT.replace("0.7", "1e39"), 0),
        (TEXT.replace("3 10", "4 10"), 1),
        (TEXT[: TEXT.index("30 40")], 0),
        (TEXT.replace("0.7", "nan"), 0),
        (TEXT.replace("30 40", "30 1e20"), 0),
        (TEXT.replace("\n2\n", f"\n{10**30}\n"), 0),
        (TEXT.replace("\n2\n", "\n-1\n"), 0),
        (TEXT.replace("# 0", f"# {'1' * 5000}"), 0),
    ],
)
def test_read_windows_rejects_damaged_files(tmp_path, text, image):
    with pytest.raises(DataError, match=rf"w\.txt: image {image}, .*expected '# index', path"):
        list(read_windows(write(tmp_path, text)))


def test_cut_window_without_context_resizes_the_box(ramp):
    cut, top, left = cut_window(ramp, Box(2, 3, 5, 6), 4)
    assert (top, left) == (0, 0)
    assert (cut == ramp[:, 3:7, 2:6]).all()
    assert cut_window(ramp, Box(2, 3, 5, 8), 4)[0].shape == (1, 4, 4)
    assert (cut_window(ramp, Box(2, 3, 5, 6), 4, flip=True)[0] == ramp[:, 3:7, 5:1:-1]).all()


def test_cut_window_adds_context_inside_the_image(ramp):
    # a box of 4 x 4 fills 4 of 8 pixels: context doubles it, from 4 -+ 4 to (0, 0) ... (8, 8), 9 x 9 pixels
    cut, top, left = cut_window(ramp, Box(2, 2, 5, 5), 8, context_pad=2)
    assert (cut.shape, top, left) == ((1, 8, 8), 0, 0)


def test_cut_window_omits_context_outside_the_image(ramp):
    # grown by 2: centre (2, 5), half 2 * 2 = 4: x from -2 to 6, y from 1 to 9; both 9 wide, scale 8/9
    # 2 columns are outside at the left: round(2 * 8/9) = 2; round(7 * 8/9) = 6 are inside
    cut, top, left = cut_window(ramp, Box(0, 3, 3, 6), 8, context_pad=2)
    assert (cut.shape, top, left) == ((1, 8, 6), 0, 2)
    flipped, top, left = cut_window(ramp, Box(0, 3, 3, 6), 8, context_pad=2, flip=True)
    assert (flipped.shape, top, left) == ((1, 8, 6), 0, 0)
    assert (flipped == cut[:, :, ::-1]).all()


def test_cut_window_drops_an_extra_pixel_of_rounding(ramp):
    # squared to 8 x 8, x from -1 to 6; at scale 1/2, 0.5 is outside and 3.5 inside, and both round up
    cut, top, left = cut_window(ramp, Box(0, 0, 4, 6), 4, square=True)
    assert (cut.shape, top, left) == ((1, 4, 3), 0, 1)


def test_cut_window_square_uses_the_longer_side(ramp):
    # 2 x 6 about (5, 5): x from 2 to 8, y from 2 to 8
    cut, top, left = cut_window(ramp, Box(4, 2, 5, 7), 7, square=True)
    assert (top, left) == (0, 0)
    assert (cut == ramp[:, 2:9, 2:9]).all()


@pytest.mark.parametrize("box", [Box(5, 5, 10, 6), Box(-1, 0, 3, 3), Box(5, 5, 4, 6)])
def test_cut_window_rejects_a_box_outside_the_image(ramp, box):
    with pytest.raises(ValueError, match="outside the image of 10 x 10"):
        cut_window(ramp, box, 4)
