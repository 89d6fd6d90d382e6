"""PyTorch's side of the benchmark: one request a line of JSON on stdin, one answer a line on stdout.

    {"do": "prepare", "model": "unet", "task": "train", "width": 64, "batch": 64, "channelsLast": false}
                                         -> {"parameters": 2019201, "setupMs": 20.1, "about": "PyTorch 1.13.0a0, ..."}
    {"do": "step", "count": 3}           -> {"ms": [12.3, 12.1, 12.2], "value": 0.98}
    {"do": "memory", "reset": true}      -> {"peakMiB": 886.0}
    {"do": "quit"}                       ends the process

`python3 peer.py THREADS`. `model` is `unet` or `block`, `task` is `train`, `forward-eval` or `forward-train`. A request that
fails is answered by {"error": "..."}.
"""
import ctypes
import json
import os
import re
import resource
import sys
import time

import torch
from cases import prepare

THREADS = int(sys.argv[1])


def about():
    """Which kernels are in use: OpenBLAS and ATen guess the processor, and may guess an old one."""
    capability = re.search(r"CPU capability usage: (\S+)", torch.__config__.show())
    parts = [f"PyTorch {torch.__version__}", f"ATen {capability.group(1) if capability else 'of unknown kind'}"]
    with open("/proc/self/maps") as maps:
        openblas = re.search(r"/\S*libopenblas\S*", maps.read())
    if openblas:
        core = ctypes.CDLL(openblas.group(0)).openblas_get_corename
        core.restype = ctypes.c_char_p
        parts.append(f"OpenBLAS for {core().decode()}")
    parts.append("oneDNN" if torch.backends.mkldnn.is_available() else "no oneDNN")
    return ", ".join(parts)


def peak_mib(reset):
    """The largest resident set since the start or the last reset (Linux), else since the start."""
    try:
        with open("/proc/self/status") as status:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read()).group(1)) / 1024
        if reset:
            with open("/proc/self/clear_refs", "w") as clear:
                clear.write("5")
        return peak
    except FileNotFoundError:
        unit = 1024 * 1024 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


class Peer:
    def __init__(self):
        self.step = None

    def answer(self, request):
        do = request["do"]
        if do == "prepare":
            start = time.perf_counter()
            self.step, parameters = prepare(
                request["model"], request["task"], request["batch"], request["width"], request["channelsLast"]
            )
            setup = (time.perf_counter() - start) * 1e3
            return {"parameters": parameters, "setupMs": setup, "about": about()}
        if do == "step":
            times = []
            for _ in range(request["count"]):
                start = time.perf_counter()
                value = self.step()
                times.append((time.perf_counter() - start) * 1e3)
            return {"ms": times, "value": value}
        if do == "memory":
            return {"peakMiB": peak_mib(request["reset"])}
        raise ValueError(f"unknown request {do!r}")


def main():
    torch.set_num_threads(THREADS)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not end up between the answers
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "quit":
            break
        try:
            answer = peer.answer(request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
