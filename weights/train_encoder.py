#!/usr/bin/env python3
"""Trains a slim VGG-19 to see what a large one sees, and writes it as dfi reads it.

  train_encoder.py train --teacher FILE --photos FOLDER [FOLDER ...] --out FILE.safetensors
                         [--framed FOLDER [FOLDER ...]] [--cut L T R B] [--width 16] [--steps 30000] [--resume] [--seed 0]
  train_encoder.py convert IN.safetensors OUT.safetensors [--dtype float16|float32]
  train_encoder.py compare TEACHER FILE.safetensors --photos FOLDER [FOLDER ...] [--cut L T R B]

The student has VGG-19's topology up to relu5_1 at a smaller base width (Simonyan and Zisserman, ICLR 2015, configuration E).
It is trained by distillation: only its three outputs relu3_1, relu4_1 and relu5_1 are compared with the teacher's, tap by
tap, as squared error over the variance of the teacher's tap; hidden layers are free.  So the teacher's taps must have as many
channels as the student's.  The variance is taken within each channel: 1 is what a student would score that gives every
channel's mean and sees nothing.  Over the whole tap at once it would count the differences between the channels' means too,
and the same student would look up to three times better.  Teachers that can be read:

  - the 16x compressed VGG-19 of Wang et al., "Collaborative distillation for ultra-resolution universal style transfer",
    CVPR 2020 (`conv0`, `conv11` ... `conv51`; reflection padding, its own input layer), base width 16;
  - a state dict or safetensors file with torchvision's names, any base width (zero padding, ImageNet normalisation).

Needs PyTorch, NumPy and Pillow: Debian's python3-torch, python3-numpy, python3-pil.
"""
import argparse
import json
import math
import os
import pickle
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
FRAME, CROP, BATCH = 192, 128, 8   # the database's frame and the training's crops, in pixels; crops in a batch
EXTENSIONS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


# ---------- files ----------

def read_safetensors(path):
    """-> ({name: float32 tensor}, {metadata})"""
    kinds, tensors = {"F32": np.float32, "F16": np.float16}, {}
    try:
        with open(path, "rb") as f:
            header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
            blob = f.read()
        for name, entry in header.items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                array = np.frombuffer(blob[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
                tensors[name] = torch.from_numpy(array.astype(np.float32))
    except OSError as error:
        sys.exit(str(error))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError, struct.error) as error:
        sys.exit("%s: no safetensors file of float16 or float32 tensors (%r)" % (path, error))
    return tensors, header.get("__metadata__", {})


def write_tensors(path, metadata, tensors, dtype):
    """In the order of @tensors, without holes, the header padded to 8 bytes; filters as @dtype, biases float32. Beside, then renamed."""
    header, blob = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        kind = "float32" if name.endswith("bias") else dtype
        if not bool((tensor.abs() <= float(np.finfo(kind).max)).all()):   # so put, it refuses NaN too
            sys.exit("%s: %s holds a number that %s cannot" % (path, name, kind))
        array = np.ascontiguousarray(tensor.detach().numpy().astype(kind))
        header[name] = {"dtype": {"float32": "F32", "float16": "F16"}[kind], "shape": list(array.shape),
                        "data_offsets": [len(blob), len(blob) + array.nbytes]}
        blob += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + blob)
    os.replace(path + ".part", path)   # an interrupted training leaves the last whole file


def write_safetensors(path, weights, provenance, dtype, licence="CC-BY-4.0"):
    """Layer by layer."""
    width = weights["features.0.weight"].shape[0]
    write_tensors(path, {
        "dfi.kind": "encoder", "dfi.version": "1", "dfi.architecture": "vgg19", "dfi.width": str(width),
        "dfi.input": "RGB 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
        "dfi.licence": licence, "dfi.provenance": provenance},
        {name: weights[name] for number in NUMBERS for name in ("features.%d.weight" % number, "features.%d.bias" % number)}, dtype)


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
    """-> function from pictures in 0..1 (N, 3, H, W) to their three taps"""
    if path.endswith(".safetensors"):
        weights = read_safetensors(path)[0]
    else:
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)   # tensors only: a pickle can hold programs
            weights = {name: tensor.float() for name, tensor in weights.get("model", weights).items()}
        except OSError as error:
            sys.exit(str(error))
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, struct.error,
                pickle.UnpicklingError) as error:
            sys.exit("%s: no PyTorch state dict of tensors (%s)" % (path, type(error).__name__))
    if "conv0.weight" not in weights:
        check_shapes(weights, path)
        return lambda x: student_forward(weights, x)
    for name in ["conv0"] + BLOCK_NAMES:
        if name + ".weight" not in weights or name + ".bias" not in weights:
            sys.exit("%s: there is no layer %s; it is no compressed VGG-19 up to conv51" % (path, name))

    def teacher(x):
        """conv0 takes RGB to the BGR less its mean, in 0..255, that Caffe's VGG-19 was trained on."""
        x = F.conv2d(x, weights["conv0.weight"], weights["conv0.bias"])
        return forward(weights, x, [name + "." for name in BLOCK_NAMES], reflect_pad)
    return teacher


