import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError, LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import NetState

ROWS = (3, 4)


@pytest.fixture
def listing(tmp_path):
    """Two files of 3 and 4 rows: ``x`` is (row, 10 * row), ``t`` of 2 x 1 x 2 is filled with row."""
    start = 0
    for name, rows in zip(("a.h5", "b.h5"), ROWS, strict=True):
        numbers = np.arange(start, start + rows)
        with h5py.File(tmp_path / name, "w") as file:
            file["x"] = np.stack([numbers, 10 * numbers], axis=1).astype(np.float64)
            file["t"] = np.broadcast_to(numbers[:, None, None, None], (rows, 2, 1, 2)).astype(np.int32)
        start += rows
    (tmp_path / "list.txt").write_text("a.h5\nb.h5\n")
    return tmp_path / "list.txt"


@pytest.fixture
def rows(make, listing):
    made = []

    def rows(top=("x", "t"), transform=None, **fields):
        param = {"source": str(listing), "batch_size": 2, **fields}
        more = {"transform_param": transform} if transform else {}
        made.append(make("HDF5Data", top=top, hdf5_data_param=param, **more))
        return made[-1]

    yield rows
    for layer in made:
        layer.close()


def numbers(layer, batches):
    found = []
    for layer.clock.batch in batches:
        x, t = layer()
        assert (x[:, 1] == 10 * x[:, 0]).all()
        assert (t == x[:, 0, None, None, None]).all()
        found += x[:, 0].tolist()
    return found


def test_tops_are_datasets_of_any_shape(rows):
    layer = rows()
    assert type(layer).top_shapes(layer.param, []) == [(2, 2), (2, 2, 1, 2)]
    assert [tuple(top.shape) for top in layer()] == [(2, 2), (2, 2, 1, 2)]
    assert rows(top=["t"])().shape == (2, 2, 1, 2)


def test_source_may_be_a_file_itself(rows, listing):
    assert numbers(rows(source=str(listing.parent / "b.h5")), range(3)) == [3, 4, 5, 6, 3, 4]


def test_batches_span_files_and_epochs(rows):
    assert numbers(rows(), range(5)) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert numbers(rows(batch_size=10), [0]) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert numbers(rows(), [3, 1]) == [6, 0, 2, 3]


def test_whole_pass_ends_with_partial_batch(rows):
    layer = rows()
    layer.whole_pass = True
    assert layer.batches_per_pass == 4
    assert numbers(layer, range(4)) == [0, 1, 2, 3, 4, 5, 6]


def test_shuffle_keeps_rows_of_a_file_together(rows):
    seen = numbers(rows(shuffle=True), range(70))
    epochs = [seen[i : i + 7] for i in range(0, 140, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 10
    firsts = {
        (epoch[0] < 3, set(epoch[:3]) == {0, 1, 2} or set(epoch[:4]) == {3, 4, 5, 6}) for epoch in epochs
    }
    assert firsts == {(True, True), (False, True)}
    assert numbers(rows(shuffle=True), range(30, 40)) == seen[60:80]


def test_paths_are_relative_to_working_folder_then_to_list(rows, tmp_path, monkeypatch):
    working = tmp_path / "working"
    working.mkdir()
    with h5py.File(working / "a.h5", "w") as file:
        file["x"], file["t"] = np.full((1, 2), 0.0), np.full((1, 2, 1, 2), 0)
    monkeypatch.chdir(working)
    assert rows().epoch_size == 1 + ROWS[1]


def test_shapes_of_files_are_checked_at_the_line_of_the_layer(listing):
    with h5py.File(listing.parent / "b.h5", "a") as file:
        del file["x"]
        file["x"] = np.zeros((4, 3))
    net = 'layer { name: "d" type: "HDF5Data" top: "x"\n  hdf5_data_param { source: "LIST" batch_size: 1 } }'
    with pytest.raises(DataError) as caught:
        graph_of(parse_net(net.replace("LIST", str(listing))), NetState())
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("<prototxt>:2:29: ")
    assert "(layer 'd')" in lines[0]
    assert lines[-1] == "    write equal shapes in all files of the list"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"source": "nowhere.txt"}, "hdf5_data_param.source", "can't be opened: No such file"),
        ({"batch_size": 0}, "hdf5_data_param.batch_size", "must be at least 1"),
        ({"transform": {"scale": 2}}, "transform_param", "HDF5Data does not transform"),
    ],
)
def test_config_faults_name_the_field(rows, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        rows(**fields)
    assert caught.value.field == field


def test_invalid_list_is_an_error(rows, listing):
    listing.write_text("a.h5 c.h5")
    with pytest.raises(LayerFault, match=r"names 'c\.h5', which does not exist"):
        rows()
    listing.write_text("")
    with pytest.raises(LayerFault, match="names no file"):
        rows()
    listing.write_bytes(b"\x89HDG\r\n\x1a\n\xff")
    with pytest.raises(LayerFault, match="is not a list"):
        rows()


def test_mismatched_files_are_errors(rows, listing):
    second = listing.parent / "b.h5"
    with pytest.raises(DataError, match=r"a\.h5: no dataset 'y'; it has t, x"):
        rows(top=["y"])
    for name, value, message in (
        (
            "x",
            np.zeros((4, 3)),
            r"b\.h5: rows of 'x' have shape 3, but those of .*a\.h5 have shape 2\n",
        ),
        ("x", np.zeros((5, 2)), r"b\.h5: different numbers of rows: 5 in 'x', 4 in 't'"),
        ("x", np.float32(1), r"b\.h5: dataset 'x' is one number; expected rows of numbers"),
        ("x", np.array([b"a"] * 4), r"b\.h5: '/x' holds no numbers"),
    ):
        with h5py.File(second, "a") as file:
            del file[name]
            file[name] = value
        with pytest.raises(DataError, match=message):
            rows()
    second.write_bytes(b"not HDF5")
    with pytest.raises(DataError, match=r"b\.h5: HDF5 can't be read"):
        rows()


def example(folder):
    """Example for the contract tests of all layers."""
    with h5py.File(folder / "x.h5", "w") as file:
        file["x"] = np.arange(12.0).reshape(3, 4)
    (folder / "list.txt").write_text("x.h5")
    return f"""
    layer {{
      name: "l" type: "HDF5Data" top: "x"
      hdf5_data_param {{ source: "{folder / "list.txt"}" batch_size: 2 shuffle: true }}
    }}
    """


def test_split_of_a_row_does_not_depend_on_other_files(make, tmp_path):
    def part(split, *names, **more):
        (tmp_path / "list.txt").write_text("".join(f"{name}\n" for name in names))
        layer = make(
            "HDF5Data",
            top=["t"],
            hdf5_data_param={"source": str(tmp_path / "list.txt"), "batch_size": 1},
            reading_param={"split": split, "val_share": 0.3, "test_share": 0.3, **more},
        )
        try:
            rows = []
            for number in range(layer.epoch_size):
                layer.clock.batch = number
                rows.append(float(layer()))
            return rows
        finally:
            layer.close()

    for place, name in enumerate(("a.h5", "b.h5", "c.h5")):
        with h5py.File(tmp_path / name, "w") as file:
            file["t"] = np.arange(place * 100, place * 100 + 40)
    for split in (1, 2, 3):
        alone = part(split, "b.h5")
        assert alone
        assert [row for row in part(split, "c.h5", "b.h5", "a.h5") if 100 <= row < 200] == alone
        assert part(split, "b.h5", workers=2) == alone
    whole = [row for split in (1, 2, 3) for row in part(split, "b.h5")]
    assert sorted(whole) == list(range(100, 140))
