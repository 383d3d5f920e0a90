#!/usr/bin/env python3
"""Makes tests/fixtures/oracle.json from the PyTorch oracle.

  make_fixtures.py PATH/TO/dfi_reference.py

Weights and pictures are made from a counter-based generator that the C tests repeat bit by bit, so that nothing large needs
to be stored.  Of long vectors only 32 projections on random signs are kept: the mean square of the projections of an error
is the square of its length, whatever the error looks like.  Needs python3-torch, python3-numpy and python3-pil.
"""
import importlib.util
import json
import os
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
N_SIGNS = 32
CASES = [(16, 32, 32), (16, 48, 64), (16, 200, 200), (16, 131, 97), (64, 32, 32), (64, 48, 64), (64, 200, 200), (64, 131, 97)]


def splitmix(seed, n):
    """n 64-bit words; word i depends on seed and i alone (Steele, Lea and Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        x = (np.uint64(seed) << np.uint64(40)) + np.arange(1, n + 1, dtype=np.uint64)
        x = x * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def uniform(seed, shape):
    """float32 in [0, 1), from the upper 24 bits."""
    n = int(np.prod(shape))
    return (splitmix(seed, n) >> np.uint64(40)).astype(np.float32).reshape(shape) * np.float32(2.0 ** -24)


def projections(vector):
    words = splitmix(99, vector.size)
    return [float(np.dot(1.0 - 2.0 * ((words >> np.uint64(k)) & np.uint64(1)).astype(np.float64), vector.astype(np.float64)))
            for k in range(N_SIGNS)]


def random_weights(reference, width):
    """He-scaled uniform filters; seed 1000 + layer for filters, 2000 + layer for biases."""
    tensors, k, c = {}, 0, 3
    for count, mult in reference.BLOCKS:
        for _ in range(count):
            n = width * mult
            scale = np.float32(np.sqrt(np.float32(6.0) / np.float32(9 * c)))
            name = "features.%d." % reference.TORCHVISION[k]
            tensors[name + "weight"] = (uniform(1000 + k, (n, c, 3, 3)) * 2 - 1) * scale
            tensors[name + "bias"] = (uniform(2000 + k, (n,)) - np.float32(0.5)) * np.float32(0.2)
            k, c = k + 1, n
    return tensors


def encoder_case(reference, encoder, height, width):
    x = torch.from_numpy(uniform(1, (1, 3, height, width)))
    z = torch.from_numpy(uniform(2, (1, 3, height, width))).requires_grad_(True)
    with torch.no_grad():
        target = encoder(x)
    loss = reference.objective(encoder, z, target)
    loss.backward()
    phi = np.concatenate([t.numpy().ravel() for t in target])
    gradient = z.grad.numpy().ravel()
    return {"loss": float(loss),
            "features": projections(phi), "features_length": float(np.linalg.norm(phi.astype(np.float64))),
            "gradient": projections(gradient), "gradient_length": float(np.linalg.norm(gradient.astype(np.float64)))}


def minimise_case(reference):
    """The astronaut's face moved half the way, in feature space, towards another part of the same photograph."""
    encoder = reference.Encoder(os.path.join(HERE, "..", "weights", "vgg19-slim.safetensors"))
    pixels = np.asarray(Image.open(os.path.join(HERE, "..", "resources", "astronaut.png")).convert("RGB"))
    cut = lambda top, left: torch.from_numpy(
        np.ascontiguousarray(pixels[top:top + 96, left:left + 96].transpose(2, 0, 1)).astype(np.float32) / 255)[None]
    x, other = cut(60, 176), cut(300, 120)
    with torch.no_grad():
        target = [a + 0.5 * (b - a) for a, b in zip(encoder(x), encoder(other))]
    z, _ = reference.minimise(encoder, x, target, 100)
    return {"loss_first": float(reference.objective(encoder, x, target)),
            "loss_last": float(reference.objective(encoder, z, target))}


def main():
    spec = importlib.util.spec_from_file_location("dfi_reference", sys.argv[1])
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)

    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for width, height, across in CASES:
            path = os.path.join(folder, "random-%d.safetensors" % width)
            if not os.path.exists(path):
                reference.write_safetensors(path, random_weights(reference, width), {"note": "random"})
            case = encoder_case(reference, reference.Encoder(path), height, across)
            cases.append({"base": width, "height": height, "width": across, **case})

    with open(os.path.join(HERE, "fixtures", "oracle.json"), "w") as out:
        json.dump({"encoder": cases, "minimise": minimise_case(reference)}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
