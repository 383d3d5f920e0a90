#!/usr/bin/env python3
"""Writes networks as the real libraries do, and what PyTorch makes of a picture with them, for tests/import/test-real.c.

  make_reals.py FOLDER

FOLDER gets NAME.in (the network in some form), NAME.safetensors (its features of the picture, as PyTorch computes them with
that form's own way of input) and picture.safetensors.  Needs python3-torch and python3-h5py; ends with status 77 without them.
"""
import json
import os
import struct
import sys

try:
    import h5py
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit(77)

# number in torchvision's features, block, index, filters in units of the base width, of VGG-19 and VGG-16
VGG19 = [(0, 1, 1, 1), (2, 1, 2, 1), (5, 2, 1, 2), (7, 2, 2, 2), (10, 3, 1, 4), (12, 3, 2, 4), (14, 3, 3, 4), (16, 3, 4, 4),
         (19, 4, 1, 8), (21, 4, 2, 8), (23, 4, 3, 8), (25, 4, 4, 8), (28, 5, 1, 8), (30, 5, 2, 8), (32, 5, 3, 8), (34, 5, 4, 8)]
VGG16 = [(0, 1, 1, 1), (2, 1, 2, 1), (5, 2, 1, 2), (7, 2, 2, 2), (10, 3, 1, 4), (12, 3, 2, 4), (14, 3, 3, 4),
         (17, 4, 1, 8), (19, 4, 2, 8), (21, 4, 3, 8), (24, 5, 1, 8), (26, 5, 2, 8), (28, 5, 3, 8)]
SIZE = 224   # relu5_1 then has units that see nothing of the edge


def write_safetensors(path, tensors):
    header, blob = {}, b""
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
    for name, tensor in tensors.items():
        data = tensor.contiguous()
        data = (data.view(torch.int16) if data.element_size() == 2 else data).numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + blob)


def network(layers, width, caffe=False, classifier=5):
    """Random filters in torchvision's order and names; for Caffe's input the first ones are as much smaller as it is larger."""
    tensors, channels = {}, 3
    for number, _, _, units in layers:
        scale = (2 / (9 * channels)) ** 0.5 / (60 if caffe and channels == 3 else 1)
        tensors["features.%d.weight" % number] = torch.randn(width * units, channels, 3, 3) * scale
        tensors["features.%d.bias" % number] = torch.randn(width * units) * 0.1
        channels = width * units
    tensors["classifier.0.weight"] = torch.zeros(classifier, 49 * channels)
    return tensors


