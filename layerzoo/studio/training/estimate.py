"""Check a training and estimate what it needs: ``python -m layerzoo.studio.training.estimate``.

It is a process of its own, as checks need torch, which the studio never loads. Its arguments are a solver and
``PATH=VALUE`` of ``-set``; it prints JSON.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

from layerzoo.errors import ConfigError, Fault, LayerzooError


def estimate(solver: str, settings: Sequence[str]) -> dict[str, Any]:
    """The faults, warnings, memory and iterations of a solver, as `Checked` takes them."""
    from layerzoo.loader import load_solver
    from layerzoo.memory.device import available_memory
    from layerzoo.solver import check_run
    from layerzoo.solver.config.device import choose_device
    from layerzoo.solver.failures.memory_check import memory_warnings, solver_needs

    said = _Said()
    logging.getLogger("layerzoo").addHandler(said)
    faults: list[Fault] = []
    try:
        document = load_solver(solver, settings, faults=faults)
        checked = check_run(document, found=faults)
    except ConfigError as error:
        return {"problems": [problem(fault) for fault in error.faults]}
    except LayerzooError as error:
        return {"problems": [{"field": "", "text": str(error)}]}
    needs, device = solver_needs(document.message, checked), choose_device(document.message, quiet=True)
    warnings = [*document.warnings, *checked.warnings, *memory_warnings(document.message, checked, device)]
    return {
        "warnings": [str(one) for one in warnings],
        "memory": needs.likely,
        "parts": str(needs),
        "available": available_memory(device) or 0,
        "device": str(device),
        "max_iter": document.message.max_iter,
        "per_epoch": said.per_epoch,
    }


def problem(fault: Fault) -> dict[str, str]:
    """A fault, and the path of the field of the form that it is about; empty for none."""
    path = fault.field or ""
    if fault.origin is not None and fault.origin.source.name == "-set":
        path = fault.origin.source.text.partition("=")[0].strip()
        return {"field": path, "text": "\n".join(filter(None, [fault.message, fault.hint]))}
    return {"field": path, "text": str(fault)}


class _Said(logging.Handler):
    """Listens for what a check says of the length of an epoch."""

    per_epoch = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line of the log."""
        found = re.search(r"a pass through the data is ([\d.,]+) iterations", record.getMessage())
        if found:
            self.per_epoch = float(found[1].replace(",", ""))


if __name__ == "__main__":
    logging.getLogger("layerzoo").setLevel(logging.INFO)
    print(json.dumps(estimate(sys.argv[1], sys.argv[2:])))
