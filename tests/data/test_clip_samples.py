from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.clip_samples import Segments, segment_paths
from layerzoo.data.clips import Video
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, VideoDataParameter


@pytest.fixture
def segments(tmp_path):
    (tmp_path / "list.txt").write_text("a 20 1\n")

    def segments(phase, **fields):
        p = VideoDataParameter(source=str(tmp_path / "list.txt"), **fields)
        return Segments(p, Pipeline(), None, (3, 1), phase)

    return segments


def test_segments_are_equal_parts_of_a_video(segments):
    made = segments(TEST, num_segments=3, new_length=2)
    assert made.spare(made.videos[0]) == 5  # of 6 frames
    assert made.offsets(made.videos[0]) == [2, 8, 14]
    assert segments(TRAIN, num_segments=3, new_length=2).offsets(made.videos[0]) == [0, 6, 12]
    assert made.offsets(Video(Path("b"), 5, 0, 1, 1)) == [1, 1, 1]  # too short: as the fork does


def test_segment_paths_follow_the_pattern():
    p = VideoDataParameter(modality=VideoDataParameter.FLOW, name_pattern="flow_%c_%05d.jpg")
    assert [path.as_posix() for path in segment_paths(p, Path("a"), 7)] == [
        "a/flow_x_00007.jpg",
        "a/flow_y_00007.jpg",
    ]
    assert segment_paths(VideoDataParameter(), Path("a"), 7) == [Path("a/image_0007.jpg")]


@pytest.mark.parametrize("pattern", ["frame.jpg", "%c_%d", "%s", "%099d", "%d_%d", "%"])
def test_segment_paths_refuse_other_patterns(pattern):
    with pytest.raises(LayerFault, match=r"expected one like 'image_%04d\.jpg'"):
        segment_paths(VideoDataParameter(name_pattern=pattern), Path("a"), 1)


def test_list_without_videos_is_an_error(tmp_path):
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(DataError, match="names no videos"):
        Segments(VideoDataParameter(source=str(tmp_path / "list.txt")), Pipeline(), None, (3, 1), TEST)


def test_keys_are_the_paths_as_they_are_written(tmp_path):
    (tmp_path / "list.txt").write_text("sub/a 20 1\nb 9 0\nsub/a 40 1\n")
    made = Segments(VideoDataParameter(source=str(tmp_path / "list.txt")), Pipeline(), None, (3, 1), TRAIN)
    assert [made.key_of(index) for index in range(3)] == ["sub/a", "b", "sub/a"]
    assert made.name(2) == f"sub/a ({tmp_path / 'list.txt'}:3)"