def check_channels(teacher, weights):
    """Ends the program unless the taps of @teacher and of the student @weights can be compared, unit by unit."""
    with torch.no_grad():
        pair = [tuple(tap.shape[1] for tap in taps)
                for taps in (teacher(torch.zeros(1, 3, 64, 64)), student_forward(weights, torch.zeros(1, 3, 64, 64)))]
    if pair[0] != pair[1]:
        sys.exit("the teacher's taps have %s channels and the student's %s: they cannot be compared; "
                 "a student of this teacher has --width %d" % (*pair, pair[0][0] // BLOCKS[2][1]))


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


def split(photos):
    """-> (photographs to train on, up to 32 to keep out of it, a quarter at most)

    What is kept out lies together in the list, so that the pictures of one person, which lie together too, are not in both."""
    if len(photos) < 2:
        sys.exit("%s: one photograph is too few, some are kept out of the training" % photos[0])
    out = min(32, max(1, len(photos) // 4))
    middle = (len(photos) - out) // 2
    return photos[:middle] + photos[middle + out:], photos[middle:middle + out]


def as_tensor(image):
    """(3, H, W) in 0..1"""
    return torch.from_numpy(np.asarray(image).astype(np.float32).transpose(2, 0, 1) / 255)


def in_frame(path, cut):
    """The box @cut of the photograph, or its largest square in the middle, as an image of FRAME by FRAME pixels."""
    image = Image.open(path).convert("RGB")
    if not cut:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        cut = (left, top, left + side, top + side)
    return image.crop(tuple(cut)).resize((FRAME, FRAME), Image.BICUBIC)


def framed_crop(path, rng, cut):
    """(3, CROP, CROP) in 0..1 at the frame's own scale."""
    left, top = rng.randint(0, FRAME - CROP), rng.randint(0, FRAME - CROP)
    return as_tensor(in_frame(path, cut).crop((left, top, left + CROP, top + CROP)))


def random_crop(path, rng):
    """(3, CROP, CROP) in 0..1 at a random scale, from somewhat magnified to the whole picture."""
    image = Image.open(path).convert("RGB")
    side = int(CROP * math.exp(rng.uniform(math.log(0.6), math.log(max(0.7, min(image.size) / CROP)))))
    side = min(side, *image.size)
    left, top = rng.randint(0, image.width - side), rng.randint(0, image.height - side)
    return as_tensor(image.crop((left, top, left + side, top + side)).resize((CROP, CROP), Image.BICUBIC))


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
        x = torch.einsum("ij,jhw->ihw", torch.eye(3) + 0.1 * torch.randn(3, 3), x)
    if rng.random() < 0.3:
        x = x + torch.randn(x.shape) * rng.uniform(0, 0.06)
    return x.clamp(0, 1)


# ---------- training ----------

def tap_losses(mine, theirs):
    """For each tap (N, C, H, W): squared error over the variance of the teacher's tap within its channels."""
    return [((a - b) ** 2).mean() / b.var(dim=(0, 2, 3)).mean().clamp_min(1e-12) for a, b in zip(mine, theirs)]


def all_taps(network, pictures):
    """The three taps of all @pictures, gathered, so that a variance over them is one over all the pictures."""
    with torch.no_grad():
        parts = [network(torch.stack(pictures[i:i + BATCH])) for i in range(0, len(pictures), BATCH)]
    return [torch.cat(tap) for tap in zip(*parts)]


def evaluate(weights, teacher, pictures):
    """The three losses over @pictures."""
    mine = all_taps(lambda x: student_forward(weights, x), pictures)
    return [float(loss) for loss in tap_losses(mine, all_taps(teacher, pictures))]


def gradient(network, x, target):
    """Of 1/3 sum over taps of 1/2 |phi(x) - target|^2 with respect to x: what an edit follows."""
    x = x.clone().requires_grad_(True)
    loss = sum(0.5 * ((a - b) ** 2).sum() for a, b in zip(network(x), target)) / len(target)
    return torch.autograd.grad(loss, x)[0]


def describe(losses):
    return "  ".join("%s %.4g" % pair for pair in zip(TAPS, losses))


def train(args):
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    teacher = load_teacher(args.teacher)
    photos, photos_out = split(list_photos(args.photos))
    framed, framed_out = split(list_photos(args.framed)) if args.framed else ([], [])
    held_out = {"photographs": [random_crop(path, rng) for path in photos_out]}
    if framed:
        held_out["framed"] = [framed_crop(path, rng, args.cut) for path in framed_out]

    weights = new_student(args.width, torch.Generator().manual_seed(args.seed))
    check_channels(teacher, weights)
    for tensor in weights.values():
        tensor.requires_grad_(True)
    optimiser = torch.optim.Adam(list(weights.values()), lr=1e-3)
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    provenance = args.provenance or "distilled by train_encoder.py from %s, %d steps" % (os.path.basename(args.teacher), args.steps)
    state, first = args.out + ".state", 0
    if args.resume:
        try:
            saved = torch.load(state)   # this script's own file
        except OSError as error:
            sys.exit("nothing to go on from: %s" % error)
        if saved["width"] != args.width:
            sys.exit("%s is of a student of width %d, not %d" % (state, saved["width"], args.width))
        with torch.no_grad():
            for name, tensor in weights.items():
                tensor.copy_(saved["weights"][name])
        first, average = saved["step"], saved["average"]
        optimiser.load_state_dict(saved["optimiser"])
        rng.setstate(saved["random"])   # go on through the photographs, do not begin again with the first ones
        torch.set_rng_state(saved["torch_random"])
        if first >= args.steps:
            sys.exit("%s has had its %d steps; ask for more with --steps" % (state, first))

    def report(what):
        for name, pictures in held_out.items():
            print("%s; held out, %s: %s" % (what, name, describe(evaluate(average, teacher, pictures))), flush=True)

    warm_up = max(1, min(500, args.steps // 10))
    report("step %d" % first)
    for step in range(first, args.steps):
        rate = min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        optimiser.param_groups[0]["lr"] = 1e-3 * rate
        batch = torch.stack([augment(framed_crop(rng.choice(framed), rng, args.cut) if framed and rng.random() < 0.45
                                     else random_crop(rng.choice(photos), rng), rng) for _ in range(BATCH)])
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
            now = {"step": step + 1, "width": args.width, "weights": {n: t.detach() for n, t in weights.items()},
                   "average": average, "optimiser": optimiser.state_dict(),
                   "random": rng.getstate(), "torch_random": torch.get_rng_state()}
            torch.save(now, state + ".part")
            os.replace(state + ".part", state)
            write_safetensors(args.out, average, provenance, "float32")
            report("step %d, loss %.4f" % (step + 1, float(loss)))


def convert(args):
    weights, metadata = read_safetensors(args.source)
    check_shapes(weights, args.source)
    provenance = args.provenance or metadata.get("dfi.provenance") or metadata.get("provenance", "")
    licence = args.licence or metadata.get("dfi.licence", "CC-BY-4.0")
    write_safetensors(args.out, weights, provenance, args.dtype, licence)


def compare(args):
    teacher, (weights, _) = load_teacher(args.teacher), read_safetensors(args.file)
    check_shapes(weights, args.file)
    check_channels(teacher, weights)
    photos = list_photos(args.photos)
    random.Random(args.seed).shuffle(photos)
    pictures = [as_tensor(in_frame(path, args.cut)) for path in photos[:args.most]]
    print("%d pictures: %s" % (len(pictures), describe(evaluate(weights, teacher, pictures))))

    def student(x):
        return student_forward(weights, x)
    far = []
    for x, other in list(zip(pictures, pictures[1:]))[:30]:
        with torch.no_grad():
            targets = teacher(other[None]), student(other[None])
        theirs, mine = gradient(teacher, x[None], targets[0]), gradient(student, x[None], targets[1])
        far.append(float((mine - theirs).norm() / theirs.norm()))
    if far:
        print("gradient towards another picture's features, |difference| / |teacher's|: median %.4g, largest %.4g"
              % (float(np.median(far)), max(far)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    cut = {"type": int, "nargs": 4, "metavar": ("LEFT", "TOP", "RIGHT", "BOTTOM"),
           "help": "box of each framed picture that is the frame; 45 45 205 205 for LFW-a (default: the largest square)"}

    p = commands.add_parser("train", help="train a student")
    p.add_argument("--teacher", required=True)
    p.add_argument("--photos", nargs="+", required=True)
    p.add_argument("--framed", nargs="+", help="folders of faces in the frame, or of aligned ones that --cut brings there; "
                   "45%% of the crops come from them, at the frame's own scale")
    p.add_argument("--cut", **cut)
    p.add_argument("--out", required=True)
    p.add_argument("--width", type=int, default=16)
    p.add_argument("--steps", type=int, default=30000, help="in all, so that --resume goes on to here")
    p.add_argument("--every", type=int, default=500, help="steps between evaluations and saved states")
    p.add_argument("--resume", action="store_true", help="go on from OUT.state")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--provenance", default="")
    p.set_defaults(run=train)

    p = commands.add_parser("convert", help="check shapes, add the metadata, choose the precision")
    p.add_argument("source")
    p.add_argument("out")
    p.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    p.add_argument("--provenance", help="instead of what the source says")
    p.add_argument("--licence", help="instead of what the source says, or CC-BY-4.0")
    p.set_defaults(run=convert)

    p = commands.add_parser("compare", help="how far a student is from a teacher, or from another student")
    p.add_argument("teacher")
    p.add_argument("file")
    p.add_argument("--photos", nargs="+", required=True)
    p.add_argument("--cut", **cut)
    p.add_argument("--most", type=int, default=200, help="pictures to compare on, chosen at random")
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=compare)

    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
