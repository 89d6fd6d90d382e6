"""A residual block and a self-attention block as in pixel diffusion models (DeepFloyd IF): group norm, SiLU, attention."""
import torch
from torch import nn

CHANNELS = 256
HEADS = 4
SIZE = 16
GROUPS = 32


class AttentionBlock(nn.Module):
    """`[N,256,16,16]` to the same shape."""

    def __init__(self):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, CHANNELS)
        self.conv1 = nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1)
        self.norm2 = nn.GroupNorm(GROUPS, CHANNELS)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1)
        self.norm3 = nn.GroupNorm(GROUPS, CHANNELS)
        self.qkv = nn.Linear(CHANNELS, 3 * CHANNELS)
        self.project = nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        silu = nn.functional.silu
        h = x + self.conv2(silu(self.norm2(self.conv1(silu(self.norm1(x))))))
        n, c, height, width = h.shape
        tokens = self.norm3(h).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(tokens).view(n, height * width, 3, HEADS, c // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax((q * (c // HEADS) ** -0.5) @ k.transpose(-2, -1), dim=-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n, height * width, c)
        return h + self.project(mixed).transpose(1, 2).reshape(n, c, height, width)
