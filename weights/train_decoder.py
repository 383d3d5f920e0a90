#!/usr/bin/env python3
"""Trains the learned inverse: a small network that makes a grey picture of what the encoder saw, and writes it as dfi reads it.

  train_decoder.py train ENCODER --out FILE.safetensors --pictures FOLDER SCALE SHARE [--pictures ...]
                         [--framed FOLDER TABLE [--framed ...] [--edits-from 2500]] [--steps 8000 | --until 23:50]
                         [--resume] [--bf16] [--seed 0]
  train_decoder.py convert ENCODER IN.safetensors OUT.safetensors [--dtype float16|float32]
  train_decoder.py compare ENCODER FILE.safetensors --pictures FOLDER SCALE SHARE [--pictures ...]
  train_decoder.py sheet ENCODER FILE.safetensors OUT.png --faces FOLDER [--framed FOLDER TABLE ...] [--set WITH/WITHOUT=STRENGTH ...]

The network
-----------
Input: the encoder's three taps of a picture H x W, both multiples of 16: relu3_1 (64, H/4, W/4), relu4_1 (128, H/8, W/8) and
relu5_1 (128, H/16, W/16).  Output: luma (1, H, W), meant for 0..1 but not cut to it.

13 convolutions, one after the other, "decoder.0" to "decoder.12": 3 x 3, stride 1, zero padding of one pixel, bias, ReLU after all
but the last.  The first one's input is relu5_1.  Before some of them their input is doubled in height and width, and after that
the channels of a tap may be joined behind its own:

    number    channels    filters    before it
       0         128        128                                        H/16
       1         128        128
       2       128+128      128      double, join relu4_1              H/8
       3         128        128
       4         128         64
       5        64+64        64      double, join relu3_1              H/4
       6          64         64
       7          64         64
       8          64         32      double                            H/2
       9          32         32
      10          32         32      double                            H
      11          32         16
      12          16          1      (no ReLU after it)

Doubling is bilinear, pixels being squares: out[2i] = 1/4 in[i-1] + 3/4 in[i], out[2i+1] = 3/4 in[i] + 1/4 in[i+1], along rows and
along columns, the index held within the map (PyTorch: interpolate, bilinear, align_corners=False).

The file: tensors decoder.N.weight (filters, channels, 3, 3) and decoder.N.bias (filters), in order.  Metadata: dfi.kind decoder,
dfi.version 1, dfi.encoder the SHA-256 of the encoder's tensors as the C program counts it: for each of its convolutions, weight and then
bias: "NAME DTYPE A x B x C x D" and a line feed, then the tensor's bytes.

The training
------------
Pictures are grey: luma, repeated for the encoder's three channels.  The decoder is to undo the encoder; the loss is L1 of the
pixels, L1 of their differences to the right and below, and 0.05 times the squared error of the encoder's taps of the output, over
their variance.

--pictures FOLDER SCALE SHARE says how many pixels of the frame (320 x 320) a pixel of FOLDER's pictures is, and how often they are
drawn.  Every 24th picture of a folder is kept out of the training.

With --framed, from step --edits-from on, half of the steps also train what the decoder is for: edits z = x + Dec(phi(x) + w) - Dec(phi(x)), where phi(x) + w are
no picture's features.  FOLDER holds frames, TABLE says which has which attribute, as for a database: a column "file", then a column of
0 or 1 for each attribute, among them "male".  w is the difference of the means of 50 to 100 frames with an attribute and as many
without it, of the same sex, times a strength.  That loss is 0.03 times

    1/3 sum over taps of |phi(z) - phi(x) - w|^2 / |w|^2     the slides' objective, each tap over what it is at x
    + total variation of z over the objective at x           as the slides weigh them, lambda = 0.001
    + 5 times the mean change of 16 x 16 squares where w is less than usual

and can be added to a training that has begun without.  Needs PyTorch, NumPy and Pillow as train_encoder.py does.
"""
import argparse
import csv
import hashlib
import json
import math
import os
import random
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import train_encoder as encoder_script
from train_encoder import NUMBERS, list_photos, read_safetensors

# (channels, filters, doubled before?, tap joined after that)
LAYERS = [(128, 128, False, None), (128, 128, False, None),
          (256, 128, True, 1), (128, 128, False, None), (128, 64, False, None),
          (128, 64, True, 0), (64, 64, False, None), (64, 64, False, None),
          (64, 32, True, None), (32, 32, False, None),
          (32, 32, True, None), (32, 16, False, None), (16, 1, False, None)]
