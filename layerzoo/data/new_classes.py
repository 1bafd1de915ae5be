"""Other classes in the place of those of a named data set: its own put together, and named."""

from __future__ import annotations

import numpy as np

from layerzoo.data.dataset import NamedSet
from layerzoo.data.samples import Floats
from layerzoo.errors import LayerFault
from layerzoo.schema import DatasetParameter


def check_new_classes(named: type[NamedSet], p: DatasetParameter) -> None:
    """Check ``class_of`` and ``class_name``.

    Raises:
        LayerFault: they don't suit the data set, its target or each other.
    """
    given = [field for field in ("class_of", "class_name") if getattr(p, field)]
    if given and p.target != DatasetParameter.CLASS:
        target = DatasetParameter.Target.Name(p.target)
        raise LayerFault(
            f"{given[0]} is of the classes of whole images, and target is {target}",
            field=f"dataset_param.{given[0]}",
            hint=f"leave out {given[0]}, or target",
        )
    own = len(named.class_names(p.target))
    if p.class_of and len(p.class_of) != own:
        raise LayerFault(
            f"class_of has {len(p.class_of)} values; '{p.name}' has {own} classes",
            field="dataset_param.class_of",
            hint="give one value for each class of the set",
        )
    count = _count(p, own)
    if p.class_of and len(set(p.class_of)) != count:
        missing = next(number for number in range(count) if number not in p.class_of)
        raise LayerFault(
            f"class_of has class {count - 1}, but no class {missing}",
            field="dataset_param.class_of",
            hint="number the classes from 0, without gaps",
        )
    if p.class_name and len(p.class_name) != count:
        raise LayerFault(
            f"class_name has {len(p.class_name)} names for {count} classes",
            field="dataset_param.class_name",
            hint="give one name for each class",
        )


def new_class_names(named: type[NamedSet], p: DatasetParameter) -> list[str]:
    """The names of the classes that labels refer to, in order."""
    own = named.class_names(p.target)
    if p.class_name or not p.class_of:
        return list(p.class_name) or own
    return [
        str(number) for number in range(min(_count(p, len(own)), len(own)))
    ]  # a fault says which is too large


def new_labels(labels: Floats, p: DatasetParameter) -> Floats:
    """Labels of the set as those of the new classes."""
    return np.asarray(p.class_of, np.float32)[labels.astype(np.int64)] if p.class_of else labels


def _count(p: DatasetParameter, own: int) -> int:
    """The number of classes, of a set that has so many of its own."""
    return max(p.class_of) + 1 if p.class_of else own
