"""Writes optimizers.json: SGD, clipped gradients and averaged weights over a few steps, computed by PyTorch in float64.

Needs PyTorch: python3 test/parity/optimizers.py; npx oxfmt test/parity
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(3)
RATES = [1e-1, 5e-2, 2e-1, 1e-1]
MAX_NORM = 1.5
DECAY = 0.9
SHAPES = {"a": (3, 4), "b": (5,)}


def randn(*shape):
    """Values that float32 holds exactly, in float64."""
    return torch.randn(*shape, dtype=torch.float32).double()


def plain(tensors):
    return {key: value.detach().flatten().tolist() for key, value in tensors.items()}


start = {key: randn(*shape) for key, shape in SHAPES.items()}
# The second and fourth are shorter than the bound, the others longer.
gradients = [
    {key: (randn(*shape) * scale).float().double() for key, shape in SHAPES.items()} for scale in (1.0, 0.1, 3.0, 0.2)
]


class Parameters(nn.Module):
    def __init__(self):
        super().__init__()
        for key, value in start.items():
            setattr(self, key, nn.Parameter(value.clone()))


def train(make, max_norm=None, decay=None):
    model = Parameters()
    optimizer = make(model.parameters())
    norms, averaged = [], None
    if decay is not None:
        averaged = AveragedModel(model, avg_fn=lambda average, new, _: decay * average + (1 - decay) * new)
        # Its first update copies; here the average starts as the parameters before the first step.
        averaged.n_averaged += 1
    for rate, given in zip(RATES, gradients):
        for key, parameter in model.named_parameters():
            parameter.grad = given[key].clone()
        if max_norm is not None:
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        if averaged is not None:
            averaged.update_parameters(model)
    result = {"parameters": plain(dict(model.named_parameters()))}
    if norms:
        result["norms"] = norms
    if averaged is not None:
        result["average"] = plain(dict(averaged.module.named_parameters()))
    return result


sgd = torch.optim.SGD
content = {
    "shapes": SHAPES,
    "rates": RATES,
    "maxNorm": MAX_NORM,
    "decay": DECAY,
    "start": plain(start),
    "gradients": [plain(given) for given in gradients],
    "results": {
        "sgd": train(lambda p: sgd(p, lr=0.1)),
        "momentum": train(lambda p: sgd(p, lr=0.1, momentum=0.9)),
        "nesterov": train(lambda p: sgd(p, lr=0.1, momentum=0.8, nesterov=True)),
        "clipped": train(lambda p: sgd(p, lr=0.1, momentum=0.9), max_norm=MAX_NORM),
        "averaged": train(lambda p: torch.optim.Adam(p, lr=0.1), decay=DECAY),
        "adamw": train(lambda p: torch.optim.AdamW(p, lr=0.1)),
    },
}
Path(__file__).with_name("optimizers.json").write_text(json.dumps(content) + "\n")