FRAME, UNIT = 320, 16      # the frame, and what heights and widths are multiples of, in pixels
KEPT_OUT = 24              # every how many pictures one is kept out of the training
WARM_UP = 500              # steps until the learning rate is whole
EDIT_CROP = 160            # of a step that trains edits too, in pixels


# ---------- files ----------

def encoder_sha256(path):
    """As dfi_encoder_sha256() in C."""
    names = {"F32": np.float32, "F16": np.float16}
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        blob = f.read()
    digest = hashlib.sha256()
    for number in NUMBERS:
        for what in ("weight", "bias"):
            name = "features.%d.%s" % (number, what)
            entry = header[name]
            assert entry["dtype"] in names
            digest.update(("%s %s %s\n" % (name, entry["dtype"], " x ".join(map(str, entry["shape"])))).encode())
            digest.update(blob[entry["data_offsets"][0]:entry["data_offsets"][1]])
    return digest.hexdigest()


def tensor_names():
    return ["decoder.%d.%s" % (n, what) for n in range(len(LAYERS)) for what in ("weight", "bias")]


def write_safetensors(path, weights, encoder, provenance, dtype, licence="CC-BY-4.0"):
    encoder_script.write_tensors(path, {"dfi.kind": "decoder", "dfi.version": "1", "dfi.encoder": encoder,
                                        "dfi.licence": licence, "dfi.provenance": provenance},
                                 {name: weights[name] for name in tensor_names()}, dtype)


def read_decoder(path):
    """-> (weights, metadata), after a look at all 26 tensors"""
    weights, metadata = read_safetensors(path)
    for n, (channels, filters, _, _) in enumerate(LAYERS):
        for what, shape in (("weight", (filters, channels, 3, 3)), ("bias", (filters,))):
            name = "decoder.%d.%s" % (n, what)
            if name not in weights or tuple(weights[name].shape) != shape:
                sys.exit("%s: there is no tensor %s of the shape %s; it is no decoder" % (path, name, " x ".join(map(str, shape))))
    return {name: weights[name] for name in tensor_names()}, metadata


# ---------- networks ----------

def load_encoder(path):
    """-> function from grey pictures (N, 1, H, W) in 0..1 to their three taps"""
    weights, _ = read_safetensors(path)
    if encoder_script.check_shapes(weights, path) != 16:
        sys.exit("%s: the decoder belongs to an encoder of width 16" % path)
    weights = {n: w.contiguous(memory_format=torch.channels_last) if w.dim() == 4 else w for n, w in weights.items()}

    def encode(y):
        return encoder_script.student_forward(weights, y.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last))
    return encode


def decode(weights, taps):
    """The three taps -> luma (N, 1, H, W)"""
    x = taps[2]
    for n, (_, _, doubled, joined) in enumerate(LAYERS):
        if doubled:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        if joined is not None:
            x = torch.cat([x, taps[joined].to(x.dtype)], 1)
        last = n + 1 == len(LAYERS)
        with torch.autocast("cpu", enabled=torch.is_autocast_cpu_enabled() and not last):   # pixels need more than 8 bits
            x = F.conv2d(x.float() if last else x, weights["decoder.%d.weight" % n], weights["decoder.%d.bias" % n], padding=1)
        if not last:
            x = F.relu(x)
    return x


def new_decoder(generator):
    """He initialisation; the last layer starts at a mid grey."""
    weights = {}
    for n, (channels, filters, _, _) in enumerate(LAYERS):
        w = torch.randn(filters, channels, 3, 3, generator=generator) * math.sqrt((2.0 if filters > 1 else 0.1) / (9 * channels))
        weights["decoder.%d.weight" % n] = w.contiguous(memory_format=torch.channels_last)
        weights["decoder.%d.bias" % n] = torch.full((filters,), 0.5 if filters == 1 else 0.0)
    return weights


# ---------- pictures ----------

