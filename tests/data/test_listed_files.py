from pathlib import Path

import pytest

from layerzoo.data.listed_files import (
    exists,
    image_folder,
    locate,
    read_labelled,
    read_lines,
    without_labels,
)
from layerzoo.errors import DataError


def test_label_follows_the_last_space(tmp_path):
    (tmp_path / "list.txt").write_text("a.jpg 3\n\nan image.jpg 12\nb.jpg\t-1\n")
    listed = list(read_labelled(tmp_path / "list.txt", ""))
    assert [(str(path), label) for path, label, *_ in listed] == [
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


def test_line_has_as_many_labels_as_numbers_behind_a_file(tmp_path):
    listing = tmp_path / "list.txt"
    listing.write_text("an image 7 1 0.5\n\nb.jpg -3 2\n")
    for name in ("an image", "b.jpg"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"list\.txt:3: 'b\.jpg -3 2' has 2 labels; the first line has 3"):
        list(read_labelled(listing, ""))
    (tmp_path / "an image 7 1").touch()  # whose line has one label, then
    with pytest.raises(DataError, match="has 2 labels; the first line has 1"):
        list(read_labelled(listing, ""))
    listing.write_text("b.jpg -3 2\n")
    assert list(read_labelled(listing, "")) == [(tmp_path / "b.jpg", -3, 1, "b.jpg", (-3.0, 2.0))]


def test_without_labels_leaves_out_the_numbers_at_the_end():
    lines = ["a b 1 2 0.5\n", "7 8", "a", "\n", "../x y 1"]
    assert [without_labels(line) for line in lines] == ["a b", "7", "a", "", "../x y"]


def test_line_with_several_labels_is_named(tmp_path):
    (tmp_path / "list.txt").write_text(f"{tmp_path}/an image 7 1\n{tmp_path}/b.jpg 3 0.5 12\n")
    (tmp_path / "an image 7").touch()
    listed = read_labelled(tmp_path / "list.txt", "")
    assert next(listed)[:3] == (tmp_path / "an image 7", 1, 1)
    message = r"list\.txt:2: '.*/b\.jpg 3 0\.5 12': neither .* with 3 labels, file '.*/b\.jpg' exists"
    with pytest.raises(DataError, match=message):
        next(listed)


@pytest.mark.parametrize("label", ["nan", "inf", "-1e400", "1" + "0" * 400])
def test_label_must_be_finite(tmp_path, label):
    (tmp_path / "list.txt").write_text(f"a.jpg 1\nb.jpg {label}\n")
    with pytest.raises(DataError, match=r"list\.txt:2: label '.*'; expected a finite number"):
        list(read_labelled(tmp_path / "list.txt", ""))


def test_lines_have_a_longest_length(tmp_path):
    (tmp_path / "list.txt").write_text("a.jpg 1\n" + "b" * 100_000)
    with pytest.raises(DataError, match=r"list\.txt:2: a line of more than 65,536 characters"):
        list(read_lines(tmp_path / "list.txt"))
    (tmp_path / "list.txt").write_text("a" * 65_535 + "\n")
    assert [len(line) for line in read_lines(tmp_path / "list.txt")] == [65_536]


def test_names_that_no_file_can_have_are_missing_files(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"a\0b 1\n" + b"c" * 5000 + b" 2\n" + b"../" * 900 + b"d 3\n")
    listed = list(read_labelled(tmp_path / "list.txt", ""))
    assert [file.line for file in listed] == [1, 2, 3]
    assert not any(exists(file.path) for file in listed)


@pytest.mark.parametrize("place", ["", "images", "../images", "../train2017", "../instances_train2017"])
def test_image_folder_is_the_one_that_has_the_image(place: str, tmp_path: Path) -> None:
    source = tmp_path / "annotations" / "instances_train2017.json"
    folder = source.parent / place
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.jpg").touch()
    found = image_folder(source, "sub/a.jpg")
    assert found.resolve() == folder.resolve()
    (source.parent / "sub").mkdir(exist_ok=True)
    (source.parent / "sub" / "a.jpg").touch()
    assert image_folder(source, "sub/a.jpg") == source.parent


@pytest.mark.parametrize("name", ["missing.jpg", "", "a" * 5000, "a\0b"])
def test_image_folder_is_that_of_the_file_without_an_image(name: str, tmp_path: Path) -> None:
    assert image_folder(tmp_path / "c.json", name) == tmp_path
