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

import numpy as np
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
N_SIGNS = 32
PAPER = ("relu3_1", "relu4_1", "relu5_1")
POOLED = ("relu1_2", "relu2_2", "relu3_4", "relu4_4")   # layers whose outputs are pooled next
CASES = [("vgg19", PAPER, width, *size) for width in (16, 64) for size in ((32, 32), (48, 64), (200, 200), (131, 97))] + [
    ("vgg16", PAPER, 16, 131, 97), ("vgg16", ("relu3_3", "relu4_3", "relu5_1"), 64, 48, 64), ("vgg19", POOLED, 12, 131, 97),
    ("vgg19", ("relu1_1", "relu4_4", "relu5_1"), 12, 45, 67), ("vgg19", ("relu1_1",), 4, 37, 41), ("vgg16", ("relu2_2",), 16, 64, 48)]
# Convolutions in each block, width of each block in units of the base width; numbers in torchvision's vgg16() and vgg19().features.
BLOCKS = {"vgg16": ((2, 1), (2, 2), (3, 4), (3, 8), (1, 8)), "vgg19": ((2, 1), (2, 2), (4, 4), (4, 8), (1, 8))}
NUMBERS = {"vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24), "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)}


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


def random_weights(network, width):
    """He-scaled uniform filters; seed 1000 + layer for filters, 2000 + layer for biases."""
    tensors, k, c = {}, 0, 3
    for count, mult in BLOCKS[network]:
        for _ in range(count):
            n = width * mult
            scale = np.float32(np.sqrt(np.float32(6.0) / np.float32(9 * c)))
            name = "features.%d." % NUMBERS[network][k]
            tensors[name + "weight"] = (uniform(1000 + k, (n, c, 3, 3)) * 2 - 1) * scale
            tensors[name + "bias"] = (uniform(2000 + k, (n,)) - np.float32(0.5)) * np.float32(0.2)
            k, c = k + 1, n
    return tensors


class Encoder:
    """Either network with any taps, as the reference's Encoder is for VGG-19 with the paper's."""

    def __init__(self, reference, network, taps, width):
        self.mean, self.std, self.network, self.taps = reference.MEAN, reference.STD, network, taps
        self.w = {name: torch.from_numpy(np.ascontiguousarray(t)) for name, t in random_weights(network, width).items()}

    def __call__(self, x):
        x, taps, k = (x - self.mean) / self.std, [], 0
        for block, (count, _) in enumerate(BLOCKS[self.network], 1):
            if block > 1:
                x = torch.nn.functional.max_pool2d(x, 2, 2)
            for i in range(1, count + 1):
                name = "features.%d." % NUMBERS[self.network][k]
                x = torch.relu(torch.nn.functional.conv2d(x, self.w[name + "weight"], self.w[name + "bias"], padding=1))
                k += 1
                if "relu%d_%d" % (block, i) in self.taps:
                    taps.append(x)
        return taps


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


# The decoder's layers as weights/train_decoder.py has them: channels, filters, doubled before, tap joined after that
DECODER = [(128, 128, False, None), (128, 128, False, None), (256, 128, True, 1), (128, 128, False, None), (128, 64, False, None),
           (128, 64, True, 0), (64, 64, False, None), (64, 64, False, None), (64, 32, True, None), (32, 32, False, None),
           (32, 32, True, None), (32, 16, False, None), (16, 1, False, None)]


def decoder_case(side):
    """Filters from seed 3000 + layer, biases from 4000 + layer, taps from 5000 on."""
    taps = [torch.from_numpy(uniform(5000 + t, (1, c, side // d, side // d))) for t, (c, d) in enumerate(((64, 4), (128, 8), (128, 16)))]
    x = taps[2]
    for n, (channels, filters, doubled, joined) in enumerate(DECODER):
        scale = np.float32(np.sqrt(np.float32(6.0) / np.float32(9 * channels)))
        weight = torch.from_numpy((uniform(3000 + n, (filters, channels, 3, 3)) * 2 - 1) * scale)
        bias = torch.from_numpy((uniform(4000 + n, (filters,)) - np.float32(0.5)) * np.float32(0.2))
        if doubled:
            x = torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        if joined is not None:
            x = torch.cat([x, taps[joined]], 1)
        x = torch.nn.functional.conv2d(x, weight, bias, padding=1)
        if n + 1 < len(DECODER):
            x = torch.relu(x)
    luma = x.numpy().ravel()
    return {"side": side, "luma": projections(luma), "luma_length": float(np.linalg.norm(luma.astype(np.float64)))}


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
    for network, taps, width, height, across in CASES:
        case = encoder_case(reference, Encoder(reference, network, taps, width), height, across)
        cases.append({"network": network, "taps": ",".join(taps), "base": width, "height": height, "width": across, **case})

    with open(os.path.join(HERE, "fixtures", "oracle.json"), "w") as out:
        json.dump({"encoder": cases, "decoder": [decoder_case(side) for side in (32, 80, 320)], "minimise": minimise_case(reference)}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