class Pictures:
    """A folder's pictures in memory, grey, as they are; @scale: pixels of the frame for one of theirs."""

    def __init__(self, folder, scale, share, only_kept_out=False):
        self.scale, self.share = float(scale), float(share)
        paths = list_photos([folder])
        kept_out = paths[KEPT_OUT // 2::KEPT_OUT] or paths[-1:]
        self.kept_out = [self.read(path) for path in kept_out]
        self.photos = [] if only_kept_out else [self.read(path) for path in paths if path not in set(kept_out)]

    @staticmethod
    def read(path):
        return Image.open(path).convert("L")

    def crop(self, rng, side):
        """(side, side) in 0..1: at about the frame's scale, mirrored or not, in another light."""
        image = rng.choice(self.photos)
        scale = self.scale * math.exp(rng.uniform(math.log(0.8), math.log(1.25)))
        width = min(side / scale, *image.size)
        left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - width)
        x = as_luma(image.resize((side, side), Image.BICUBIC, box=(left, top, left + width, top + width)))
        if rng.random() < 0.5:
            x = x.flip(1)
        if rng.random() < 0.5:
            x = x ** math.exp(rng.uniform(-0.35, 0.35))
        return (x * rng.uniform(0.7, 1.2) + rng.uniform(-0.1, 0.1)).clamp(0, 1)

    def whole(self, image):
        """(1, 1, H, W) in 0..1: the middle of it, at the frame's scale, no larger than the frame."""
        side = int(min(FRAME, min(image.size) * self.scale)) // UNIT * UNIT
        width = min(side / self.scale, *image.size)
        left, top = (image.width - width) / 2, (image.height - width) / 2
        return as_luma(image.resize((side, side), Image.BICUBIC, box=(left, top, left + width, top + width)))[None, None]


def as_luma(image):
    """(H, W) in 0..1"""
    return torch.from_numpy(np.asarray(image).astype(np.float32) / 255)