def features(layers, tensors, picture, caffe):
    """relu3_1, relu4_1, relu5_1; @picture (3, H, W) in 0..1"""
    if caffe:
        x = picture.flip(0) * 255 - torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    else:
        x = (picture - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    taps, x = {}, x[None]
    for number, block, index, _ in layers:
        if index == 1 and block > 1:
            x = F.max_pool2d(x, 2)
        x = F.relu(F.conv2d(x, tensors["features.%d.weight" % number].float(), tensors["features.%d.bias" % number].float(), padding=1))
        if index == 1 and block >= 3:
            taps["relu%d_1" % block] = x[0]
        if block == 5:
            return taps


# ---------- Caffe: Protocol Buffers by hand ----------

def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def blob(tensor, new):
    if new:
        shape = message(7, message(1, b"".join(varint(n) for n in tensor.shape)))
    else:
        dims = [1] * (4 - tensor.dim()) + list(tensor.shape)
        shape = b"".join(number(i + 1, n) for i, n in enumerate(dims))
    return shape + message(5, tensor.numpy().astype("<f4").tobytes())


def write_caffe(path, layers, tensors, new):
    """LayerParameter with a textual type, or V1LayerParameter with type 4, CONVOLUTION"""
    with open(path, "wb") as out:
        out.write(message(1, b"VGG_ILSVRC_19_layers"))
        for n, block, index, _ in layers:
            name = b"conv%d_%d" % (block, index)
            w, b = (blob(tensors["features.%d.%s" % (n, what)], new) for what in ("weight", "bias"))
            if new:
                out.write(message(100, message(1, name) + message(2, b"Convolution") + message(7, w) + message(7, b)))
            else:
                out.write(message(2, message(2, b"data") + message(3, name) + message(4, name) + number(5, 4) +
                                  message(6, w) + message(6, b)))
            relu = b"relu" + name[4:]
            out.write(message(100, message(1, relu)) if new else message(2, message(4, relu)))


# ---------- Keras ----------

def write_keras(path, layers, tensors, new):
    with h5py.File(path, "w") as out:
        top = out.create_group("model_weights") if new else out
        top.attrs["layer_names"] = [b"block%d_conv%d" % (block, index) for _, block, index, _ in layers]
        for n, block, index, _ in layers:
            name = "block%d_conv%d" % (block, index)
            names = [name + "/kernel:0", name + "/bias:0"] if new else [name + "_W_1:0", name + "_b_1:0"]
            group = top.create_group(name)
            group.attrs["weight_names"] = [n.encode() for n in names]
            group[names[0]] = tensors["features.%d.weight" % n].numpy().transpose(2, 3, 1, 0)
            group[names[1]] = tensors["features.%d.bias" % n].numpy()
        for block in range(1, 6):
            top.create_group("block%d_pool" % block).attrs["weight_names"] = []


def main():
    folder = sys.argv[1]
    torch.manual_seed(1)
    picture = torch.rand(3, SIZE, SIZE)
    write_safetensors(os.path.join(folder, "picture.safetensors"), {"image": picture})

    def case(name, layers, tensors, write, caffe=False):
        path = os.path.join(folder, name)
        write(path + ".in", tensors)
        write_safetensors(path + ".safetensors", features(layers, tensors, picture, caffe))

    def module(tensors):
        """A state dict as a module gives it: ordered, with versions, of parameters."""
        result = torch.nn.Module()
        for name, tensor in tensors.items():
            at = result
            *path, last = name.split(".")
            for part in path:
                if not hasattr(at, part):
                    at.add_module(part, torch.nn.Module())
                at = getattr(at, part)
            at.register_parameter(last, torch.nn.Parameter(tensor))
        return result.state_dict(keep_vars=True)

    net19, net16 = network(VGG19, 4), network(VGG16, 4)
    case("zip", VGG19, net19, lambda path, t: torch.save(t, path))
    case("zip-16", VGG16, net16, lambda path, t: torch.save(t, path))
    case("parameters", VGG19, net19, lambda path, t: torch.save({"epoch": 3, "best": 0.5, "state_dict": module(t)}, path))
    case("half", VGG19, {n: t.half() for n, t in net19.items()}, lambda path, t: torch.save(t, path))
    case("bfloat16", VGG19, {n: t.bfloat16() for n, t in net19.items()}, write_safetensors)
    case("legacy", VGG19, net19, lambda path, t: torch.save(module(t), path, _use_new_zipfile_serialization=False))

    net19, net16 = network(VGG19, 4, True), network(VGG16, 4, True)
    case("caffe", VGG19, net19, lambda path, t: write_caffe(path, VGG19, t, False), True)
    case("caffe-16", VGG16, net16, lambda path, t: write_caffe(path, VGG16, t, True), True)
    case("keras", VGG19, net19, lambda path, t: write_keras(path, VGG19, t, False), True)
    case("keras-16", VGG16, net16, lambda path, t: write_keras(path, VGG16, t, True), True)

    # As large as the published file, 575 MB, classifier and all.
    case("published", VGG19, {**network(VGG19, 64, classifier=4096), "classifier.3.weight": torch.zeros(4096, 4096),
                              "classifier.6.weight": torch.zeros(1000, 4096)},
         lambda path, t: torch.save(t, path, _use_new_zipfile_serialization=False))


if __name__ == "__main__":
    main()
