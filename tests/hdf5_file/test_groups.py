from __future__ import annotations

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError
from layerzoo.hdf5_file import HDF5Group, groups, open_hdf5, opened
from tests.hdf5_file.reading import refused, values


def test_groups_stored_by_a_filter_are_refused(path):
    plist = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    filters = h5py.h5p.PropDCID(plist.id)
    h5py.h5i.inc_ref(filters)
    filters.set_deflate(1)
    with h5py.File(path, "w", libver="latest") as file:
        h5py.h5g.create(file.id, b"g", gcpl=plist)
        for index in range(20):
            file[f"g/{index}"] = 0.0
    with open_hdf5(path, DataError) as root:
        group = root.child("g")
        with pytest.raises(DataError, match="'/g' is a group stored by a filter"):
            group.child("0")
        with pytest.raises(DataError, match="'/g' is a group stored by a filter"):
            list(group)


def test_groups_are_walked_with_their_datasets(path):
    with h5py.File(path, "w") as file:
        file["a/b/0"], file["a/1"], file["2"] = [1.0], [2.0], 3.0
        file.create_group("none")
    with open_hdf5(path, DataError) as root:
        found = {group.name: [*arrays] for group, arrays in root.walk()}
        assert found == {"/": ["2"], "/a": ["1"], "/a/b": ["0"], "/none": []}
        assert root.find("2").numbers().read() == 3
        assert isinstance(root.find("a/b"), HDF5Group)
        for name in ("c", "a/c", "2/c", ".", "a/./b", "a\0b"):
            assert root.find(name) is None


def test_names_that_are_not_utf_8_are_read(path):
    with h5py.File(path, "w") as file:
        file[b"\xe9/\xff"] = 2.0
    with open_hdf5(path, DataError) as root:
        assert list(root) == ["\udce9"]
        ((_, _), (group, arrays)) = root.walk()
        assert (group.path, list(arrays)) == (("\udce9",), ["\udcff"])
        assert arrays["\udcff"].numbers().read() == 2


def secret(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["s"] = np.arange(4.0)
        file["g/x"] = np.arange(4.0)
    return "secret.h5"


@pytest.mark.parametrize("target", ["s", "g"])
def test_external_links_are_not_followed(path, tmp_path, target):
    with h5py.File(path, "w") as file:
        file["x"] = h5py.ExternalLink(secret(tmp_path), target)
    refused(path, r"a\.h5: '/x' is a link elsewhere, which is not followed")
    refused(path, r"a\.h5: '/x' is a link elsewhere", "x/x")
    with open_hdf5(path, DataError) as root, pytest.raises(DataError, match="'/x' is a link elsewhere"):
        list(root.walk())


def test_soft_links_are_not_followed(path):
    with h5py.File(path, "w") as file:
        file["x"] = h5py.SoftLink("/x")
    refused(path, "'/x' is a link elsewhere")


def test_cycles_and_depth_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_group("a")
        file["a/b"] = file["/"]
    with (
        open_hdf5(path, DataError) as root,
        pytest.raises(DataError, match="'/a/b' is a group that is linked twice"),
    ):
        list(root.walk())
    with open_hdf5(path, DataError) as root, pytest.raises(DataError, match="more than 64 groups deep"):
        root.find("a/b/" * 100)
    with h5py.File(path, "w") as file:
        file.create_group("/a" * 65)
    with open_hdf5(path, DataError) as root, pytest.raises(DataError, match="more than 64 groups deep"):
        list(root.walk())


def test_number_of_objects_has_a_limit(path, monkeypatch):
    with h5py.File(path, "w") as file:
        for index in range(9):
            file[str(index)] = 0.0
    monkeypatch.setattr(groups, "MAX_OBJECTS", 8)
    monkeypatch.setattr(opened, "MAX_OBJECTS", 8)
    with open_hdf5(path, DataError) as root, pytest.raises(DataError, match="'/' has more than 8 children"):
        list(root)
    with open_hdf5(path, DataError) as root:
        found = [root.child(str(index)) for index in range(8)]
        assert None not in found
        with pytest.raises(DataError, match="more than 8 groups and datasets"):
            root.child("8")


def test_errors_of_h5py_are_those_of_the_caller(path, tmp_path):
    with pytest.raises(DataError, match=r"none\.h5: HDF5 can't be read: No such file"):
        values(tmp_path / "none.h5")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(DataError, match=r"a\.h5: HDF5 can't be read"):
        values(path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DataError, match="fifo: HDF5 can't be read: not a regular file but a FIFO"):
        values(tmp_path / "fifo")


def test_errors_of_the_block_are_not_converted(path):
    with h5py.File(path, "w") as file:
        file["x"] = 1.0
    with pytest.raises(ZeroDivisionError), open_hdf5(path, DataError):
        raise ZeroDivisionError


def test_hdf5_file_needs_no_torch():
    code = "import sys, layerzoo.hdf5_file; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
