#!/usr/bin/env python3
"""Trains a slim VGG-19 to see what a large one sees, and writes it as dfi reads it.

  train_encoder.py train --teacher FILE --photos FOLDER [FOLDER ...] --out FILE.safetensors
                         [--framed FOLDER] [--width 16] [--steps 30000] [--resume] [--seed 0]
  train_encoder.py convert IN.safetensors OUT.safetensors [--dtype float16|float32]
  train_encoder.py compare TEACHER FILE.safetensors --photos FOLDER

The student has VGG-19's topology up to relu5_1 at a smaller base width (Simonyan and Zisserman, ICLR 2015, configuration E).
It is trained by distillation: only its three outputs relu3_1, relu4_1 and relu5_1 are compared with the teacher's, tap by
tap, as squared error over the variance of the teacher's tap; hidden layers are free.  So the teacher's taps must have as many
channels as the student's.  Teachers that can be read:

  - the 16x compressed VGG-19 of Wang et al., "Collaborative distillation for ultra-resolution universal style transfer",
    CVPR 2020 (`conv0`, `conv11` ... `conv51`; reflection padding, its own input layer), base width 16;
  - a state dict or safetensors file with torchvision's names, any base width (zero padding, ImageNet normalisation).

Needs PyTorch, NumPy and Pillow: Debian's python3-torch, python3-numpy, python3-pil.
"""
import argparse
import json
import math
import os
import random
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# Convolutions in each block, and the block's width in units of the base width.
BLOCKS = [(2, 1), (2, 2), (4, 4), (4, 8), (1, 8)]
# The convolutions' numbers in torchvision's vgg19().features, and their names in Wang et al.'s file.
NUMBERS = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28]
BLOCK_NAMES = ["conv%d%d" % (b + 1, i + 1) for b, (count, _) in enumerate(BLOCKS) for i in range(count)]
TAPS = ("relu3_1", "relu4_1", "relu5_1")
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
CROP, BATCH = 128, 8
EXTENSIONS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


# ---------- files ----------

