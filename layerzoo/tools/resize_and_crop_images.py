"""``resize_and_crop_images.py``: resize the images of a list and crop them to squares."""

from __future__ import annotations

import argparse
import io
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from layerzoo.atomic import write_atomic
from layerzoo.data.image import encode, read_image, resize
from layerzoo.data.listed_files import read_lines
from layerzoo.errors import DataError, LayerzooError, UsageError
from layerzoo.image_file import open_image, read_file
from layerzoo.log import to_stderr

log = logging.getLogger("layerzoo")

_PIL_QUALITY = 75


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments, ignoring those for several machines; return the exit code."""
    parser = argparse.ArgumentParser(
        "resize_and_crop_images.py",
        description="Resize images by their shorter side and crop the square in the centre.",
        allow_abbrev=False,
    )
    for name, attributes in {
        "input": {"required": True, "help": "a list with a file name at the start of each line"},
        "output": {"default": "", "help": "file to write the names of the finished images to"},
        "input_folder": {"default": "", "help": "folder that the names are relative to"},
        "output_folder": {"required": True, "help": "folder to write the images to, under the same names"},
        "output_side_length": {"type": int, "default": 256, "help": "side of the squares, in pixels"},
        "image_lib": {
            "default": "opencv",
            "help": "opencv: bilinear resizing; PIL: Lanczos resizing, written as JPEG of quality 75",
        },
        "num_clients": {"type": int, "default": 1, "help": "number of images to process at the same time"},
    }.items():
        parser.add_argument(f"--{name}", f"-{name}", **attributes)  # type: ignore[arg-type]  # values of several types
    args, left = parser.parse_known_args(argv)
    unknown = [word for word in left if not word.lstrip("-").startswith(_OF_MINCEPIE)]
    if unknown:
        raise UsageError(
            f"unknown arguments {' '.join(unknown)}; see resize_and_crop_images.py --help for the known ones"
        )
    library = args.image_lib.lower()
    if library not in {"opencv", "pil"}:
        raise UsageError(f"unknown image_lib '{args.image_lib}'; expected opencv or PIL")
    if args.output_side_length < 1:
        raise UsageError(f"output_side_length {args.output_side_length}; expected at least 1 pixel")
    to_stderr()
    names = _names(args.input, args.input_folder)

    def work(name: str) -> bool:
        try:
            square = _by_pil if library == "pil" else _by_opencv
            data = square(Path(args.input_folder) / name, args.output_side_length)
            target = Path(args.output_folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, data)
        except DataError as error:
            log.error("%s; skipped", error)
            return False
        except OSError as error:
            raise LayerzooError(f"{error.filename} can't be written: {error.strerror or error}") from None
        return True

    with ThreadPoolExecutor(max(1, args.num_clients)) as pool:
        done = list(pool.map(work, names))
    if args.output:
        finished = (name for name, is_done in zip(names, done, strict=True) if is_done)
        write_atomic(args.output, "".join(f"{name}\n" for name in finished))
    log.info("%d of %d images resized and cropped", sum(done), len(names))
    return 0


_OF_MINCEPIE = ("launch", "port", "address", "password", "num_threads", "sleeptime")


def _names(listing: str, folder: str) -> list[str]:
    """Read the names of a list, relative to the folder."""
    try:
        lines = [line.replace(folder, "", 1) if folder else line for line in read_lines(listing)]
    except OSError as error:
        raise DataError(f"{listing}: {error.strerror or error}") from None
    return [words[0].lstrip("/") if folder else words[0] for line in lines if (words := line.split())]


def _by_opencv(path: Path, side: int) -> bytes:
    image = read_image(path, True)
    height, width = image.shape[1:]
    shorter = min(height, width)
    image = resize(image, side * height // shorter, side * width // shorter)
    top, left = (image.shape[1] - side) // 2, (image.shape[2] - side) // 2
    kind = path.suffix.lower().removeprefix(".") or "jpg"
    return encode(image[:, top : top + side, left : left + side], kind, str(path))


def _by_pil(path: Path, side: int) -> bytes:
    from PIL import Image, ImageOps

    with open_image(read_file(path), str(path)) as opened:
        square = ImageOps.fit(opened.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    square.save(target, "JPEG", quality=_PIL_QUALITY)
    return target.getvalue()
