"""Writes streams.json: draws of named random streams, made from the description in src/engine/random/streams.ts alone.

Needs Python 3 only: python3 test/parity/streams.py; npx oxfmt test/parity
"""

import hashlib
import json
import math
import struct
from pathlib import Path

MASK = 0xFFFFFFFF


def philox(counter, key):
    """Philox 4x32-10 (Salmon et al. 2011) on whole numbers of any size."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k0, q & MASK, (p >> 32) ^ d ^ k1, p & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return a, b, c, d


def blocks(distribution, seed, stream, item, count):
    hashed = hashlib.sha256()
    for part in ("random stream", distribution, stream):
        data = part.encode()
        hashed.update(b"%d:" % len(data) + data)
    name = struct.unpack(">2I", hashed.digest()[:8])
    key = (seed & MASK, (seed >> 32) & MASK)
    return [philox((number, item, *name), key) for number in range(count)]


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def normals(seed, stream, item, count):
    values = []
    for w in blocks("normal", seed, stream, item, (count + 1) // 2):
        u, v = (((high << 20) + (low >> 12) + 0.5) / 2**52 for high, low in (w[:2], w[2:]))
        radius = math.sqrt(-2 * math.log(u))
        values += [float32(radius * math.cos(2 * math.pi * v)), float32(radius * math.sin(2 * math.pi * v))]
    return values[:count]


def uniforms(seed, stream, item, count):
    words = [w for block in blocks("uniform", seed, stream, item, (count + 3) // 4) for w in block]
    return [(word >> 8) / 2**24 for word in words[:count]]


addresses = [(0, "noise", 0), (180, "noise", 3), (-1, "batch order", 0), (2**53 - 1, "σ=0.5", 2**32 - 1)]
content = [
    {
        "seed": seed,
        "stream": stream,
        "item": item,
        "normal": normals(seed, stream, item, 7),
        "uniform": uniforms(seed, stream, item, 7),
    }
    for seed, stream, item in addresses
]
Path(__file__).with_name("streams.json").write_text(json.dumps(content, ensure_ascii=False) + "\n")
