"""``draw_net.py``: draw a net to an image file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from layerzoo.errors import UsageError
from layerzoo.loader import load_net
from layerzoo.schema import TEST, TRAIN

_PHASES = {"TRAIN": TRAIN, "TEST": TEST, "ALL": None}


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser("draw_net.py", description="Draw a net.")
    parser.add_argument("input_net_proto_file", help="the net")
    parser.add_argument("output_image_file", help="the picture, in the format of its suffix: png, svg, dot …")
    parser.add_argument("--rankdir", default="LR", choices=["LR", "RL", "TB", "BT"], help="layout direction")
    parser.add_argument("--phase", default="ALL", choices=list(_PHASES), help="which layers to draw")
    parser.add_argument("--display_lrm", action="store_true", help="write learning rate multipliers")
    args = parser.parse_args(argv)
    net = load_net(args.input_net_proto_file, lenient=True).message

    from layerzoo.pycaffe import draw

    print(f"Drawing net to {args.output_image_file}")
    phase = _PHASES[args.phase]
    if phase is not None:
        print(f"Drawing only {args.phase} phase layers.")
    try:
        draw.draw_net_to_file(net, args.output_image_file, args.rankdir, phase, args.display_lrm)
    except (KeyError, ValueError) as error:
        expected = "expected a name ending in .png, .jpg, .svg, .pdf or .dot"
        reason = expected if isinstance(error, KeyError) else error
        raise UsageError(f"picture '{args.output_image_file}' can't be drawn: {reason}") from None
    return 0
