from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo import image_file
from layerzoo.data import clips
from layerzoo.errors import DataError


class Capture:
    """A stand-in for OpenCV's: 5 frames of 2 x 3 pixels, each of its number."""

    def __init__(self, path: str) -> None:
        self.place = 0
        self.good = path.endswith(".avi")

    def isOpened(self) -> bool:  # noqa: N802 (OpenCV's name)
        return self.good

    def set(self, field: int, value: int) -> None:
        self.place = value

    def get(self, field: int) -> float:
        return 5.0

    def read(self):
        self.place += 1
        good = self.place <= 5
        return good, np.full((2, 3, 3), self.place - 1, np.uint8) if good else None

    def release(self) -> None:
        pass


class OpenCV:
    VideoCapture = Capture
    CAP_PROP_FRAME_COUNT = CAP_PROP_POS_FRAMES = 1
    COLOR_BGR2GRAY = 0
    INTER_LINEAR = 1

    @staticmethod
    def cvtColor(frame, code):  # noqa: N802 (OpenCV's name)
        return frame[..., 0]

    @staticmethod
    def resize(pixels, size, interpolation):
        return np.zeros((size[1], size[0], *pixels.shape[2:]), np.uint8)


@pytest.fixture
def video(tmp_path, monkeypatch):
    monkeypatch.setattr(image_file, "opencv", lambda: OpenCV)
    path = tmp_path / "film.avi"
    path.touch()
    return path


def test_read_videos_takes_a_path_two_numbers_and_a_step(tmp_path):
    source = tmp_path / "list.txt"
    source.write_text("a 10 1\n\nb 3 0 2\n")
    one, two = clips.read_videos(str(source), "root/")
    assert (one.path.as_posix(), one.number, one.label, one.step, one.line) == ("root/a", 10, 1, 1, 1)
    assert two[1:] == (3, 0, 2, 3, "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 10", "expected a path and 2 numbers"),
        ("a x 1", "expected a path and 2 numbers"),
        ("a -1 1", "numbers out of range"),
        ("a 1 1 0", "numbers out of range"),
        ("a 1 1 1 1", "numbers out of range"),
    ],
)
def test_read_videos_refuses_other_lines(tmp_path, text, message):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        list(clips.read_videos(str(tmp_path / "list.txt"), ""))


def test_read_clip_of_a_folder_takes_every_other_frame(tmp_path):
    for number in range(1, 6):
        Pillow.fromarray(np.full((8, 8), 30 * number, np.uint8)).save(tmp_path / f"image_{number:04d}.jpg")
    clip = clips.read_clip(tmp_path, 2, 2, 2, False, (4, 6), "list:1")
    assert clip.shape == (2, 4, 6)
    assert np.abs(clip[:, 0, 0].astype(int) - [60, 120]).max() <= 2
    with pytest.raises(DataError, match=r"image_0006\.jpg"):
        clips.read_clip(tmp_path, 4, 3, 1, False, None, "list:1")


def test_read_clip_of_a_video_file(video):
    clip = clips.read_clip(video, 1, 2, 2, True, None, "list:1")
    assert clip.shape == (6, 2, 3)
    assert clip[:, 0, 0].tolist() == [1, 1, 1, 3, 3, 3]
    assert clips.read_clip(video, 0, 1, 1, False, None, "list:1").shape == (1, 2, 3)
    assert clips.count_frames(video) == 5
    with pytest.raises(DataError, match="no frame 5; the video ends, or is damaged, at 5"):
        clips.read_clip(video, 4, 2, 1, True, None, "list:1")


def test_frames_of_other_sizes_are_an_error(tmp_path):
    for number, size in ((1, 8), (2, 9)):
        Pillow.fromarray(np.zeros((8, size), np.uint8)).save(tmp_path / f"{number:06d}.jpg")
    with pytest.raises(DataError, match=r"list:1: frames of \(8, 9\) and of \(8, 8\) pixels"):
        clips.read_clip(tmp_path, 1, 2, 1, False, None, "list:1")


def test_video_files_need_opencv_and_no_sandbox(video, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="not a video that OpenCV can decode"):
        clips.count_frames(tmp_path)
    with pytest.raises(DataError, match="no such file or folder"):
        clips.count_frames(tmp_path / "none.avi")
    monkeypatch.setattr(clips.sandbox, "is_on", lambda: True)
    with pytest.raises(DataError, match="the sandbox decodes no video files"):
        clips.count_frames(video)
    monkeypatch.setattr(image_file, "opencv", lambda: None)
    with pytest.raises(DataError, match=r"pip install 'layerzoo\[opencv\]'"):
        clips.count_frames(video)
