from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader.files import PACKAGE, find_config, format_of, looks_like, read_source
from layerzoo.nodes import MAX_BYTES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_working_folder_wins_over_the_package(here: Path) -> None:
    assert find_config("configs/lenet_solver.yaml") == PACKAGE / "configs" / "lenet_solver.yaml"
    assert find_config("lenet_solver.yaml") == PACKAGE / "configs" / "lenet_solver.yaml"
    write(here / "configs" / "lenet_solver.yaml", "x: 1")
    assert find_config("configs/lenet_solver.yaml") == Path("configs/lenet_solver.yaml")


def test_folder_of_the_config_wins_over_the_working_folder(here: Path) -> None:
    write(here / "net.yaml", "x: 1")
    assert find_config("net.yaml", here / "sub") == Path("net.yaml")
    write(here / "sub" / "net.yaml", "x: 1")
    assert find_config("net.yaml", here / "sub") == here / "sub" / "net.yaml"


def test_absolute_path_is_searched_nowhere_else(here: Path) -> None:
    write(here / "lenet_solver.yaml", "x: 1")
    assert find_config(here / "lenet_solver.yaml") == here / "lenet_solver.yaml"
    with pytest.raises(ConfigError, match=r"no file '/nowhere/lenet_solver\.yaml'"):
        find_config("/nowhere/lenet_solver.yaml")


def test_path_can_not_leave_the_package(here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        find_config("configs/../schema.py")
    assert str(PACKAGE) not in str(error.value)


def test_missing_file_lists_places_and_similar_names(here: Path) -> None:
    write(here / "sub" / "lenet_train.prototxt", "x: 1")
    write(here / "lenet_trian.txt.bak", "x: 1")
    with pytest.raises(ConfigError) as error:
        find_config("examples/lenet_trian.prototxt", Path("sub"))
    text = str(error.value)
    assert text.startswith("no file 'examples/lenet_trian.prototxt'\n")
    assert "searched sub/examples/lenet_trian.prototxt, examples/lenet_trian.prototxt, " in text
    with pytest.raises(ConfigError, match=r"did you mean 'sub/lenet_train\.prototxt'"):
        find_config("lenet_trian.prototxt", Path("sub"))


@pytest.mark.parametrize(
    "path", ["", "x" * 5000, "a\0b", "~nobody_of_that_name/a", "\udc80", "a.yaml/b", "."]
)
def test_invalid_path_is_an_error(path: str, here: Path) -> None:
    write(here / "a.yaml", "x: 1")
    with pytest.raises(ConfigError) as error:
        find_config(path)
    assert str(error.value).encode()


def test_directory_is_refused(here: Path) -> None:
    write(here / "sub" / "net.yaml", "x: 1")
    with pytest.raises(ConfigError, match="'sub' is a directory; expected a file"):
        find_config("sub")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: 1", "a: 1"),
        (b"\xef\xbb\xbfa: 1", "a: 1"),
        ("a: 'ü'".encode(), "a: 'ü'"),
        (b"# \xd6\xd0", "# \udcd6\udcd0"),
        (b"a: 1\r\n", "a: 1\r\n"),
    ],
)
def test_read_source_decodes_a_file(data: bytes, text: str, here: Path) -> None:
    source = read_source(write(here / "a.prototxt", data))
    assert (source.text, source.name, source.bare_strings) == (text, "a.prototxt", False)
    assert read_source(write(here / "a.yml", data), "said").bare_strings


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.prototxt", b"", "empty"),
        ("a.prototxt", b" \n\t\r\n", "empty"),
        ("a.caffemodel", b"\n\x05lenet\xa2\x06\x00\x00", "binary (Caffe weights)"),
        ("a.prototxt", b"\x89HDF\r\n\x1a\n", "binary (an HDF5 file)"),
        ("a.yaml", b"PK\x03\x04abc", "binary (a zip file)"),
        ("a.yaml", b"a: \0", "binary (not text)"),
        ("a.yaml", "a: 1".encode("utf-16"), "UTF-16 text"),
    ],
)
def test_read_source_names_the_kind_of_a_binary_file(name: str, data: bytes, told: str, here: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_source(write(here / name, data))
    assert str(error.value).startswith(f"{name}: {told}")


@pytest.mark.parametrize("name", ["a.prototxt", "a.yaml"])
def test_large_file_is_refused_unread(name: str, here: Path) -> None:
    path = here / name
    with path.open("wb") as file:
        file.write(b"[" * 1000)
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ConfigError, match=f"104,857,600 bytes; a config has at most {MAX_BYTES:,}"):
        read_source(path)


def test_unreadable_file_is_an_error(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: can't be read: No such file"):
        read_source(here / "gone.yaml")


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("layer {\n}", "prototxt"),
        ("layer { name: 'a' }", "prototxt"),
        ("layer\n{\n}", "prototxt"),
        ("# about\nlayer: {\n name: 'a'\n}", "prototxt"),
        ("layer:\n  - name: a", "yaml"),
        ("layer:\n- name: a", "yaml"),
        ("state: # of it\n\n  level: 1", "yaml"),
        ("---\na: 1", "yaml"),
        ("net: a.yaml", "yaml"),
        ("a: 1\nb: 'c'", None),
        ("solver_mode: GPU\ndebug_info: true", None),
    ],
)
def test_looks_like_detects_the_format(text: str, look: str | None) -> None:
    assert looks_like(text) == look


@pytest.mark.parametrize(
    ("name", "text", "chosen"),
    [
        ("a.prototxt", "a:\n - b", "prototxt"),
        ("a.pbtxt", "", "prototxt"),
        ("a.YAML", "a {\n}", "yaml"),
        ("a.yml", "", "yaml"),
        ("a", "a:\n - b", "yaml"),
        ("a.conf", "a {\n}", "prototxt"),
        ("a", "a: 1", "prototxt"),
    ],
)
def test_format_is_that_of_the_suffix_then_of_the_look(name: str, text: str, chosen: str) -> None:
    assert format_of(Path(name), text) == chosen


def test_stream_of_the_user_is_read_but_not_one_that_a_config_names(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b'name: "piped"\n')
    os.close(writing)
    path = Path(f"/dev/fd/{reading}")
    try:
        with pytest.raises(ConfigError, match="not a regular file but a FIFO"):
            read_source(path)
        assert read_source(path, from_user=True).text == 'name: "piped"\n'
    finally:
        os.close(reading)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ConfigError, match="fifo: can't be read: not a regular file but a FIFO"):
        read_source(tmp_path / "fifo", from_user=True)
