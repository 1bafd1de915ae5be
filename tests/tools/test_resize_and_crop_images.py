import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo.data.image import read_image, resize
from layerzoo.errors import DataError, UsageError
from layerzoo.tools.resize_and_crop_images import main


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "cats").mkdir(parents=True)
    pixels = np.arange(20 * 40 * 3, dtype=np.uint8).reshape(20, 40, 3)
    Pillow.fromarray(pixels).save(tmp_path / "in" / "cats" / "wide.png")
    Pillow.fromarray(pixels.transpose(1, 0, 2)).save(tmp_path / "in" / "tall.png")
    (tmp_path / "list").write_text(f"cats/wide.png 1\n{tmp_path}/in/tall.png 2\n")
    return tmp_path


def run(folder, *more):
    common = [f"--input={folder}/list", f"--input_folder={folder}/in", f"--output_folder={folder}/out"]
    return main([*common, "--output_side_length=10", *more])


def test_opencv_crops_the_centre_square(folder):
    assert run(folder, "--num_clients", "2", f"--output={folder}/done") == 0
    wide = read_image(folder / "in" / "cats" / "wide.png", True)
    square = read_image(folder / "out" / "cats" / "wide.png", True)
    assert (square == resize(wide, 10, 20)[:, :, 5:15]).all()
    tall = read_image(folder / "in" / "tall.png", True)
    assert (read_image(folder / "out" / "tall.png", True) == resize(tall, 20, 10)[:, 5:15]).all()
    assert (folder / "done").read_text() == "cats/wide.png\ntall.png\n"


def test_pil_writes_jpegs(folder):
    assert run(folder, "-image_lib=PIL", "--launch=local", "--port=11235") == 0
    with Pillow.open(folder / "out" / "tall.png") as image:
        assert (image.format, image.size) == ("JPEG", (10, 10))


def test_damaged_image_is_skipped(folder, capsys):
    (folder / "in" / "tall.png").write_bytes(b"nothing")
    assert run(folder, f"--output={folder}/done") == 0
    assert "tall.png: not an image" in capsys.readouterr().err
    assert (folder / "done").read_text() == "cats/wide.png\n"


def test_usage_and_data_errors(folder):
    with pytest.raises(UsageError, match="unknown image_lib 'gd'; expected opencv or PIL"):
        run(folder, "--image_lib=gd")
    with pytest.raises(UsageError, match="unknown arguments --output_side=3"):
        run(folder, "--output_side=3")
    with pytest.raises(UsageError, match="at least 1 pixel"):
        run(folder, "--output_side_length=0")
    (folder / "list").unlink()
    with pytest.raises(DataError, match="No such file"):
        run(folder)
