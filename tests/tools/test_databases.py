import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.databases import BACKENDS, new_records, open_records


@pytest.mark.parametrize("backend", BACKENDS)
def test_records_are_read_in_the_order_of_keys(backend, tmp_path):
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
def test_new_records_leaves_nothing_after_an_error(backend, tmp_path):
    if backend == "leveldb":
        pytest.importorskip("plyvel")

    def fill():
        with new_records(tmp_path / "db", backend) as put:
            put(b"1", b"one")
            raise RuntimeError("the source ended")

    with pytest.raises(RuntimeError):
        fill()
    assert not list(tmp_path.iterdir())


def test_new_records_refuses_an_existing_path(tmp_path):
    with pytest.raises(DataError, match="already exists; remove it"):
        new_records(tmp_path, "lmdb")


def test_open_records_errors(tmp_path):
    with pytest.raises(DataError, match="can't open lmdb: No such file"):
        open_records(tmp_path / "none", "lmdb")
    with pytest.raises(UsageError, match="unknown database backend 'sqlite'; expected lmdb or leveldb"):
        open_records(tmp_path, "sqlite")
