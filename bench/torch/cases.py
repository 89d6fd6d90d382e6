"""What is measured: a model, a task and data of fixed shapes, as a function that does one step."""
import torch
from attention_block import CHANNELS, SIZE, AttentionBlock
from unet import UNet

BATCHES = 4


def unet_batches(batch):
    """Flow matching: the inputs (x_t, t, c) and the velocity x1 - x0 that is asked for."""
    for _ in range(BATCHES):
        x0 = torch.randn(batch, 1, 28, 28)
        x1 = torch.rand(batch, 1, 28, 28)
        t = torch.rand(batch, 1)
        c = torch.nn.functional.one_hot(torch.randint(10, (batch,)), 10).float()
        yield x0, x1, t, c


def block_batches(batch):
    for _ in range(BATCHES):
        yield torch.randn(batch, CHANNELS, SIZE, SIZE), torch.randn(batch, CHANNELS, SIZE, SIZE)


def unet_inputs(x0, x1, t, c):
    along = t[:, :, None, None]
    return ((1 - along) * x0 + along * x1, t, c), x1 - x0


def block_inputs(x, target):
    return (x,), target


def prepare(model, task, batch, width, channels_last):
    """Returns a function that does the next step and returns a number once it is finished."""
    torch.manual_seed(180)
    net = UNet(width) if model == "unet" else AttentionBlock()
    batches = list(unet_batches(batch) if model == "unet" else block_batches(batch))
    inputs_of = unet_inputs if model == "unet" else block_inputs
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        batches = [
            [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in parts] for parts in batches
        ]
    net.train(task != "forward-eval")
    count = sum(p.numel() for p in net.parameters())
    adam = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-8) if task == "train" else None
    turn = 0

    def step():
        nonlocal turn
        parts = batches[turn % BATCHES]
        turn += 1
        if adam is None:
            with torch.inference_mode():
                inputs, _ = inputs_of(*parts)
                return net(*inputs)[0, 0, 0, 0].item()
        inputs, target = inputs_of(*parts)
        loss = torch.nn.functional.mse_loss(net(*inputs), target)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return loss.item()

    return step, count
