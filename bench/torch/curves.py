"""Trains a U-Net on given digits, by flow matching or to take noise off, and prints its losses as JSON.

`python3 curves.py flow|denoise IMAGES LABELS SEED WIDTH BATCH STEPS RATE UNCONDITIONAL THREADS`: IMAGES and LABELS are files of bytes,
28 x 28 an image and one a label. Nothing but the network and its settings is shared with ours: the random numbers are PyTorch's.
"""
import json
import sys

import numpy as np
import torch
from unet import UNet

sigma = 0.5


def main():
    task, images_file, labels_file, *numbers = sys.argv[1:]
    seed, width, batch, steps = (int(number) for number in numbers[:4])
    rate, unconditional = (float(number) for number in numbers[4:6])
    torch.set_num_threads(int(numbers[6]))
    torch.manual_seed(seed)
    images = torch.from_numpy(np.fromfile(images_file, dtype=np.uint8)).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(np.fromfile(labels_file, dtype=np.uint8)).long()
    net = UNet(width, conditioned=task == "flow")
    net.train()
    adam = torch.optim.Adam(net.parameters(), lr=rate, eps=1e-8)
    order = torch.randperm(len(images))
    losses = []
    for step in range(steps):
        places = order[step * batch : (step + 1) * batch]
        x1 = images[places].float() / 255
        noise = torch.randn_like(x1)
        if task == "denoise":
            loss = torch.nn.functional.mse_loss(net(x1 + sigma * noise), x1)
        else:
            t = torch.rand(len(places), 1)
            c = torch.nn.functional.one_hot(labels[places], 10).float()
            c = c * (torch.rand(len(places), 1) >= unconditional)
            along = t[:, :, None, None]
            loss = torch.nn.functional.mse_loss(net((1 - along) * noise + along * x1, t, c), x1 - noise)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    print(json.dumps(losses))


main()