class Framed:
    """A folder's frames, what the encoder sees in them, and which has which attribute."""

    def __init__(self, folder, table, encode):
        with open(table, newline="") as f:
            rows = {row.pop("file"): {a: v == "1" for a, v in row.items()} for row in csv.DictReader(f)}
        paths = [path for path in list_photos([folder]) if os.path.basename(path) in rows]
        if not paths:
            sys.exit("%s: no frame of %s is in it" % (table, folder))
        self.labels = [rows[os.path.basename(path)] for path in paths]
        self.frames = [as_luma(Image.open(path).convert("L").resize((FRAME, FRAME), Image.BICUBIC)) for path in paths]
        with torch.no_grad():   # as halves: 1.3 MB a frame
            parts = [[tap.half() for tap in encode(x[None, None])] for x in self.frames]
        self.taps = [torch.cat(tap).contiguous() for tap in zip(*parts)]
        self.attributes = [a for a in self.labels[0] if self.pairs(a)]

    def those(self, attribute, value, male):
        return [i for i, l in enumerate(self.labels) if l.get(attribute, None) == value and (male is None or l.get("male") == male)]

    def pairs(self, attribute):
        """For either sex, if there are enough: the frames with the attribute and those without it."""
        both = [(self.those(attribute, True, male), self.those(attribute, False, male)) for male in (True, False)]
        return [pair for pair in both if min(map(len, pair)) >= 10]

    def mean(self, frames, box):
        """Of the features of @frames within @box (top, left, side)"""
        means = []
        for tap in self.taps:
            top, left, side = (v * tap.shape[2] // FRAME for v in box)
            means.append(tap[frames, :, top:top + side, left:left + side].float().mean(0, keepdim=True))
        return means

    def direction(self, rng, box):
        """The difference of two random groups that an attribute tells apart"""
        have, lack = rng.choice(self.pairs(rng.choice(self.attributes)))
        count = rng.randint(50, 100)
        group = lambda members: self.mean(rng.sample(members, min(count, len(members))), box)
        return [a - b for a, b in zip(group(have), group(lack))]

    def near(self, taps, members, count=60):
        """The @count of @members that look most like a frame with these @taps, by relu4_1 and relu5_1"""
        far = torch.zeros(len(members))
        for theirs, mine in zip(self.taps[1:], taps[1:]):
            theirs, mine = theirs.flatten(1), mine.flatten()
            mine = mine / mine.norm()
            far += torch.stack([1 - (row.float() @ mine) / row.float().norm() for row in theirs[members]])
        return [members[i] for i in far.argsort()[:count]]


# ---------- training ----------

def slopes(a, b):
    """L1 of the differences to the right and below"""
    return (F.l1_loss(a[:, :, 1:] - a[:, :, :-1], b[:, :, 1:] - b[:, :, :-1]) +
            F.l1_loss(a[..., 1:] - a[..., :-1], b[..., 1:] - b[..., :-1]))


def inverse_loss(encode, weights, x, variances):
    with torch.no_grad():
        taps = encode(x)
    y = decode(weights, taps)
    feature = sum(F.mse_loss(a.float(), b.float()) / v for a, b, v in zip(encode(y), taps, variances)) / 3
    return F.l1_loss(y, x) + slopes(y, x) + 0.05 * feature


def edit(weights, x, taps, w):
    """-> (x changed along w, the targets)"""
    target = [a + b for a, b in zip(taps, w)]
    return x + decode(weights, target) - decode(weights, taps), target


def over_start(encode, z, target, w):
    """(N, taps): squared distance of z's features from the target, over that of x's, which is |w|^2"""
    return torch.stack([((a.float() - b) ** 2).sum((1, 2, 3)) / (c ** 2).sum((1, 2, 3)) for a, b, c in zip(encode(z), target, w)], 1)


def variation(z):
    """(N,): the slides' lambda R_beta of each picture, pixels counting 0..255"""
    right, below = z[..., :-1, 1:] - z[..., :-1, :-1], z[..., 1:, :-1] - z[..., :-1, :-1]
    return 0.001 * 255 ** 2 * (right ** 2 + below ** 2).sum((1, 2, 3))


def edit_loss(encode, weights, x, w, variances):
    with torch.no_grad():
        taps = [a.float() for a in encode(x)]
    z, target = edit(weights, x, taps, w)
    start = sum((a ** 2).sum((1, 2, 3)) for a in w) / 6 + variation(x)   # the objective at x
    pull = sum(F.adaptive_avg_pool2d((a ** 2).mean(1, keepdim=True), z.shape[2] // UNIT) / v for a, v in zip(w, variances))
    calm = (1 - pull / pull.mean((2, 3), keepdim=True)).clamp_min(0)
    drift = (calm * F.avg_pool2d(z - x, UNIT).abs()).mean()
    return over_start(encode, z, target, w).mean() + (variation(z) / start).mean() + 5 * drift


def draw_edit(framed, rng, count):
    """Parts of frames, and a direction for each: the same one at other strengths, either way. Faces and attribute may be of two folders."""
    box = (rng.randint(0, (FRAME - EDIT_CROP) // UNIT) * UNIT, rng.randint(0, (FRAME - EDIT_CROP) // UNIT) * UNIT, EDIT_CROP)
    faces = rng.choice(framed).frames
    x = torch.stack([rng.choice(faces)[box[0]:box[0] + EDIT_CROP, box[1]:box[1] + EDIT_CROP] for _ in range(count)])[:, None]
    strength = torch.tensor([rng.choice([-1, 1]) * rng.uniform(0.5, 2.5) for _ in range(count)]).view(-1, 1, 1, 1)
    return x, [strength * a for a in rng.choice(framed).direction(rng, box)]


def draw_batch(sources, rng, batch):
    """@batch crops of 128 to 160 pixels; one time in 12 a quarter as many whole frames."""
    side, count = (FRAME, max(1, batch // 4)) if rng.random() < 1 / 12 else (rng.choice([128, 144, 160]), batch)
    picked = rng.choices(sources, [s.share for s in sources], k=count)
    return torch.stack([s.crop(rng, side) for s in picked])[:, None]


def evaluate(encode, weights, pictures):
    """PSNR and L1 of luma, and the taps' squared error over their variance within channels, over all @pictures."""
    square, absolute, errors, variances = [], [], [], []
    with torch.no_grad():
        for x in pictures:
            taps = encode(x)
            y = decode(weights, taps).clamp(0, 1)
            square.append(float(F.mse_loss(y, x)))
            absolute.append(float(F.l1_loss(y, x)))
            errors.append([float(F.mse_loss(a, b)) for a, b in zip(encode(y), taps)])
            variances.append([float(b.var(dim=(0, 2, 3)).mean()) for b in taps])
    return ("PSNR %.2f dB  L1 %.4f  " % (np.mean(-10 * np.log10(square)), np.mean(absolute)) +
            encoder_script.describe(np.mean(errors, 0) / np.mean(variances, 0)))


def tap_variances(encode, pictures):
    with torch.no_grad():
        return np.mean([[float(a.var()) for a in encode(x)] for x in pictures], 0)


def open_pictures(args, only_kept_out=False):
    return [Pictures(*entry, only_kept_out=only_kept_out) for entry in args.pictures or []]


def train(args):
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    encode = load_encoder(args.encoder)
    identity = encoder_sha256(args.encoder)
    sources = open_pictures(args)
    held_out = [sources[0].whole(image) for image in sources[0].kept_out[:args.most]]
    variances = tap_variances(encode, held_out[:16])
    framed = [Framed(*entry, encode) for entry in args.framed or []]

    weights = new_decoder(torch.Generator().manual_seed(args.seed))
    for tensor in weights.values():
        tensor.requires_grad_(True)
    optimiser = torch.optim.Adam(list(weights.values()), lr=1e-3)
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    state, first = args.out + ".state", 0
    if args.resume:
        try:
            saved = torch.load(state)   # this script's own file
        except OSError as error:
            sys.exit("nothing to go on from: %s" % error)
        with torch.no_grad():
            for name, tensor in weights.items():
                tensor.copy_(saved["weights"][name])
        first, average = saved["step"], saved["average"]
        optimiser.load_state_dict(saved["optimiser"])
        rng.setstate(saved["random"])
        torch.set_rng_state(saved["torch_random"])
        if first >= args.steps:
            sys.exit("%s has had its %d steps; ask for more with --steps" % (state, first))

    def save(step, loss):
        torch.save({"step": step, "weights": {n: t.detach() for n, t in weights.items()}, "average": average,
                    "optimiser": optimiser.state_dict(), "random": rng.getstate(), "torch_random": torch.get_rng_state()},
                   state + ".part")
        os.replace(state + ".part", state)
        write_safetensors(args.out, average, identity,
                          args.provenance or "trained by train_decoder.py, %d steps" % step, "float32")
        print("step %d, loss %s; held out: %s" % (step, loss, evaluate(encode, average, held_out)), flush=True)

    warm_up, seen, edits = max(1, min(WARM_UP, args.steps // 10)), [], []
    print("step %d; held out: %s" % (first, evaluate(encode, average, held_out)), flush=True)
    step, steps, since = first, args.steps, (first, time.time())
    while step < steps:
        optimiser.param_groups[0]["lr"] = 1e-3 * min(1.0, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / steps))
        x = draw_batch(sources, rng, args.batch)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            loss = inverse_loss(encode, weights, x, variances)
            seen.append(float(loss))
            if framed and step >= args.edits_from and rng.random() < 0.5:
                extra = edit_loss(encode, weights, *draw_edit(framed, rng, max(1, args.batch // 2)), variances)
                edits.append(float(extra))
                loss = loss + 0.03 * extra
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimiser.step()

        keep = min(0.999, (step + 1) / (step + 10))   # an average over the last thousand steps, shorter at the start
        with torch.no_grad():
            for name, tensor in weights.items():
                average[name].mul_(keep).add_(tensor, alpha=1 - keep)
        step += 1
        if step % args.every == 0 or step == steps:
            save(step, "%.4f" % np.mean(seen) + (", of edits %.4f" % np.mean(edits) if edits else ""))
            seen, edits = [], []
            if args.until:   # at the speed since the last time
                now = time.time()
                steps = step + max(0, int((args.until - now) * (step - since[0]) / (now - since[1])))
                since = step, now
                print("%s: %d steps in all" % (time.strftime("%H:%M", time.gmtime()), steps), flush=True)


def time_of_day(text):
    """HH:MM in UTC -> when that is next, in seconds"""
    wanted, now = time.strptime(text, "%H:%M"), time.time()
    then = now - now % 86400 + 3600 * wanted.tm_hour + 60 * wanted.tm_min
    return then if then > now else then + 86400


def convert(args):
    weights, metadata = read_decoder(args.source)
    identity = encoder_sha256(args.encoder)
    if metadata.get("dfi.encoder", identity) != identity:
        sys.exit("%s was trained for another encoder than %s" % (args.source, args.encoder))
    write_safetensors(args.out, weights, identity, args.provenance or metadata.get("dfi.provenance", ""), args.dtype)


def compare(args):
    encode, (weights, _) = load_encoder(args.encoder), read_decoder(args.file)
    for source, (folder, _, _) in zip(open_pictures(args, only_kept_out=True), args.pictures):
        pictures = [source.whole(image) for image in source.kept_out[:args.most]]
        print("%s, %d pictures kept out: %s" % (folder, len(pictures), evaluate(encode, weights, pictures)), flush=True)


def neighbours_direction(framed, taps, change):
    """WITH/WITHOUT=STRENGTH -> the direction between the face's neighbours of either kind, of the folder that has most of them"""
    names, strength = change.rsplit("=", 1)
    have, _, lack = names.partition("/")
    best = max(framed, key=lambda f: min(100, len(f.those(have, True, None))))
    sides = best.those(have, True, None), best.those(lack, True, None) if lack else best.those(have, False, None)
    if not all(sides):
        sys.exit("no frame is there to show %s" % change)
    means = [best.mean(best.near(taps, side), (0, 0, FRAME)) for side in sides]
    return [float(strength) * (a - b) for a, b in zip(*means)]


def sheet(args):
    """A row for each face: the face, what the decoder makes of its features, and the edits; one pixel for one."""
    encode, (weights, _) = load_encoder(args.encoder), read_decoder(args.file)
    framed = [Framed(*entry, encode) for entry in args.framed or []]
    rows, ratios = [], []
    for path in list_photos([args.faces])[:args.most]:
        x = as_luma(Image.open(path).convert("L").resize((FRAME, FRAME), Image.BICUBIC))[None, None]
        with torch.no_grad():
            taps = encode(x)
            row = [x, decode(weights, taps)]
            for change in args.set or []:
                w = neighbours_direction(framed, taps, change)
                z, target = edit(weights, x, taps, w)
                row.append(z)
                ratios.append(over_start(encode, z.clamp(0, 1), target, w)[0].tolist())
        rows.append(torch.cat(row, 3)[0, 0])
    picture = (torch.cat(rows).clamp(0, 1) * 255 + 0.5).numpy().astype(np.uint8)
    Image.fromarray(picture).save(args.out)
    for k, change in enumerate(args.set or []):
        print("%s: features' distance from the target, over the start's: %s" % (
            change, encoder_script.describe(np.mean(ratios[k::len(args.set)], 0))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    pictures = {"nargs": 3, "action": "append", "metavar": ("FOLDER", "SCALE", "SHARE"), "required": True,
                "help": "pictures, pixels of the frame for one of theirs, and how often they are drawn; may be repeated"}
    framed = {"nargs": 2, "action": "append", "metavar": ("FOLDER", "TABLE"),
              "help": "frames of 320 x 320 pixels and the table of their attributes; may be repeated"}

    p = commands.add_parser("train", help="train a decoder")
    p.add_argument("encoder")
    p.add_argument("--out", required=True)
    p.add_argument("--pictures", **pictures)
    p.add_argument("--framed", **framed)
    p.add_argument("--steps", type=int, default=8000, help="in all, so that --resume goes on to here")
    p.add_argument("--until", type=time_of_day, metavar="HH:MM", help="reckon the steps anew at every evaluation, so that they end then (UTC)")
    p.add_argument("--edits-from", type=int, default=2500, help="the step that begins to train edits, with --framed")
    p.add_argument("--every", type=int, default=250, help="steps between evaluations and saved states")
    p.add_argument("--most", type=int, default=40, help="pictures kept out of the training to evaluate on")
    p.add_argument("--batch", type=int, default=8, help="crops of a step")
    p.add_argument("--bf16", action="store_true", help="multiply in bfloat16: twice as fast where the processor has it")
    p.add_argument("--resume", action="store_true", help="go on from OUT.state")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--provenance", default="")
    p.set_defaults(run=train)

    p = commands.add_parser("convert", help="check shapes and the encoder, choose the precision")
    p.add_argument("encoder")
    p.add_argument("source")
    p.add_argument("out")
    p.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    p.add_argument("--provenance", help="instead of what the source says")
    p.set_defaults(run=convert)

    p = commands.add_parser("compare", help="how well a decoder undoes the encoder, on pictures kept out of the training")
    p.add_argument("encoder")
    p.add_argument("file")
    p.add_argument("--pictures", **pictures)
    p.add_argument("--most", type=int, default=200, help="pictures of a folder")
    p.set_defaults(run=compare)

    p = commands.add_parser("sheet", help="draw faces, what comes back of their features, and edits")
    p.add_argument("encoder")
    p.add_argument("file")
    p.add_argument("out")
    p.add_argument("--faces", required=True, help="folder of frames")
    p.add_argument("--framed", **framed)
    p.add_argument("--set", action="append", metavar="WITH/WITHOUT=STRENGTH", help="an edit; /WITHOUT may be left out; may be repeated")
    p.add_argument("--most", type=int, default=6, help="faces")
    p.set_defaults(run=sheet)

    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
