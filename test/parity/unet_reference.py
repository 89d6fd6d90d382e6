"""Writes test/fixtures/unet and test/fixtures/state-dict: layers, U-Nets and their training, computed by PyTorch in float64.

Needs PyTorch and NumPy: python3 test/parity/unet_reference.py

The modules here define the names in the state_dict that src/models/unet/unet.ts keeps to.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

FOLDER = Path(__file__).parent.parent / "fixtures"


class Conv(nn.Module):
    def __init__(self, conv):
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm2d(conv.out_channels)

    def forward(self, x):
        return F.gelu(self.norm(self.conv(x)))


def same(i, o):
    return Conv(nn.Conv2d(i, o, 3, 1, 1))


class ConvBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv1, self.conv2 = same(i, o), same(o, o)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class DownBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.down, self.block = Conv(nn.Conv2d(i, o, 3, 2, 1)), ConvBlock(o, o)

    def forward(self, x):
        return self.block(self.down(x))


class UpBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.up, self.block = Conv(nn.ConvTranspose2d(i, o, 4, 2, 1)), ConvBlock(o, o)

    def forward(self, x):
        return self.block(self.up(x))


class Embedding(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(i, o), nn.Linear(o, o)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))[:, :, None, None]


class UNet(nn.Module):
    """`enlarges` is a factor: the network is also given the small images, full size and with noise, and how much noise."""

    def __init__(self, channels, imageSize, imageChannels, time, classes, enlarges=None):
        super().__init__()
        d, self.mode, self.classes, self.enlarges = channels, time, classes, enlarges
        self.enter = ConvBlock(imageChannels if enlarges is None else 2 * imageChannels, d)
        self.down1, self.down2 = DownBlock(d, d), DownBlock(d, 2 * d)
        self.pool = nn.AvgPool2d(imageSize // 4)
        window = imageSize // 4
        self.unflatten = Conv(nn.ConvTranspose2d(2 * d, 2 * d, window, window, 0))
        self.up1, self.up2 = UpBlock(4 * d, d), UpBlock(2 * d, d)
        self.leave = ConvBlock(2 * d, d)
        self.output = nn.Conv2d(d, imageChannels, 3, 1, 1)
        if time != "none":
            self.time1, self.time2 = Embedding(1, 2 * d), Embedding(1, d)
        if classes:
            self.class1, self.class2 = Embedding(classes, 2 * d), Embedding(classes, d)
        if enlarges is not None:
            self.level1, self.level2 = Embedding(1, 2 * d), Embedding(1, d)

    def conditioned(self, features, by_time, by_class, by_level, time, label, level):
        if self.classes:
            features = by_class(label) * features
        if self.mode == "add":
            features = features + by_time(time[:, None])
        if self.mode == "multiply":
            features = features * by_time(time[:, None])
        if self.enlarges is not None:
            features = features + by_level(level[:, None])
        return features

    def forward(self, x, time, label, small=None, level=None):
        modules = dict(self.named_children())
        kinds = ("time", "class", "level")
        pairs = [[modules.get(f"{kind}{depth}") for kind in kinds] for depth in (1, 2)]
        h0 = self.enter(x if small is None else torch.cat([x, small], 1))
        h1 = self.down1(h0)
        h2 = self.down2(h1)
        z = self.unflatten(F.gelu(self.pool(h2)))
        z = self.conditioned(z, *pairs[0], time, label, level)
        u1 = self.up1(torch.cat([h2, z], 1))
        u1 = self.conditioned(u1, *pairs[1], time, label, level)
        u2 = self.up2(torch.cat([h1, u1], 1))
        return self.output(self.leave(torch.cat([h0, u2], 1)))


def write(name, tensors, notes=None):
    """The safetensors format, float32 and int64 only."""
    arrays = {key: value.detach().numpy() for key, value in tensors.items()}
    arrays = {
        key: a.astype("<i8" if a.dtype == np.int64 else "<f4") for key, a in arrays.items()
    }
    # Wide elements first, so that each tensor is aligned.
    order = sorted(arrays, key=lambda key: (-arrays[key].itemsize, key))
    header, offset = {}, 0
    if notes is not None:
        header["__metadata__"] = {"config": json.dumps(notes)}
    for key in order:
        array = arrays[key]
        dtype = "I64" if array.itemsize == 8 else "F32"
        end = offset + array.nbytes
        header[key] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(arrays[key].tobytes() for key in order)
    file = FOLDER / f"{name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def nhwc(images):
    return images.permute(0, 2, 3, 1)


def randn(*shape):
    """Values that float32 holds exactly, in float64."""
    return torch.randn(*shape, dtype=torch.float32).double()


def trained_a_little(model):
    """Norms that differ from channel to channel, as after some training; in float64."""
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if key.endswith("norm.weight") or key.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            if key.endswith("norm.bias") or key.endswith("running_mean"):
                tensor.uniform_(-0.3, 0.3)
            if key.endswith("num_batches_tracked"):
                tensor.fill_(7)
    return model.double()


def gradients(model):
    """Of what has one: a bias that the batch norm takes away again has rounding errors for a gradient."""
    kept = {}
    for key, parameter in model.named_parameters():
        if key.endswith("conv.bias"):
            assert parameter.grad.abs().max() < 1e-14, key
        else:
            kept[f"gradient/{key}"] = parameter.grad.clone()
    return kept


def network(name, images, steps, **config):
    torch.manual_seed(len(name))
    model = trained_a_little(UNet(**config))
    size, channels = config["imageSize"], config["imageChannels"]
    x0, x1 = randn(images, channels, size, size), randn(images, channels, size, size)
    time = torch.rand(images, dtype=torch.float32).double()
    label = torch.zeros(images, max(config["classes"], 1)).double()
    if config["classes"]:
        for image in range(images - 1):  # the last one has no class
            label[image, (3 * image) % config["classes"]] = 1
    tensors = {"x0": nhwc(x0), "x1": nhwc(x1), "time": time, "classes": label}
    tensors.update({f"before/{k}": v.clone() for k, v in model.state_dict().items()})

    at = time[:, None, None, None]
    xt = (1 - at) * x0 + at * x1
    model.eval()
    tensors["evaluated"] = nhwc(model(xt, time, label))
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    losses = []
    for step, rate in enumerate([1e-2, 5e-3][: max(steps, 1)]):
        output = model(xt, time, label)
        loss = F.mse_loss(output, x1 - x0)
        losses.append(loss)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            tensors["trained"] = nhwc(output)
            tensors.update(gradients(model))
        if steps:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
        else:
            statistics = {k: v for k, v in model.state_dict().items() if "running_" in k}
            tensors.update({f"after/{k}": v.clone() for k, v in statistics.items()})
    if steps:
        tensors.update({f"after/{k}": v.clone() for k, v in model.state_dict().items()})
    tensors["losses"] = torch.stack(losses)
    write(f"unet/{name}", tensors, config)


def enlarging():
    """A step of predicting noise with a network that enlarges, from the images on."""
    torch.manual_seed(9)
    config = dict(
        channels=3, imageSize=12, imageChannels=2, time="add", classes=3, enlarges=3
    )
    model = trained_a_little(UNet(**config))
    images, noise, small_noise = randn(3, 2, 12, 12), randn(3, 2, 12, 12), randn(3, 2, 12, 12)
    time, level = (torch.rand(3, dtype=torch.float32).double() for _ in range(2))
    alpha_bar, small_alpha_bar = (torch.rand(3, dtype=torch.float32).double() for _ in range(2))
    label = F.one_hot(torch.tensor([1, 2, 0]), 3).double()
    label[2] = 0
    each = lambda values: values.sqrt().float().double()[:, None, None, None]
    tensors = {"images": nhwc(images), "noise": nhwc(noise), "smallNoise": nhwc(small_noise)}
    tensors.update({"time": time, "noiseLevel": level, "classes": label})
    tensors.update({"signal": each(alpha_bar), "deviation": each(1 - alpha_bar)})
    tensors.update({"smallSignal": each(small_alpha_bar), "smallDeviation": each(1 - small_alpha_bar)})
    tensors.update({f"before/{k}": v.clone() for k, v in model.state_dict().items()})
    small = F.interpolate(F.avg_pool2d(images, 3), size=12, mode="bilinear", align_corners=True)
    small = tensors["smallSignal"] * small + tensors["smallDeviation"] * small_noise
    xt = tensors["signal"] * images + tensors["deviation"] * noise
    tensors["xt"], tensors["small"] = nhwc(xt), nhwc(small)
    tensors["evaluated"] = nhwc(model.eval()(xt, time, label, small, level))
    loss = F.mse_loss(model.train()(xt, time, label, small, level), noise)
    loss.backward()
    tensors["loss"] = loss[None]
    tensors.update(gradients(model))
    statistics = {k: v for k, v in model.state_dict().items() if "running_" in k}
    tensors.update({f"after/{k}": v.clone() for k, v in statistics.items()})
    write("unet/enlarging", tensors, config)


def state_dicts():
    """For each kind of conditioning a state dict as it is saved, and what the module makes of a batch."""
    shapes = {"none": (8, 3, 2), "multiply": (12, 1, 3), "add": (4, 2, 2)}
    for time, (size, image_channels, channels) in shapes.items():
        for classes in (0, 3):
            config = dict(
                channels=channels, imageSize=size, imageChannels=image_channels, time=time, classes=classes
            )
            torch.manual_seed(size + classes)
            model = trained_a_little(UNet(**config)).float()
            name = f"state-dict/{time}-{classes}"
            write(name, model.state_dict())
            if name == "state-dict/add-3":
                torch.save(model.state_dict(), FOLDER / f"{name}.pth")
            model = model.double()
            x = randn(3, image_channels, size, size)
            at = torch.rand(3, dtype=torch.float32).double()
            label = F.one_hot(torch.tensor([1, 2, 0]), 3).double()
            label[2] = 0
            tensors = {"x": nhwc(x), "time": at, "classes": label}
            for mode in ("evaluated", "trained"):
                tensors[mode] = nhwc(model.train(mode == "trained")(x, at, label))
            write(f"{name}-outputs", tensors, config)


def layers():
    """Each layer's output y and, for the given dy, the gradients d…"""
    torch.manual_seed(1)
    tensors = {}

    def record(name, function, inputs, channels_first=()):
        for tensor in inputs.values():
            tensor.requires_grad_(True)
        y = function(**inputs)
        dy = randn(*y.shape)
        gradients = torch.autograd.grad(y, list(inputs.values()), dy)
        for key, value in [("y", y), ("dy", dy), *inputs.items()]:
            image = key in channels_first and value.ndim == 4
            tensors[f"{name}/{key}"] = nhwc(value) if image else value
        for key, gradient in zip(inputs, gradients):
            image = key in channels_first and gradient.ndim == 4
            tensors[f"{name}/d{key}"] = nhwc(gradient) if image else gradient

    images = ("x", "y", "dy")
    large = torch.tensor([0.0, 1e-6, 9.0, 13.0, 14.0, 100.0, 3e4, 1e19, 1e38])
    grid = torch.cat([torch.linspace(-6, 6, 49), large, -large]).float().double()
    record("gelu", lambda x: F.gelu(x), {"x": grid.clone()})
    record("silu", lambda x: F.silu(x), {"x": grid.clone()})
    weights = lambda c: {"gamma": randn(c), "beta": randn(c)}
    record(
        "batch-norm",
        lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, True, 0.1, 1e-5),
        {"x": randn(3, 5, 4, 3) * 2 + 30, **weights(5)},
        images,
    )
    record(
        "group-norm",
        lambda x, gamma, beta: F.group_norm(x, 3, gamma, beta, 1e-5),
        {"x": randn(2, 6, 4, 3) * 2 + 3, **weights(6)},
        images,
    )
    record(
        "layer-norm",
        lambda x, gamma, beta: F.layer_norm(x, (6,), gamma, beta, 1e-5),
        {"x": randn(2, 5, 6) * 2 + 3, **weights(6)},
    )
    record(
        "average-pool", lambda x: F.avg_pool2d(x, (4, 3)), {"x": randn(2, 5, 4, 3)}, images
    )

    heads, channels = 2, 8

    def attention(x, gamma, beta, wq, bq, wk, bk, wv, bv, wo, bo, context, wck, wcv):
        n, c, h, w = x.shape
        tokens = F.group_norm(x, 4, gamma, beta, 1e-5).reshape(n, c, h * w).transpose(1, 2)
        key = torch.cat([F.linear(context, wck), F.linear(tokens, wk, bk)], 1)
        value = torch.cat([F.linear(context, wcv), F.linear(tokens, wv, bv)], 1)
        split = lambda t: t.reshape(n, -1, heads, c // heads).transpose(1, 2)
        q, k, v = split(F.linear(tokens, wq, bq)), split(key), split(value)
        weights = torch.softmax(q @ k.transpose(2, 3) / (c // heads) ** 0.5, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(n, h * w, c)
        return x + F.linear(mixed, wo, bo).transpose(1, 2).reshape(n, c, h, w)

    inputs = {"x": randn(2, channels, 3, 4), **weights(channels)}
    for name in ("q", "k", "v", "o"):
        inputs[f"w{name}"], inputs[f"b{name}"] = randn(channels, channels), randn(channels)
    inputs["context"] = randn(2, 5, 6)
    inputs["wck"], inputs["wcv"] = randn(channels, 6), randn(channels, 6)
    record("attention", attention, inputs, images)
    write("unet/layers", tensors)


def adam():
    """Three steps on two parameters, without and with decoupled weight decay."""
    torch.manual_seed(2)
    start = {"a": randn(3, 4), "b": randn(5)}
    gradients = [{k: randn(*v.shape) * 10.0 ** -s for k, v in start.items()} for s in range(3)]
    tensors = {f"start/{k}": v for k, v in start.items()}
    for step, given in enumerate(gradients):
        tensors.update({f"gradient{step}/{k}": v for k, v in given.items()})
    for name, make in (
        ("adam", lambda p: torch.optim.Adam(p)),
        ("adamw", lambda p: torch.optim.AdamW(p, weight_decay=0.1)),
    ):
        parameters = {k: nn.Parameter(v.clone()) for k, v in start.items()}
        optimizer = make(parameters.values())
        for step, rate in enumerate([1e-2, 5e-3, 2e-3]):
            for key, parameter in parameters.items():
                parameter.grad = gradients[step][key].float().double()
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
        tensors.update({f"{name}/{k}": v for k, v in parameters.items()})
    write("unet/adam", tensors)


if __name__ == "__main__":
    network("plain", 2, 0, channels=3, imageSize=8, imageChannels=3, time="none", classes=0)
    network("multiply", 2, 0, channels=3, imageSize=12, imageChannels=1, time="multiply", classes=0)
    network("add", 2, 0, channels=3, imageSize=12, imageChannels=1, time="add", classes=0)
    network("classes", 3, 2, channels=4, imageSize=12, imageChannels=1, time="add", classes=10)
    enlarging()
    state_dicts()
    layers()
    adam()
