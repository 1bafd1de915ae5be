"""Open the databases that data layers read, LMDB or LevelDB."""

from __future__ import annotations

from pathlib import Path

from layerzoo.data.data_layer import opening
from layerzoo.data.leveldb_records import LevelDBRecords
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.data.records import Records
from layerzoo.errors import LayerFault
from layerzoo.schema import DataParameter


def open_records(param: DataParameter) -> Records:
    """Open the database that ``data_param`` names.

    Raises:
        LayerFault: it is missing, or of the other kind.
        DataError: it is damaged or empty.
    """
    lmdb = param.backend == DataParameter.LMDB
    folder = Path(param.source)
    field = "data_param.source"
    if not param.HasField("backend"):
        lmdb = not (folder / "CURRENT").exists()
    elif (folder / ("CURRENT" if lmdb else "data.mdb")).exists():
        actual, backend = ("a LevelDB", "LMDB") if lmdb else ("an LMDB", "LEVELDB")
        raise LayerFault(f"'{folder}' is {actual}; backend is {backend}", field="data_param.backend")
    with opening(field, param.source, "a folder with an LMDB" if lmdb else "a folder with a LevelDB"):
        return LMDBRecords(folder) if lmdb else LevelDBRecords(folder)
