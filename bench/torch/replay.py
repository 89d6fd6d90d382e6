"""Trains a U-Net from given weights on given numbers, and prints its losses as JSON.

`python3 replay.py FOLDER RATE THREADS`: FOLDER has `weights.safetensors`, a state dict; `replay.json`, its configuration and the shapes of
the inputs of each step; and `x0`, `x1`, `time` and `classes`, float32, step after step.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "test" / "parity"))
from unet_reference import UNet  # noqa: E402


def state_dict(file):
    """The safetensors format, float32 and int64."""
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in tensor["data_offsets"])
        dtype = {"F32": np.float32, "I64": np.int64}[tensor["dtype"]]
        array = np.frombuffer(data[start:end], dtype).reshape(tensor["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def main():
    folder, rate, threads = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    given = json.loads((folder / "replay.json").read_text())
    net = UNet(**given["config"])
    net.load_state_dict(state_dict(folder / "weights.safetensors"))
    net.train()
    adam = torch.optim.Adam(net.parameters(), lr=rate, eps=1e-8)
    steps = given["steps"]

    def read(name):
        array = np.fromfile(folder / name, dtype=np.float32)
        return torch.from_numpy(array.reshape([steps, *given["shapes"][name]]))

    x0, x1, time, classes = (read(name) for name in ("x0", "x1", "time", "classes"))
    x0, x1 = x0.permute(0, 1, 4, 2, 3), x1.permute(0, 1, 4, 2, 3)
    losses = []
    for step in range(steps):
        at = time[step][:, None, None, None]
        xt = (1 - at) * x0[step] + at * x1[step]
        velocity = net(xt.contiguous(), time[step], classes[step])
        loss = torch.nn.functional.mse_loss(velocity, x1[step] - x0[step])
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    print(json.dumps(losses))


main()
