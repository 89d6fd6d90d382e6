"""The class-conditioned U-Net of flow matching on digits, as people write it in PyTorch.

Blocks, channel counts and conditioning: Berkeley CS180 project 5, part B (flow matching edition).
"""
import torch
from torch import nn


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, 1, 1), nn.BatchNorm2d(o), nn.GELU())


def down_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, 2, 1), nn.BatchNorm2d(o), nn.GELU())


def up_conv(i, o):
    return nn.Sequential(nn.ConvTranspose2d(i, o, 4, 2, 1), nn.BatchNorm2d(o), nn.GELU())


def conv_block(i, o):
    return nn.Sequential(conv(i, o), conv(o, o))


def down_block(i, o):
    return nn.Sequential(down_conv(i, o), conv_block(o, o))


def up_block(i, o):
    return nn.Sequential(up_conv(i, o), conv_block(o, o))


def flatten():
    return nn.Sequential(nn.AvgPool2d(7), nn.GELU())


def unflatten(c):
    return nn.Sequential(nn.ConvTranspose2d(c, c, 7, 7, 0), nn.BatchNorm2d(c), nn.GELU())


def fc_block(i, o):
    return nn.Sequential(nn.Linear(i, o), nn.GELU(), nn.Linear(o, o))


class UNet(nn.Module):
    """`width` is D; 2,019,201 parameters at D = 64. Not conditioned it is told neither time nor class."""

    def __init__(self, width, conditioned=True):
        super().__init__()
        d = width
        self.conditioned = conditioned
        self.first = conv_block(1, d)
        self.down1 = down_block(d, d)
        self.down2 = down_block(d, 2 * d)
        self.flatten = flatten()
        self.unflatten = unflatten(2 * d)
        if conditioned:
            self.time1 = fc_block(1, 2 * d)
            self.class1 = fc_block(10, 2 * d)
            self.time2 = fc_block(1, d)
            self.class2 = fc_block(10, d)
        self.up1 = up_block(4 * d, d)
        self.up2 = up_block(2 * d, d)
        self.last = conv_block(2 * d, d)
        self.out = nn.Conv2d(d, 1, 3, 1, 1)

    def forward(self, x, t=None, c=None):
        """x `[N,1,28,28]`, t `[N,1]` in [0,1], c `[N,10]` one-hot or zeros."""
        h0 = self.first(x)
        h1 = self.down1(h0)
        h2 = self.down2(h1)
        z = self.unflatten(self.flatten(h2))
        if self.conditioned:
            z = self.class1(c)[:, :, None, None] * z + self.time1(t)[:, :, None, None]
        u1 = self.up1(torch.cat([h2, z], 1))
        if self.conditioned:
            u1 = self.class2(c)[:, :, None, None] * u1 + self.time2(t)[:, :, None, None]
        u2 = self.up2(torch.cat([h1, u1], 1))
        return self.out(self.last(torch.cat([h0, u2], 1)))
