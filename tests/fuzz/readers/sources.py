"""Sources of data of one's own: tables."""

from __future__ import annotations

from pathlib import Path
from random import Random

from layerzoo.data.table_source import load_table
from layerzoo.schema import CSVDataParameter
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_text

_TABLES = (
    "id,size,colour,photo,label\n1,1.5,red,a.png,cat\n2,NA,blue,b.png,dog\n3,4,red,c.png,cat\n",
    'x;y\n"1,5";"a ""b"" c"\n2;"two\nlines"\n',
    "1\t2\t3\n4\t5\t6\n",
    "\ufeffx,label_1,label_2\r\n1,0,1\r\n2,1,0\r\n",
)


def _table(random: Random) -> bytes:
    return as_bytes(random, encodable(mutate_text(random, random.choice(_TABLES), (",", '"', "NA"), _TABLES)))


@kind("table", _table, text=True)
def read_table(data: bytes, folder: Path) -> None:
    """A CSV file, whose columns are found by inspection."""
    (folder / "t.csv").write_bytes(data)
    load_table(CSVDataParameter(source=str(folder / "t.csv")), (0.1, 0.2))
