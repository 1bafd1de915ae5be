"""``layerzoo data``: look at data, get it, and convert it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from layerzoo.cli import gflags


@gflags.group("Data")
def command() -> None:
    """Look at data, get it, and convert it.

    \b
      layerzoo data get mnist
      layerzoo data show net.yaml -out sheet.png
      layerzoo data check photos/ -html report.html
      layerzoo data import photos/ photos_lmdb
      layerzoo data columns table.csv -label species
      layerzoo data vocabulary book.txt -units BPE -out vocabulary.json
    """


# each command has a file of its own, whose `subcommand` is added here
for _file in sorted(Path(__file__).parent.glob("data_*.py")):
    command.add_command(import_module(f"layerzoo.cli.{_file.stem}").subcommand)
