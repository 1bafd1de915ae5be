"""Propose blocks for a long net: layers that it has several times become subnets.

The proposal keeps all names as they are written, so published weights fit, and expands to the same message.
"""

from __future__ import annotations

from layerzoo.errors import LayerzooError
from layerzoo.folding.search import find_groups
from layerzoo.folding.slots import slotted
from layerzoo.folding.write import written
from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter

__all__ = ["folded"]


def folded(net: NetParameter) -> str:
    """A net with blocks in place of the layers that it has several times, as YAML.

    Raises:
        LayerzooError: the net can't be written with blocks so that it stays the same.
    """
    layers = [slotted(layer) for layer in net.layer]
    text = written(net, find_groups(layers), layers)
    if parse_net(text, format="yaml").message != net:
        raise LayerzooError("the net with blocks would differ from the flat one; please report the file")
    return text
