#!/usr/bin/env python3
"""The network for hair gives what PyTorch gives with the bundled weights: test_hair_network.py HAIR-NET WEIGHTS"""
import os
import subprocess
import sys

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    print("skipped: PyTorch and NumPy are needed (%s)" % missing)
    sys.exit(77)

program, weights = sys.argv[1:]
sys.path.insert(0, os.path.dirname(os.path.abspath(weights)))
sys.dont_write_bytecode = True
from train_encoder import read_safetensors


def network(tensors, x):
    """As core/hair/hair-network.h describes it."""
    def get(name, what):
        return tensors["hair.%s.%s" % (name, what)].float()

    def separable(name, x, stride=1, added=0):
        planes, points = get(name, "depthwise_filter"), get(name, "pointwise_filter")
        x = F.pad(x, (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1))
        x = F.conv2d(x, planes[:, None], stride=stride, groups=len(planes))
        return F.relu(F.conv2d(x, points[:, :, None, None], get(name, "bias")) + added)

    def double(x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    down0 = F.relu(F.conv2d(F.pad(x - 0.5, (0, 1, 0, 1)), get("down0", "filters"), get("down0", "bias"), stride=2))
    keep1 = separable("keep1", separable("down1", down0, 2))
    keep2 = separable("keep2", separable("down2", keep1, 2))
    x = separable("keep4", separable("keep3", separable("down3", keep2, 2)))
    x = separable("join2", separable("up2", double(x), added=keep2))
    x = separable("join1", separable("up1", double(x), added=keep1))
    x = separable("join0", separable("up0", double(x), added=down0))
    return torch.sigmoid(F.conv2d(x, get("out", "weights")[:, :, None, None], get("out", "bias")))


def main():
    tensors, _ = read_safetensors(weights)
    worst = 0.0
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        coarse = torch.rand(1, 3, 10, 10, generator=generator)
        view = F.interpolate(coarse, size=(160, 160), mode="bicubic", align_corners=False).clamp(0, 1)
        out = subprocess.run([program], input=view.numpy().tobytes(), stdout=subprocess.PIPE, check=True).stdout
        shares = torch.from_numpy(np.frombuffer(out, np.float32).copy()).view(1, 1, 80, 80)
        with torch.no_grad():
            expected = network(tensors, view)
        worst = max(worst, (shares - expected).abs().max().item())
        print("shares %.4f to %.4f" % (expected.min(), expected.max()))
    print("largest difference %.2e" % worst)
    assert worst < 1e-4


main()
