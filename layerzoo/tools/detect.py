"""``detect.py``: compute a net's scores of windows of images and save them as a table."""

from __future__ import annotations

import argparse
import csv
import io
import warnings
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.data.listed_files import read_lines
from layerzoo.errors import DataError, MissingExtraError, UsageError
from layerzoo.regular_file import open_text
from layerzoo.tools.reference_model import add_model, add_preprocessing, check_model, integers, mean_of

Window = tuple[float, float, float, float]
"""ymin, xmin, ymax, xmax, in pixels."""

_SIDES = ("ymin", "xmin", "ymax", "xmax")


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser("detect.py", description="Score windows of images with a net.")
    parser.add_argument("input_file", help="a .txt of images, or a .csv: filename,xmin,ymin,xmax,ymax")
    parser.add_argument("output_file", help="the .csv to write, or an .h5 for pandas with the table df")
    add_model(parser)
    add_preprocessing(parser, raw_scale=255.0)
    parser.add_argument(
        "--crop_mode",
        default="selective_search",
        choices=["list", "selective_search"],
        help="source of the windows; list reads them from a .csv",
    )
    parser.add_argument(
        "--context_pad", type=int, default=16, help="context around a window, in pixels of the net's input"
    )
    args = parser.parse_args(argv)
    source = Path(args.input_file)
    if source.suffix.lower() not in {".txt", ".csv"}:
        raise UsageError(f"input file '{source}'; expected a .txt or a .csv")
    if args.crop_mode == "list" and source.suffix.lower() != ".csv":
        raise UsageError(f"input file '{source}'; --crop_mode list requires a .csv of windows")
    check_model(args)
    windows = read_windows(source)

    import layerzoo.pycaffe as caffe
    from layerzoo.pycaffe.detector import Detector

    mean = mean_of(args.mean_file)
    if args.gpu:
        caffe.set_mode_gpu()
        print("GPU mode")
    else:
        caffe.set_mode_cpu()
        print("CPU mode")
    detector = Detector(
        args.model_def,
        args.pretrained_model,
        mean=mean,
        input_scale=args.input_scale,
        raw_scale=args.raw_scale,
        channel_swap=integers("channel_swap", args.channel_swap) or None,
        any_python=False,
        context_pad=args.context_pad,
    )
    start = perf_counter()
    print("Loading input...")
    try:
        if args.crop_mode == "list":
            detections = detector.detect_windows(windows.items())
        else:
            detections = detector.detect_selective_search(list(windows))
    except ImportError as error:
        raise UsageError(
            f"selective search is a separate program that is not installed ({error}); "
            "--crop_mode list reads windows from a .csv"
        ) from None
    except OSError as error:
        raise DataError(f"{error.filename or source}: {error.strerror or error}") from None
    print(f"Processed {len(detections)} windows in {perf_counter() - start:.3f} s.")
    save(detections, Path(args.output_file))
    print(f"Saved to {args.output_file}")
    return 0


def read_windows(source: Path) -> dict[str, list[Window]]:
    """Read the windows of each image of a list, in the list's order; a ``.txt`` has images without windows.

    Raises:
        DataError: the list can't be read, a column is missing, or a side of a window is not a number.
    """
    windows: dict[str, list[Window]] = {}
    try:
        if source.suffix.lower() == ".txt":
            return {name: [] for line in read_lines(source) if (name := line.strip())}
        with open_text(source, "surrogateescape", newline="") as lines:
            rows = csv.DictReader(lines, skipinitialspace=True)
            missing = [name for name in ("filename", *_SIDES) if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(f"{source}: no column {missing[0]}; expected filename,xmin,ymin,xmax,ymax")
            for row in rows:
                ymin, xmin, ymax, xmax = (float(row[side]) for side in _SIDES)
                if not all(map(isfinite, (ymin, xmin, ymax, xmax))):
                    raise ValueError
                windows.setdefault(row["filename"], []).append((ymin, xmin, ymax, xmax))
    except OSError as error:
        raise DataError(f"{source}: {error.strerror or error}") from None
    except csv.Error as error:
        raise DataError(f"{source}: {error}; expected lines filename,xmin,ymin,xmax,ymax") from None
    except (TypeError, ValueError):
        raise DataError(f"{source}:{rows.line_num}: a side of the window is not a number") from None
    if not windows:
        raise DataError(f"{source}: contains no window; expected lines filename,xmin,ymin,xmax,ymax")
    return windows


def save(detections: Sequence[Mapping[str, Any]], target: Path) -> None:
    """Write scored windows in the format of the target's suffix: ``.csv``, or else HDF5 for pandas.

    Raises:
        MissingExtraError: pandas or tables is not installed, for an ``.h5``.
        OSError: the file can't be written.
    """
    if target.suffix.lower() != ".csv":
        _save_for_pandas(detections, target)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    classes = detections[0]["prediction"].size if detections else 0
    writer.writerow(["filename", *_SIDES, *(f"class{index}" for index in range(classes))])
    for one in detections:
        writer.writerow([one["filename"], *map(float, one["window"]), *one["prediction"].ravel().tolist()])
    write_atomic(target, text.getvalue())


def _save_for_pandas(detections: Sequence[Mapping[str, Any]], target: Path) -> None:
    try:
        import pandas
        import tables  # noqa: F401 (pandas uses it to write)
    except ImportError:
        raise MissingExtraError("an .h5 of pandas", "pandas") from None
    frame = pandas.DataFrame(
        [
            {
                "filename": one["filename"],
                "prediction": one["prediction"],
                **dict(zip(_SIDES, one["window"], strict=True)),
            }
            for one in detections
        ]
    ).set_index("filename")
    with atomic_path(target) as part, warnings.catch_warnings():
        # scripts expect arrays in df["prediction"]; pandas stores these as objects and warns of it
        warnings.simplefilter("ignore", pandas.errors.PerformanceWarning)
        frame.to_hdf(part, key="df", mode="w")
