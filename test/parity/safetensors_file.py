"""Writes safetensors_file.json: a file of the reference implementation, in base64, and what is in it.

Run with safetensors 0.8.0 and NumPy 2.4.6: python test/parity/safetensors_file.py; npx oxfmt test/parity
"""

import base64
import json
from pathlib import Path

import numpy
from safetensors import __version__
from safetensors.numpy import save

tensors = {
    "weights": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
    "steps": numpy.array([1, -2, 3], dtype=numpy.int64),
    "flags": numpy.array([True, False, True]),
    "nothing": numpy.zeros((0, 4), dtype=numpy.float16),
    "scale": numpy.array(0.1, dtype=numpy.float64),
}
golden = {
    "safetensors": __version__,
    "file": base64.b64encode(save(tensors, metadata={"made": "by the reference implementation"})).decode(),
    "tensors": {
        name: {"shape": list(tensor.shape), "bytes": base64.b64encode(tensor.tobytes()).decode()}
        for name, tensor in tensors.items()
    },
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")
