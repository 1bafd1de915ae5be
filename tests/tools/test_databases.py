import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.databases import BACKENDS, new_records, open_records


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_put_in_comes_out_in_the_order_of_keys(backend, tmp_path):
    if backend == "leveldb":
        pytest.importorskip("plyvel")
    with new_records(tmp_path / "db", backend) as put:
        put(b"2", b"two")
        put(b"1", b"one")
        assert not (tmp_path / "db").exists()
    records = open_records(tmp_path / "db", backend)
    assert (len(records), records.read([0, 1])) == (2, [b"one", b"two"])
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_left_where_the_filling_fails(backend, tmp_path):
    if backend == "leveldb":
        pytest.importorskip("plyvel")

    def fill():
        with new_records(tmp_path / "db", backend) as put:
            put(b"1", b"one")
            raise RuntimeError("the source ended")

    with pytest.raises(RuntimeError):
        fill()
    assert not list(tmp_path.iterdir())


def test_a_database_is_never_written_over(tmp_path):
    with pytest.raises(DataError, match="is already there; remove it"):
        new_records(tmp_path, "lmdb")


def test_mistakes(tmp_path):
    with pytest.raises(DataError, match="no lmdb: No such file"):
        open_records(tmp_path / "none", "lmdb")
    with pytest.raises(UsageError, match="no database of kind 'sqlite'; there are lmdb and leveldb"):
        open_records(tmp_path, "sqlite")
