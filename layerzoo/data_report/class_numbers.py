"""Compare the numbers that two sources give to classes of the same names."""

from __future__ import annotations

from layerzoo.data_report.sources import DataSource


def class_mismatch(train: DataSource, test: DataSource) -> str | None:
    """How the classes of a source that tests differ from those of the one that trains; None if they don't.

    A source that lacks the last classes numbers the others alike. Sources without names are not compared.

    Raises:
        LayerFault: a source is missing.
        DataError: a source is damaged.
    """
    known, others = train.names, test.names
    if not known or not others:
        return None
    what = f"'{test.name}' ({test.part}) and '{train.name}' ({train.part}) number classes differently"
    for number, (name, other) in enumerate(zip(known, others, strict=False)):
        if name != other:
            return f"{what}: {number} is '{other:.60}' in {test.part}, '{name:.60}' in {train.part}"
    if len(others) > len(known):
        return f"{what}: '{others[len(known)]:.60}' of {test.part} is no class of {train.part}"
    return None
