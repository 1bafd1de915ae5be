from pathlib import Path

import pytest

from layerzoo.data.listed_files import locate, read_labelled
from layerzoo.errors import DataError


def test_label_follows_the_last_space(tmp_path):
    (tmp_path / "list.txt").write_text("a.jpg 3\n\nan image.jpg 12\nb.jpg\t-1\n")
    listed = list(read_labelled(tmp_path / "list.txt", ""))
    assert [(str(path), label) for path, label, _ in listed] == [
        ("a.jpg", 3),
        ("an image.jpg", 12),
        ("b.jpg", -1),
    ]


@pytest.mark.parametrize("line", ["a.jpg", "a.jpg cat"])
def test_line_without_a_label_is_named(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"a.jpg 1\n{line}\n")
    with pytest.raises(DataError, match=rf"list\.txt:2: '{line}'; expected a path and a label"):
        list(read_labelled(tmp_path / "list.txt", ""))


def test_names_with_invalid_unicode_are_read(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xe9.jpg 1\n")
    assert next(read_labelled(tmp_path / "list.txt", "")).path.name == "\udce9.jpg"


def test_locate_tries_root_working_and_list_folder(tmp_path, monkeypatch):
    listing = tmp_path / "lists" / "list.txt"
    working = tmp_path / "working"
    for folder in (listing.parent, working, tmp_path / "root"):
        folder.mkdir()
    monkeypatch.chdir(working)
    assert locate("a", "", listing) == Path("a")
    (listing.parent / "a").touch()
    assert locate("a", "", listing) == listing.parent / "a"
    (working / "a").touch()
    assert locate("a", "", listing) == Path("a")
    (tmp_path / "root" / "a").touch()
    assert locate("a", f"{tmp_path}/root/", listing) == tmp_path / "root" / "a"
    assert locate("a", f"{tmp_path}/root", listing) == tmp_path / "root" / "a"
    assert locate("ot/a", f"{tmp_path}/ro", listing) == tmp_path / "root" / "a"


def test_line_with_several_labels_is_named(tmp_path):
    (tmp_path / "list.txt").write_text(f"{tmp_path}/an image 7 1\n{tmp_path}/b.jpg 3 0.5 12\n")
    (tmp_path / "an image 7").touch()
    listed = read_labelled(tmp_path / "list.txt", "")
    assert next(listed) == (tmp_path / "an image 7", 1, 1)
    with pytest.raises(
        DataError, match=r"list\.txt:2: '.*/b\.jpg 3 0\.5 12' has 3 labels .*; expected a path and"
    ):
        next(listed)
