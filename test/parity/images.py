"""Writes images.json: blurs by torchvision, PSNR and SSIM by scikit-image, on small pictures.

Debian: apt-get install python3-torchvision python3-skimage; then /usr/bin/python3 test/parity/images.py; npx oxfmt test/parity
Written with torchvision 0.14.1 (torch 1.13, float64) and scikit-image 0.19.3 (numpy 1.24, float64).
"""

import json
from pathlib import Path

import numpy
import torch
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from torchvision.transforms.functional import gaussian_blur

HEIGHT, WIDTH, CHANNELS = 18, 17, 2
# Pictures are written as whole numbers, their values times this.
SCALE = 8192
random = numpy.random.RandomState(7)
rows, columns = numpy.mgrid[0:HEIGHT, 0:WIDTH] / 18.0
smooth = numpy.stack([numpy.sin(5 * rows + 2 * columns), numpy.cos(4 * columns - rows)], axis=-1)


def as_float32(picture):
    """Values that float32 holds exactly, also when halved."""
    return numpy.round(picture * SCALE / 2) / (SCALE / 2)


picture = as_float32(0.8 * smooth + 0.1 * random.randn(HEIGHT, WIDTH, CHANNELS))
noisy = as_float32(picture + 0.3 * random.randn(HEIGHT, WIDTH, CHANNELS))
# Nearly constant and far from the middle of the range: where float32 loses a variance.
bright = as_float32(0.95 + 0.01 * random.randn(HEIGHT, WIDTH, CHANNELS))
brighter = as_float32(bright + 0.01 * random.randn(HEIGHT, WIDTH, CHANNELS))


def scaled(picture):
    return [int(value) for value in numpy.ravel(picture) * SCALE]


def blurred(kernel, sigma):
    tensor = torch.from_numpy(picture.transpose(2, 0, 1).copy())
    result = gaussian_blur(tensor, [kernel, kernel], None if sigma is None else [sigma, sigma])
    return [round(float(value), 7) for value in numpy.ravel(result.numpy().transpose(1, 2, 0))]


def compared(image, reference, low, high):
    return {
        "image": scaled(image),
        "reference": scaled(reference),
        "range": [low, high],
        "mse": mean_squared_error(reference, image),
        "psnr": peak_signal_noise_ratio(reference, image, data_range=high - low),
        "ssim": structural_similarity(
            reference,
            image,
            data_range=high - low,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        ),
    }


kernels = [(3, 0.5), (5, 2.0), (11, 2.0), (33, 2.0), (7, None)]
content = {
    "shape": [HEIGHT, WIDTH, CHANNELS],
    "scale": SCALE,
    "picture": scaled(picture),
    "blurs": [{"kernel": k, "sigma": s, "blurred": blurred(k, s)} for k, s in kernels],
    "comparisons": [
        compared(noisy, picture, -1, 1),
        compared(noisy / 2 + 0.5, picture / 2 + 0.5, 0, 1),
        compared(brighter, bright, 0, 1),
    ],
}
Path(__file__).with_name("images.json").write_text(json.dumps(content) + "\n")
