"""Writes test/fixtures/classifier/small.safetensors: the classifier and one backward pass, computed by PyTorch in float64.

Needs PyTorch and NumPy: python3 test/parity/classifier_reference.py

The module here defines the names in the state_dict that src/models/classifier/classifier.ts keeps to.
"""

import torch
from torch import nn
from torch.nn import functional as F
from unet_reference import Conv, gradients, nhwc, randn, trained_a_little, write


class Classifier(nn.Module):
    def __init__(self, channels, imageSize, imageChannels, classes):
        super().__init__()
        d = channels
        self.enter = Conv(nn.Conv2d(imageChannels, d, 3, 1, 1))
        self.down1 = Conv(nn.Conv2d(d, 2 * d, 3, 2, 1))
        self.block1 = Conv(nn.Conv2d(2 * d, 2 * d, 3, 1, 1))
        self.down2 = Conv(nn.Conv2d(2 * d, 4 * d, 3, 2, 1))
        self.block2 = Conv(nn.Conv2d(4 * d, 4 * d, 3, 1, 1))
        self.features = nn.Linear(4 * d, 4 * d)
        self.logits = nn.Linear(4 * d, classes)

    def forward(self, x):
        x = self.block2(self.down2(self.block1(self.down1(self.enter(x)))))
        features = F.gelu(self.features(x.mean((2, 3))))
        return self.logits(features), features


if __name__ == "__main__":
    torch.manual_seed(3)
    # A size that is odd when halved.
    config = dict(channels=2, imageSize=10, imageChannels=2, classes=4)
    model = trained_a_little(Classifier(**config))
    x, labels = randn(3, 2, 10, 10), torch.tensor([0, 3, 1])
    tensors = {"x": nhwc(x), "labels": F.one_hot(labels, 4).double()}
    tensors.update({f"before/{k}": v.clone() for k, v in model.state_dict().items()})
    model.eval()
    tensors["evaluated/logits"], tensors["evaluated/features"] = model(x)
    model.train()
    logits, features = model(x)
    tensors["trained/logits"], tensors["trained/features"] = logits, features
    tensors["loss"] = F.cross_entropy(logits, labels)
    tensors["loss"].backward()
    tensors.update(gradients(model))
    statistics = {k: v for k, v in model.state_dict().items() if "running_" in k}
    tensors.update({f"after/{k}": v.clone() for k, v in statistics.items()})
    write("classifier/small", tensors, config)
