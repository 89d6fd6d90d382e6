"""Writes samplers.json: samplers in the forms of their papers, in NumPy and float64, and spacings of timesteps by NumPy's own functions.

/usr/bin/python3 test/parity/samplers.py; npx oxfmt test/parity
Written with numpy 1.24.2.

The network is exact for data from a mixture of three Gaussians, so it is far from linear in x. Euler, Heun and DPM-Solver++ run
here as published, on x/sqrt(alphaBar) with sigma or on lambda, and not in ablate's form.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np

random = np.random.RandomState(22)
T = 1000
MEANS = np.array([[0.8, -0.5], [-0.7, -0.2], [0.1, 0.9]])
DEVIATION = 0.2


def cosine_alpha_bar():
    signal = lambda u: math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = [min(1 - signal((t + 1) / T) / signal(t / T), 0.999) for t in range(T)]
    return np.cumprod(1 - np.array(betas))


def linear_alpha_bar():
    return np.cumprod(1 - np.linspace(1e-4, 0.02, T))


def clean_estimate(x, abar):
    """E[x0 | x] for x = sqrt(abar) x0 + sqrt(1 - abar) eps."""
    total = abar * DEVIATION**2 + 1 - abar
    apart = x[:, None, :] - math.sqrt(abar) * MEANS
    logits = -(apart**2).sum(-1) / (2 * total)
    weights = np.exp(logits - logits.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    centres = MEANS + math.sqrt(abar) * DEVIATION**2 / total * apart
    return (weights[:, :, None] * centres).sum(1)


def epsilon(x, abar):
    return (x - math.sqrt(abar) * clean_estimate(x, abar)) / math.sqrt(1 - abar)


def sigma_of(abar):
    return math.sqrt((1 - abar) / abar)


def abar_of(sigma):
    return 1 / (1 + sigma**2)


def slope(scaled, sigma):
    """Karras et al. 2022, equation 3 with sigma(t) = t, for x/sqrt(abar)."""
    abar = abar_of(sigma)
    return epsilon(scaled * math.sqrt(abar), abar)


def euler(x, levels, noises):
    scaled, states = x / math.sqrt(levels[0]), []
    for now, after in zip(map(sigma_of, levels), map(sigma_of, levels[1:])):
        scaled = scaled + (after - now) * slope(scaled, now)
        states.append(scaled * math.sqrt(abar_of(after)))
    return states


def heun(x, levels, noises):
    """Karras et al. 2022, algorithm 1 with gamma = 0."""
    scaled, states = x / math.sqrt(levels[0]), []
    for now, after in zip(map(sigma_of, levels), map(sigma_of, levels[1:])):
        first = slope(scaled, now)
        moved = scaled + (after - now) * first
        if after != 0:
            moved = scaled + (after - now) * (first + slope(moved, after)) / 2
        scaled = moved
        states.append(scaled * math.sqrt(abar_of(after)))
    return states


def dpm_solver(x, levels, noises):
    """Lu et al. 2022b, algorithm 2; lower order at the end as diffusers."""
    steps, states, buffer = len(levels) - 1, [], []
    lambdas = [math.inf if a == 1 else math.log(math.sqrt(a) / math.sqrt(1 - a)) for a in levels]
    for i in range(1, steps + 1):
        before, now = levels[i - 1], levels[i]
        buffer.append((x - math.sqrt(1 - before) * epsilon(x, before)) / math.sqrt(before))
        h = lambdas[i] - lambdas[i - 1]
        d = buffer[-1]
        if i > 1 and not (i == steps and (now == 1 or steps < 15)):
            r = (lambdas[i - 1] - lambdas[i - 2]) / h
            d = (1 + 1 / (2 * r)) * buffer[-1] - 1 / (2 * r) * buffer[-2]
        x = math.sqrt(1 - now) / math.sqrt(1 - before) * x - math.sqrt(now) * (math.exp(-h) - 1) * d
        states.append(x)
    return states


def ddim(eta):
    """Song et al. 2021, equations 12 and 16."""

    def run(x, levels, noises):
        states = []
        for now, after, noise in zip(levels, levels[1:], noises):
            deviation = eta * math.sqrt((1 - after) / (1 - now)) * math.sqrt(1 - now / after)
            eps = epsilon(x, now)
            predicted = (x - math.sqrt(1 - now) * eps) / math.sqrt(now)
            direction = math.sqrt(max(1 - after - deviation**2, 0)) * eps
            x = math.sqrt(after) * predicted + direction + deviation * noise
            states.append(x)
        return states

    return run


def ddpm(large):
    """By Bayes: the prior of x_t' given x0, times the likelihood of x_t = sqrt(alpha) x_t' + sqrt(beta) z."""

    def run(x, levels, noises):
        states = []
        for now, after, noise in zip(levels, levels[1:], noises):
            predicted = clean_estimate(x, now)
            alpha = now / after
            if after == 1:
                x = predicted
            else:
                precision = 1 / (1 - after) + alpha / (1 - alpha)
                mean = (
                    math.sqrt(after) / (1 - after) * predicted + math.sqrt(alpha) / (1 - alpha) * x
                ) / precision
                x = mean + math.sqrt(1 - alpha if large else 1 / precision) * noise
            states.append(x)
        return states

    return run


samplers = {
    "euler": ({"kind": "euler"}, euler),
    "heun": ({"kind": "heun"}, heun),
    "dpm-solver++": ({"kind": "dpm-solver++"}, dpm_solver),
    "ddim": ({"kind": "ddim", "eta": 0}, ddim(0)),
    "ddim, eta 0.5": ({"kind": "ddim", "eta": 0.5}, ddim(0.5)),
    "ddpm, fixed-small": ({"kind": "ddpm", "variance": "fixed-small"}, ddpm(False)),
    "ddpm, fixed-large": ({"kind": "ddpm", "variance": "fixed-large"}, ddpm(True)),
}
lists = [
    ("cosine", "clean", [900, 800, 700, 600, 500, 400, 300, 200, 100, 0]),
    ("cosine", "last-timestep", [990, 960, 840, 690, 540, 390, 240, 90, 30, 0]),
    ("linear", "clean", list(range(950, -1, -50))),
    ("linear", "last-timestep", list(range(999, -1, -37))),
]
schedules = {"cosine": cosine_alpha_bar(), "linear": linear_alpha_bar()}


def rounded(values):
    return [float(f"{value:.10g}") for value in np.asarray(values).ravel()]


def run(schedule, end, timesteps):
    levels = [float(schedules[schedule][t]) for t in timesteps] + ([1.0] if end == "clean" else [])
    start = random.randn(3, 2).astype(np.float32).astype(float)
    noises = random.randn(len(levels) - 1, 3, 2).astype(np.float32).astype(float)
    return {
        "schedule": schedule,
        "end": end,
        "timesteps": timesteps,
        "start": rounded(start),
        "noises": [rounded(noise) for noise in noises],
        "runs": [
            {
                "name": name,
                "sampler": sampler,
                "states": [rounded(state) for state in sample(start, levels, noises)],
            }
            for name, (sampler, sample) in samplers.items()
        ],
    }


def spacings(total, steps):
    """As diffusers' DDPMScheduler.set_timesteps calls NumPy."""
    ratio = total // steps
    return {
        "linspace": np.linspace(0, total - 1, steps).round()[::-1].astype(int),
        "leading": (np.arange(0, steps) * ratio).round()[::-1].astype(int),
        # Cut to n: arange's last number may be one too many, by rounding.
        "trailing": np.round(np.arange(total, 0, -total / steps)).astype(int)[:steps] - 1,
    }


def digest(lists, kind):
    lines = [",".join(map(str, one[kind])) for one in lists]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def spaced(total):
    lists = [spacings(total, steps) for steps in range(1, total + 1)]
    return {
        "timesteps": total,
        "some": {
            str(n): {kind: values.tolist() for kind, values in lists[n - 1].items()}
            for n in (1, 2, 7, 19)
        },
        # Of the lists of 1 to T steps, one a line.
        "digests": {kind: digest(lists, kind) for kind in lists[0]},
    }


longer = [n for n in range(1, T + 1) if len(np.arange(T, 0, -T / n)) != n]
print("numpy.arange gives more than n timesteps for n =", longer)
golden = {
    "means": MEANS.tolist(),
    "deviation": DEVIATION,
    "lists": [run(*one) for one in lists],
    "spacings": [spaced(300), spaced(1000)],
}
path = Path(__file__).with_name("samplers.json")
path.write_text(json.dumps(golden) + "\n")