def read_safetensors(path):
    """-> ({name: float32 tensor}, {metadata})"""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        blob = f.read()
    kinds, tensors = {"F32": np.float32, "F16": np.float16}, {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = np.frombuffer(blob[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.astype(np.float32))
    return tensors, header.get("__metadata__", {})


def write_safetensors(path, weights, provenance, dtype):
    """Layer by layer without holes, the header padded to 8 bytes; filters as @dtype, biases float32. Beside, then renamed."""
    width = weights["features.0.weight"].shape[0]
    header = {"__metadata__": {
        "dfi.kind": "encoder", "dfi.version": "1", "dfi.architecture": "vgg19", "dfi.width": str(width),
        "dfi.input": "RGB 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
        "dfi.licence": "CC-BY-4.0", "dfi.provenance": provenance}}
    blob = b""
    for number in NUMBERS:
        for what, kind in (("weight", dtype), ("bias", "float32")):
            name = "features.%d.%s" % (number, what)
            array = np.ascontiguousarray(weights[name].numpy().astype(kind))
            header[name] = {"dtype": {"float32": "F32", "float16": "F16"}[kind], "shape": list(array.shape),
                            "data_offsets": [len(blob), len(blob) + array.nbytes]}
            blob += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + blob)
    os.replace(path + ".part", path)


def check_shapes(weights, path):
    """The base width, after a look at all 26 tensors."""
    try:
        width, channels, k = weights["features.0.weight"].shape[0], 3, 0
        for count, units in BLOCKS:
            for _ in range(count):
                name, filters = "features.%d." % NUMBERS[k], units * width
                if (tuple(weights[name + "weight"].shape) != (filters, channels, 3, 3)
                        or tuple(weights[name + "bias"].shape) != (filters,)):
                    sys.exit("%s: %sweight or its bias has the wrong shape for a VGG-19 of width %d" % (path, name, width))
                k, channels = k + 1, filters
        return width
    except KeyError as missing:
        sys.exit("%s: there is no tensor %s; it is no VGG-19 with torchvision's names" % (path, missing))


# ---------- networks ----------

def forward(weights, x, names, pad):
    """Three taps of x (N, 3, H, W), normalised already; @names are the layers' prefixes, @pad pads by one pixel."""
    taps, k = [], 0
    for block, (count, _) in enumerate(BLOCKS):
        if block:
            x = F.max_pool2d(x, 2, 2)
        for i in range(count):
            x = F.relu(F.conv2d(pad(x), weights[names[k] + "weight"], weights[names[k] + "bias"]))
            k += 1
            if i == 0 and block >= 2:
                taps.append(x)
    return taps


def zero_pad(x):
    return F.pad(x, (1, 1, 1, 1))


def reflect_pad(x):
    return F.pad(x, (1, 1, 1, 1), mode="reflect")


def student_forward(weights, x):
    return forward(weights, (x - MEAN) / STD, ["features.%d." % n for n in NUMBERS], zero_pad)


def load_teacher(path):
    """-> (function from pictures in 0..1 to taps, base width)"""
    if path.endswith(".safetensors"):
        weights = read_safetensors(path)[0]
    else:
        weights = torch.load(path, map_location="cpu")
        weights = weights.get("model", weights)
    if "conv0.weight" in weights:
        def teacher(x):
            x = F.conv2d(x, weights["conv0.weight"], weights["conv0.bias"])
            return forward(weights, x, [name + "." for name in BLOCK_NAMES], reflect_pad)
        return teacher, weights["conv11.weight"].shape[0]
    return (lambda x: student_forward(weights, x)), check_shapes(weights, path)


def new_student(width, generator):
    """He initialisation."""
    weights, k, channels = {}, 0, 3
    for count, units in BLOCKS:
        for _ in range(count):
            filters = width * units
            weights["features.%d.weight" % NUMBERS[k]] = (
                torch.randn(filters, channels, 3, 3, generator=generator) * math.sqrt(2.0 / (9 * channels)))
            weights["features.%d.bias" % NUMBERS[k]] = torch.zeros(filters)
            k, channels = k + 1, filters
    return weights


# ---------- pictures ----------

def list_photos(folders):
    found = sorted(os.path.join(top, name) for folder in folders for top, _, names in os.walk(folder)
                   for name in names if name.lower().endswith(EXTENSIONS))
    if not found:
        sys.exit("no photographs in %s" % ", ".join(folders))
    return found


def random_crop(path, rng, framed):
    """(3, CROP, CROP) in 0..1: at the frame's own scale when @framed, else at a random one."""
    image = Image.open(path).convert("RGB")
    side = CROP if framed else int(CROP * math.exp(rng.uniform(math.log(0.6), math.log(max(0.7, min(image.size) / CROP)))))
    side = min(side, *image.size)
    left, top = rng.randint(0, image.width - side), rng.randint(0, image.height - side)
    image = image.crop((left, top, left + side, top + side)).resize((CROP, CROP), Image.BICUBIC)
    return torch.from_numpy(np.asarray(image).astype(np.float32).transpose(2, 0, 1) / 255)


def augment(x, rng):
    """What cameras, light and printing do: mirror, gamma, contrast and shift by channel, mixed colours, noise."""
    if rng.random() < 0.5:
        x = x.flip(2)
    column = lambda low, high: torch.tensor([rng.uniform(low, high) for _ in range(3)]).view(3, 1, 1)
    if rng.random() < 0.7:
        x = x.clamp(1e-3, 1) ** column(0.7, 1.4)
    if rng.random() < 0.7:
        x = (x - 0.5) * column(0.8, 1.2) + 0.5 + column(-0.1, 0.1)
    if rng.random() < 0.3:
        x = torch.einsum("ij,jhw->ihw", torch.eye(3) + 0.1 * torch.tensor([[rng.gauss(0, 1) for _ in range(3)] for _ in range(3)]), x)
    if rng.random() < 0.3:
        x = x + torch.randn(x.shape) * rng.uniform(0, 0.06)
    return x.clamp(0, 1)


# ---------- training ----------

def tap_losses(mine, theirs):
    """Squared error over the variance of the teacher's tap, for each tap."""
    return [((a - b) ** 2).mean() / b.var().clamp_min(1e-12) for a, b in zip(mine, theirs)]


def evaluate(weights, teacher, pictures):
    """Mean of the three losses over pictures kept out of the training."""
    with torch.no_grad():
        losses = [tap_losses(student_forward(weights, x[None]), teacher(x[None])) for x in pictures]
    return [float(sum(l[t] for l in losses) / len(losses)) for t in range(3)]


def describe(losses):
    return "  ".join("%s %.4f" % pair for pair in zip(TAPS, losses))


def train(args):
    rng = random.Random(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    torch.manual_seed(args.seed)
    teacher, teacher_width = load_teacher(args.teacher)
    if teacher_width != args.width:
        sys.exit("the teacher's base width is %d and the student's %d: their taps cannot be compared" % (teacher_width, args.width))
    photos = list_photos(args.photos)
    framed = list_photos([args.framed]) if args.framed else []
    held_out = [random_crop(path, rng, False) for path in photos[::max(1, len(photos) // 16)][:16]]
    photos = [p for i, p in enumerate(photos) if i % max(1, len(photos) // 16) or len(photos) < 32]

    state, first = args.out + ".state", 0
    weights = new_student(args.width, generator)
    for tensor in weights.values():
        tensor.requires_grad_(True)
    optimiser = torch.optim.Adam(list(weights.values()), lr=1e-3)
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    if args.resume:
        saved = torch.load(state)
        first = saved["step"]
        with torch.no_grad():
            for name, tensor in weights.items():
                tensor.copy_(saved["weights"][name])
        optimiser.load_state_dict(saved["optimiser"])
        average = saved["average"]

    warm_up = max(1, min(500, args.steps // 10))
    print("before: %s" % describe(evaluate(average, teacher, held_out)), flush=True)
    for step in range(first, args.steps):
        rate = min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        optimiser.param_groups[0]["lr"] = 1e-3 * rate
        batch = torch.stack([augment(random_crop(rng.choice(framed), rng, True) if framed and rng.random() < 0.45
                                     else random_crop(rng.choice(photos), rng, False), rng) for _ in range(BATCH)])
        with torch.no_grad():
            wanted = teacher(batch)
        loss = sum(tap_losses(student_forward(weights, batch), wanted))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 5.0)
        optimiser.step()

        keep = min(0.999, (step + 1) / (step + 10))   # an average over the last thousand steps, shorter at the start
        with torch.no_grad():
            for name, tensor in weights.items():
                average[name].mul_(keep).add_(tensor, alpha=1 - keep)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            print("%d: loss %.4f, held out: %s" % (step + 1, float(loss), describe(evaluate(average, teacher, held_out))), flush=True)
            torch.save({"step": step + 1, "weights": {n: t.detach() for n, t in weights.items()},
                        "average": average, "optimiser": optimiser.state_dict()}, state)
            write_safetensors(args.out, average, args.provenance, "float32")


def convert(args):
    weights, metadata = read_safetensors(args.source)
    check_shapes(weights, args.source)
    provenance = args.provenance or metadata.get("dfi.provenance") or metadata.get("provenance", "")
    write_safetensors(args.out, weights, provenance, args.dtype)


def compare(args):
    teacher, _ = load_teacher(args.teacher)
    weights, _ = read_safetensors(args.file)
    check_shapes(weights, args.file)
    rng = random.Random(args.seed)
    pictures = [random_crop(path, rng, True) for path in list_photos(args.photos)[:200]]
    print("%d crops: %s" % (len(pictures), describe(evaluate(weights, teacher, pictures))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    p = commands.add_parser("train")
    p.add_argument("--teacher", required=True)
    p.add_argument("--photos", nargs="+", required=True)
    p.add_argument("--framed", help="folder of faces at the frame's scale (192 pixels for 3.7 eye distances)")
    p.add_argument("--out", required=True)
    p.add_argument("--width", type=int, default=16)
    p.add_argument("--steps", type=int, default=30000)
    p.add_argument("--every", type=int, default=500, help="steps between evaluations and saved states")
    p.add_argument("--resume", action="store_true", help="go on from OUT.state")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--provenance", default="")
    p.set_defaults(run=train)

    p = commands.add_parser("convert")
    p.add_argument("source")
    p.add_argument("out")
    p.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    p.add_argument("--provenance", help="instead of what the source says")
    p.set_defaults(run=convert)

    p = commands.add_parser("compare")
    p.add_argument("teacher")
    p.add_argument("file")
    p.add_argument("--photos", nargs="+", required=True)
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=compare)

    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
