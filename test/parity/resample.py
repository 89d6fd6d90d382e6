"""Writes resample.json: images resized by Pillow in floating point (mode F).

Run with Pillow 12.3.0: python test/parity/resample.py; npx oxfmt test/parity
"""

import json
from pathlib import Path

from PIL import Image, __version__

KERNELS = {
    "lanczos3": Image.Resampling.LANCZOS,
    "cubic": Image.Resampling.BICUBIC,
    "linear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}
# Height and width before and after; smaller, larger, odd factors, one pixel.
SIZES = [((7, 9), (3, 4)), ((5, 4), (12, 9)), ((16, 16), (16, 5)), ((8, 6), (1, 1)), ((1, 3), (4, 7))]


def pixels(height, width):
    """Values without a pattern, also outside of [-1,1]."""
    return [((y * 7919 + x * 104729 + 13) % 997) / 300 - 1.5 for y in range(height) for x in range(width)]


def resized(before, after, kernel, box=None):
    image = Image.new("F", (before[1], before[0]))
    image.putdata(pixels(*before))
    return list(image.resize((after[1], after[0]), KERNELS[kernel], box=box).get_flattened_data())


cases = [
    {"kernel": kernel, "before": before, "after": after, "output": resized(before, after, kernel)}
    for kernel in KERNELS
    for before, after in SIZES
]
# The middle square of a wide image, whose edges lie between pixels.
windows = [
    {
        "kernel": kernel,
        "before": (6, 11),
        "after": (4, 4),
        "columns": (2.5, 8.5),
        "output": resized((6, 11), (4, 4), kernel, box=(2.5, 0, 8.5, 6)),
    }
    for kernel in KERNELS
]
Path(__file__).with_suffix(".json").write_text(
    json.dumps({"pillow": __version__, "cases": cases, "windows": windows}) + "\n"
)
