#!/usr/bin/env python3
"""Trains the network that says where hair is around a face, from labels by a mixture model, and writes it as dfi reads it.

  train_hair.py views PICTURES FACES OUT.npz
  train_hair.py atlas VIEWS.npz OUT.npy [--views 100] [--rounds 2] [--seed 0]
  train_hair.py label VIEWS.npz ATLAS.npy OUT.npz [--network FILE.safetensors] [--table FILE.csv] [--run-on] [--seed 0]
  train_hair.py train --labels LABELS.npz SHARE GROUNDS [--labels ...] --out FILE.safetensors [--steps 1500] [--rate 0.003]
                      [--begin OTHER.safetensors.state] [--resume] [--seed 0]
  train_hair.py convert IN.safetensors OUT.safetensors [--dtype float16|float32]
  train_hair.py compare FILE.safetensors LABELS.npz [LABELS.npz ...]
  train_hair.py sheet LABELS.npz OUT.png [--most 32]

core/hair/hair-network.h describes the network and its file, core/hair/view.h the part of a photograph that it sees.

The views
---------
FACES holds, for each picture NAME of the folder PICTURES, what `dfi faces --json` prints of it as NAME.json; the first face counts.
Pictures without a face are left out.  A view is 160 x 160 pixels and 6.4 distances between the eyes wide, a unit thus 25 pixels;
photograph -> view is the similarity transform that brings the centres of the eyes and of the mouth nearest to the bundled
database's, by least squares.

The labels
----------
Nobody drew where hair is.  Four classes, skin, hair, ground and clothes, share an atlas: how likely each is at each place of the view.
The first atlas is set down by hand (an ellipse for the head, one for the face, a neck, shoulders).  In each picture EM finds the
classes' colours, which are that picture's own: for each pixel L* / 12, a* / 6 and b* / 6, blurred a little, and 1.5 log (0.7 + the
deviation of L* in a square of 5 x 5); 2 Gaussians for skin, hair and clothes each, 3 for the ground, fitted to 1,500 pixels drawn by
the posterior.  Posterior ~ prior times likelihood to the power 0.6, since neighbours are not independent, then smoothed by a guided
filter (He, Sun and Tang, 2013; radius 3, epsilon 0.001), six times over.  What is known of the face helps: inside its outline all is
skin, beards too; the lower forehead is skin but for a fringe.  Pieces of hair that do not hang together with the face are dropped.
`atlas` estimates the atlas anew from the posteriors of a hundred views, made symmetric and blurred, twice over.

`label` gives each view its hair, 0..1, and a weight, 1 where the picture lies.  With a --network, trained by labels of the first
round, hair's prior is half of what that says (mean of the view and the mirrored view) and a quarter of the atlas; and weights fall
to 1.3 - 1.2 d, within 0.15..1, where labels and network differ by d.

--table FILE.csv corrects what is known of pictures, by people: "file", then columns of 0 or 1, each of which may be missing:
bald (almost no hair is expected; the whole label counts), wearing-hat (no hair half a unit above the brows), no-hair (none that
shows at all) and long-hair (with a network: hair is likely beside the neck and before the shoulders, too; the whole label counts).
With --run-on, hair that a picture's lower edge cuts goes on below it, where the view repeats the last row, with a weight of 0.27.
`sheet` draws labels over views, to look at.

The training
------------
--labels LABELS.npz SHARE GROUNDS says how often views of a file are drawn and how many of them, 0..1, get another ground: that of
some view's upper corner, or its mean colour.  Every 25th view of a file is kept out of the training.

Batches of 24 views, turned (deviation 0.1 rad), scaled (10%), shifted (5% of half a view), mirrored; gamma, contrast, shift,
tint, saturation, one in five grey; noise; blur in three batches of ten.  The loss is the labels' cross-entropy, weighted, and half
of 1 - Dice's coefficient.  AdamW, weight decay 0.0001, gradient norm clipped at 3, learning rate warmed up over 100 steps and
brought down along a cosine.  Layers are normalised by batch until the network is written; what is written is an average of the last
weights, the normalisation folded into the filters.

The bundled network was trained three times, each training going on from the last with --begin:

    1,061 steps at 0.003 on labels by the atlas alone: --labels faces 1 0
    1,491 steps at 0.002 on labels of the second round: --labels faces 0.55 0.45 --labels lfw-a 0.2 0 --labels portraits 0.25 0.45
    306 steps at 0.0015, faces with --run-on: --labels faces 0.4 0.5 --labels lfw-a 0.15 0 --labels portraits 0.2 0.5, and --labels
        long 0.25 0.5, 14 portraits with long-hair in the table

Needs PyTorch, NumPy and Pillow as train_encoder.py does.
"""
import argparse
import csv
import json
import math
import multiprocessing
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFilter

from train_encoder import as_tensor, list_photos, read_safetensors, write_tensors

VIEW, SHARES = 160, 80     # pixels along a side of what the network sees and of what it answers
UNIT = VIEW / 6.4          # distance between the eyes in the view; the eyes are 2.4 of it below its top
KEPT_OUT = 25              # every how many views one is kept out of the training
BATCH = 24
# x + iy: eyes and mouth in the frame of the bundled database, and in the view
FRAME = np.array([118.5 + 136j, 204.33 + 134.67j, 163.17 + 233j])
PLACES = VIEW / 2 + 2.4j * UNIT + UNIT * (FRAME - FRAME[:2].mean()) / abs(FRAME[1] - FRAME[0])
# of each pixel's centre: to the right of and below the middle between the eyes, in units
DOWN, RIGHT = (np.mgrid[:VIEW, :VIEW] + 0.5 - np.array([2.4 * UNIT, VIEW / 2]).reshape(2, 1, 1)) / UNIT
SKIN, HAIR, GROUND, CLOTHES = range(4)
GAUSSIANS = (2, 2, 3, 2)

# (name, channels, filters, stride, doubled before?, layer added before the ReLU): the table of hair-network.h
LAYERS = [("down0", 3, 24, 2, False, None), ("down1", 24, 48, 2, False, None), ("keep1", 48, 48, 1, False, None),
          ("down2", 48, 96, 2, False, None), ("keep2", 96, 96, 1, False, None), ("down3", 96, 192, 2, False, None),
          ("keep3", 192, 192, 1, False, None), ("keep4", 192, 192, 1, False, None),
          ("up2", 192, 96, 1, True, "keep2"), ("join2", 96, 96, 1, False, None),
          ("up1", 96, 48, 1, True, "keep1"), ("join1", 48, 48, 1, False, None),
          ("up0", 48, 24, 1, True, "down0"), ("join0", 24, 24, 1, False, None), ("out", 24, 1, 1, False, None)]
EPSILON = 1e-5             # of batch normalisation


# ---------- files ----------

def save_arrays(path, **arrays):
    """Beside, then renamed."""
    with open(path + ".part", "wb") as f:
        np.savez(f, **arrays)
    os.replace(path + ".part", path)


def load_arrays(path, *names):
    """The arrays with these names of an .npz file."""
    try:
        with np.load(path) as file:
            return [file[name] for name in names]
    except OSError as error:
        sys.exit(str(error))
    except (ValueError, KeyError, AttributeError, EOFError) as error:
        sys.exit("%s: no file that this script wrote with %s (%s)" % (path, ", ".join(names), error))


def filter_shapes(name, channels, filters):
    """-> {tensor: shape} of a layer, without its bias"""
    if name == "down0":
        return {"hair.down0.filters": (filters, channels, 3, 3)}
    if name == "out":
        return {"hair.out.weights": (filters, channels)}
    return {"hair.%s.depthwise_filter" % name: (channels, 3, 3), "hair.%s.pointwise_filter" % name: (filters, channels)}


def tensor_shapes():
    """-> {tensor: shape} of the file, in its order"""
    shapes = {}
    for name, channels, filters, *_ in LAYERS:
        shapes.update(filter_shapes(name, channels, filters))
        shapes["hair.%s.bias" % name] = (filters,)
    return shapes


def write_safetensors(path, weights, provenance, dtype, licence="CC-BY-4.0"):
    metadata = {"dfi.kind": "hair", "dfi.version": "1", "dfi.licence": licence, "dfi.provenance": provenance}
    write_tensors(path, metadata, {name: weights[name] for name in tensor_shapes()}, dtype)


def read_hair(path):
    """-> (weights, metadata), after a look at all tensors"""
    weights, metadata = read_safetensors(path)
    for name, shape in tensor_shapes().items():
        if name not in weights or tuple(weights[name].shape) != shape:
            sys.exit("%s: there is no tensor %s of the shape %s; it is no network of hair" % (path, name, " x ".join(map(str, shape))))
    return {name: weights[name] for name in tensor_shapes()}, metadata


# ---------- the network ----------

def add_bias(weights):
    return lambda name, x: x + weights["hair.%s.bias" % name].view(1, -1, 1, 1)


def normalise(weights):
    """By batch, while training; the means over many batches are kept in @weights."""
    return lambda name, x: F.batch_norm(x, *(weights["hair.%s.%s" % (name, what)] for what in ("mean", "variance", "gain", "shift")),
                                        training=True, eps=EPSILON)


def forward(weights, views, after):
    """Views (N, 3, VIEW, VIEW) in 0..1 -> logits (N, 1, SHARES, SHARES); @after follows the filters of each layer but the last."""
    x, results = views - 0.5, {}
    for name, channels, _, stride, doubled, added in LAYERS:
        if doubled:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        if name == "out":
            return F.conv2d(x, weights["hair.out.weights"][:, :, None, None], weights["hair.out.bias"])
        x = F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        if name == "down0":
            x = F.conv2d(x, weights["hair.down0.filters"], stride=2)
        else:
            x = F.conv2d(x, weights["hair.%s.depthwise_filter" % name][:, None], stride=stride, groups=channels)
            x = F.conv2d(x, weights["hair.%s.pointwise_filter" % name][:, :, None, None])
        x = after(name, x)
        x = results[name] = F.relu(x + results[added] if added else x)


def new_network():
    """As forward() with normalise() wants it; filters uniform, within the root of 1 / their inputs."""
    weights = {}
    for name, channels, filters, *_ in LAYERS:
        for tensor, shape in filter_shapes(name, channels, filters).items():
            inputs = math.prod(shape) / shape[0]
            weights[tensor] = (2 * torch.rand(shape) - 1) / math.sqrt(inputs)
        if name == "out":
            weights["hair.out.bias"] = torch.zeros(filters)
        else:
            for what, value in (("gain", 1.0), ("shift", 0.0), ("mean", 0.0), ("variance", 1.0)):
                weights["hair.%s.%s" % (name, what)] = torch.full((filters,), value)
    return weights


def learnt(weights):
    return [tensor for name, tensor in weights.items() if not name.endswith(("mean", "variance"))]


def fold(weights):
    """A trained network with its batch normalisation in the filters and biases, as it is written."""
    folded = {name: weights[name] for name in tensor_shapes() if name in weights}
    for name, *_ in LAYERS[:-1]:
        gain, shift, mean, variance = (weights["hair.%s.%s" % (name, what)] for what in ("gain", "shift", "mean", "variance"))
        scale = gain / torch.sqrt(variance + EPSILON)
        filters = "hair.down0.filters" if name == "down0" else "hair.%s.pointwise_filter" % name
        folded[filters] = weights[filters] * scale.view(-1, *[1] * (weights[filters].dim() - 1))
        folded["hair.%s.bias" % name] = shift - mean * scale
    return folded


# ---------- views ----------

def place(landmarks):
    """68 landmarks, x + iy -> (a, t): photograph -> view is z -> a z + t"""
    points = np.array([landmarks[36:42].mean(), landmarks[42:48].mean(), landmarks[48:68].mean()])
    here, there = points - points.mean(), PLACES - PLACES.mean()
    a = (here.conj() * there).sum() / (abs(here) ** 2).sum()
    return a, PLACES.mean() - a * points.mean()


def cut(picture, a, t):
    """-> ((VIEW, VIEW, 3) bytes: the view, the picture's outermost pixels repeated; (VIEW, VIEW): where the picture lies)"""
    x, centres = as_tensor(picture)[None], np.arange(VIEW) + 0.5
    z = (centres + 1j * centres[:, None] - t) / a
    inside = (z.real >= 0) & (z.real < picture.width) & (z.imag >= 0) & (z.imag < picture.height)
    while abs(a) < 0.5:
        x, z, a = F.avg_pool2d(x, 2), z / 2, 2 * a
    grid = np.stack([2 * z.real / x.shape[3] - 1, 2 * z.imag / x.shape[2] - 1], -1).astype(np.float32)
    view = F.grid_sample(x, torch.from_numpy(grid)[None], mode="bicubic", padding_mode="border", align_corners=False)[0]
    return (view.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).numpy(), inside


def first_face(path):
    """-> (68,) landmarks of the first face in a file of `dfi faces --json`, x + iy, or None"""
    try:
        with open(path) as f:
            faces = json.load(f)
        return np.array(faces[0]["landmarks"], float).reshape(68, 2) @ [1, 1j] if faces else None
    except OSError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        sys.exit("%s: not what `dfi faces --json` prints (%r)" % (path, error))


def views(args):
    rows = []
    for path in list_photos([args.pictures]):
        name = os.path.relpath(path, args.pictures)
        landmarks = first_face(os.path.join(args.faces, name + ".json"))
        if landmarks is not None:
            a, t = place(landmarks)
            seen = a * landmarks + t
            rows.append((*cut(Image.open(path).convert("RGB"), a, t), np.stack([seen.real, seen.imag], 1).astype(np.float32), name))
    if not rows:
        sys.exit("%s: there is no face of a picture of %s" % (args.faces, args.pictures))
    save_arrays(args.out, **dict(zip(("views", "inside", "landmarks", "names"), map(np.array, zip(*rows)))))
    print("%d views" % len(rows))


# ---------- labels ----------

def box_mean(a, radius):
    """Of each square of 2 @radius + 1 pixels of a (..., H, W), reflected at its border."""
    side = 2 * radius + 1
    for _ in range(2):
        sums = np.pad(a, [(0, 0)] * (a.ndim - 1) + [(radius + 1, radius)], "reflect").cumsum(-1)
        a = ((sums[..., side:] - sums[..., :-side]) / side).swapaxes(-1, -2)
    return a


def blur(a, sigma):
    """Of a (..., H, W), by a Gaussian, reflected at its border."""
    n = math.ceil(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-n, n + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for _ in range(2):
        wide = np.pad(a, [(0, 0)] * (a.ndim - 1) + [(n, n)], "reflect")
        a = sum(k * wide[..., i:i + a.shape[-1]] for i, k in enumerate(kernel)).swapaxes(-1, -2)
    return a


def guided(maps, guide, radius, epsilon):
    """@maps (..., H, W) that follow the edges of @guide (H, W): He, Sun and Tang, 2013"""
    mean_guide, mean_maps = box_mean(guide, radius), box_mean(maps, radius)
    slope = (box_mean(guide * maps, radius) - mean_guide * mean_maps) / (box_mean(guide * guide, radius) - mean_guide ** 2 + epsilon)
    return box_mean(slope, radius) * guide + box_mean(mean_maps - slope * mean_guide, radius)


def lab(rgb):
    """sRGB (..., 3) in 0..1 -> L*, a*, b* (..., 3), white being D65"""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124564, 0.2126729, 0.0193339], [0.3575761, 0.7151522, 0.1191920], [0.1804375, 0.0721750, 0.9503041]])
    xyz /= (0.95047, 1.0, 1.08883)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def features(view):
    """-> (VIEW * VIEW, 4): what the mixtures are of"""
    planes = np.moveaxis(lab(view / 255), -1, 0)
    deviation = np.sqrt(np.maximum(box_mean(planes[0] ** 2, 2) - box_mean(planes[0], 2) ** 2, 0))
    smooth = blur(planes, 0.8)
    return np.stack([smooth[0] / 12, smooth[1] / 6, smooth[2] / 6, 1.5 * np.log(deviation + 0.7)], -1).reshape(-1, 4)


def log_parts(x, mixture):
    """-> (K, n): log of each Gaussian's density at each row of x (n, 4), times its share, less a constant"""
    parts = []
    for share, mean, covariance in mixture:
        d = np.linalg.solve(np.linalg.cholesky(covariance), (x - mean).T)
        parts.append(np.log(share + 1e-9) - 0.5 * (d ** 2).sum(0) - 0.5 * np.linalg.slogdet(covariance)[1])
    return np.array(parts)


def fit(rng, x, weights, count):
    """@count Gaussians for the rows of x (n, 4), weighted: five steps of EM on 1,500 of them"""
    rows = x[rng.choice(len(x), 1500, p=weights / weights.sum())]
    mixture = [(1 / count, mean, np.cov(rows.T) + 0.05 * np.eye(4)) for mean in rows[rng.choice(len(rows), count)]]
    for _ in range(5):
        parts, mixture = log_parts(rows, mixture), []
        for share in np.exp(parts - np.logaddexp.reduce(parts, 0)):
            total = share.sum() + 1e-6
            mean = share @ rows / total
            d = rows - mean
            mixture.append((total / len(rows), mean, (d * share[:, None]).T @ d / total + 0.08 * np.eye(4)))
    return mixture


def polygon(points):
    """(VIEW, VIEW): what lies within @points (n, 2)"""
    image = Image.new("1", (VIEW, VIEW))
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in points], fill=1, outline=1)
    return np.asarray(image)


def face_of(landmarks):
    """-> (the face within its outline, the lower forehead, eyes and mouth), each (VIEW, VIEW)"""
    brows = landmarks[17:27]
    face = polygon([*landmarks[:17], *brows[::-1]])
    forehead = polygon([*brows, *(brows[2:8] - (0, 0.3 * UNIT))[::-1]]) & (DOWN < 0) & ~face
    return face, forehead, polygon(landmarks[36:42]) | polygon(landmarks[42:48]) | polygon(landmarks[48:60])


def first_atlas():
    """(4, VIEW, VIEW): how likely each class is, by hand"""
    edge = lambda steep, x: 1 / (1 + np.exp(-steep * x))   # 1 where x > 0
    ellipse = lambda steep, y, wide, high: edge(steep, 1 - np.hypot(RIGHT / wide, (DOWN - y) / high))
    head, face = ellipse(6, 0.15, 1.45, 1.95), ellipse(8, 0.55, 1.0, 1.35)
    hair = np.clip(head - face, 0, 1) * np.where(DOWN < 0.2, 1, np.clip(1 - (DOWN - 0.2) / 3, 0.15, 1))
    hair = np.maximum(hair, 0.25 * ellipse(6, 1.2, 1.9, 2.4) * (DOWN > -0.5) * (1 - face))   # long hair
    neck = edge(8, 0.75 - abs(RIGHT)) * edge(6, DOWN - 1.6) * edge(6, 3 - DOWN)
    clothes = 0.8 * edge(5, DOWN - 2.3)
    atlas = np.array([np.maximum(face, 0.7 * neck) + 0.01, hair + 0.02, (1 - head) * (1 - clothes) * (1 - neck) + 0.02,
                      clothes * (1 - face) + 0.005])
    return atlas / atlas.sum(0)


def segment(view, inside, landmarks, prior, seed):
    """-> (4, VIEW, VIEW): the classes' posterior; @prior: likewise"""
    rng, x = np.random.default_rng(seed), features(view)
    luma, (face, forehead, holes) = view.mean(-1) / 255, face_of(landmarks)
    prior = prior.copy()
    prior[:, forehead] *= np.array([[1], [0.35], [0.2], [0.2]])
    prior[:, face] *= np.array([[1], [0.002], [0.0005], [0.0005]])
    prior /= prior.sum(0)
    skin, posterior = (face | forehead) & ~holes, prior
    for k in range(6):
        logs = []
        for c in range(4):
            weights = (posterior[c] * inside * (skin if c == SKIN and k < 2 else 1)).ravel()
            seen = weights.sum() > 30   # pixels; a class may be missing
            logs.append(np.logaddexp.reduce(log_parts(x, fit(rng, x, weights, GAUSSIANS[c])), 0) if seen else np.full(len(x), -30.0))
        posterior = 0.6 * np.reshape(logs, prior.shape) + np.log(prior + 1e-9)
        posterior = np.exp(posterior - np.logaddexp.reduce(posterior, 0))
        posterior = np.clip(guided(posterior, luma, 3, 1e-3), 1e-4, 1)
        posterior /= posterior.sum(0)
        posterior[:, face] = np.array([[1], [0], [0], [0]])
    return posterior


def pieces(mask):
    """(H, W): a number for each piece of @mask that hangs together by its pixels' sides, 0 outside"""
    numbers = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        wide = np.pad(numbers, 1)
        grown = np.max([numbers, wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]], 0) * mask
        if (grown == numbers).all():
            return numbers
        numbers = grown


def hanging(hair, landmarks):
    """@hair (VIEW, VIEW) without what is tiny, and without pieces away from the face."""
    numbers = pieces(hair > 0.5)
    near = Image.fromarray(polygon([*landmarks[:17], *landmarks[26:16:-1]])).convert("L").filter(ImageFilter.MaxFilter(13))
    sizes = np.bincount(numbers.ravel(), minlength=numbers.size + 1)
    touching = np.bincount(numbers[np.asarray(near) > 0], minlength=numbers.size + 1)
    kept = (sizes > 40) & (touching > 5)
    kept[0] = True
    return np.where(kept[numbers], hair, 0)


def prior_of(atlas, share, known):
    """@share: (nullable): (VIEW, VIEW): what a network says"""
    prior, bald = atlas.copy(), "bald" in known
    if bald:
        prior[SKIN] += 0.25 * prior[HAIR] * (DOWN < 0)
        prior[HAIR] *= 0.1
    if share is not None:
        share = np.clip(share, 0.02, 0.98) * (np.where(DOWN < -0.35, 0.03, 0.5) if bald else 1)
        hair = 0.5 * share + 0.25 * prior[HAIR]
        if "long-hair" in known:
            hair = np.maximum(hair, 0.45 * np.sqrt(np.clip(1 - abs(RIGHT) / 2.6, 0, 1)) *
                              np.clip((DOWN + 0.3) / 0.6, 0, 1) * np.clip((3.6 - DOWN) / 0.8, 0, 1))
        prior[HAIR] = 0
        prior *= (1 - hair) / prior.sum(0)
        prior[HAIR] = hair
    return prior / prior.sum(0)


def run_on(hair, weight, inside):
    """Below the picture's lower edge, if the view shows much of that."""
    edge = np.flatnonzero(inside.sum(1) > 20).max()
    if edge < VIEW - 10:
        hair[edge:] = hair[edge - 1]
        weight[edge:, inside[edge - 1]] = 0.27


def label_view(view, inside, landmarks, atlas, share, known, down, seed):
    """-> (hair, weight, all but ground), each (VIEW, VIEW) in 0..1"""
    posterior = segment(view, inside, landmarks, prior_of(atlas, share, known), seed)
    hair, weight = hanging(posterior[HAIR], landmarks), inside.astype(float)
    if share is not None and not known & {"bald", "long-hair"}:
        weight *= np.clip(1.3 - 1.2 * abs(hair - share), 0.15, 1)
    if "wearing-hat" in known:
        hair = hair * (DOWN * UNIT + 2.4 * UNIT > landmarks[17:27, 1].mean() - 0.5 * UNIT)
    hair = hair * ("no-hair" not in known)
    if down:
        run_on(hair, weight, inside)
    return hair, weight, 1 - posterior[GROUND]


def in_parallel(function, rows):
    """What @function makes of each of @rows, in their order."""
    with multiprocessing.Pool() as pool:
        return pool.starmap(function, rows, chunksize=4)


def atlas(args):
    seen, inside, landmarks = load_arrays(args.views, "views", "inside", "landmarks")
    by_hand = estimate = first_atlas()
    chosen = np.random.default_rng(args.seed).permutation(len(seen))[:args.most]
    for _ in range(args.rounds):
        posteriors = in_parallel(segment, [(seen[i], inside[i], landmarks[i], estimate, args.seed + i) for i in chosen])
        counts = (sum(p * inside[i] for i, p in zip(chosen, posteriors)) + 2 * by_hand) / (inside[chosen].sum(0) + 2)
        counts = blur(counts, 4)
        counts += counts[:, :, ::-1]
        estimate = 0.9 * counts / counts.sum(0) + 0.1 * by_hand
        print("skin %.3f, hair %.3f, ground %.3f, clothes %.3f of the view" % tuple(estimate.mean((1, 2))), flush=True)
    with open(args.out, "wb") as f:
        np.save(f, estimate)


def read_table(path):
    """-> {name of a picture: set of the columns that are 1}"""
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    if not rows or "file" not in rows[0]:
        sys.exit("%s: a table has a column “file” and lines" % path)
    return {row["file"]: {column for column, value in row.items() if value == "1"} for row in rows}


def both_ways(weights, seen):
    """-> (n, VIEW, VIEW): what a network says of views, mean of the view and the mirrored view"""
    shares = []
    with torch.no_grad():
        for k in range(0, len(seen), BATCH):
            x = torch.from_numpy(seen[k:k + BATCH]).permute(0, 3, 1, 2).float() / 255
            here, mirrored = (torch.sigmoid(forward(weights, v, add_bias(weights))) for v in (x, x.flip(3)))
            share = (here + mirrored.flip(3)) / 2
            shares.append(F.interpolate(share, scale_factor=2, mode="bilinear", align_corners=False)[:, 0])
    return torch.cat(shares).numpy()


def label(args):
    seen, inside, landmarks, names = load_arrays(args.views, "views", "inside", "landmarks", "names")
    prior = np.load(args.atlas)
    shares = both_ways(read_hair(args.network)[0], seen) if args.network else [None] * len(seen)
    table = read_table(args.table) if args.table else {}
    known = [table.get(os.path.basename(name), set()) for name in names]
    labels = in_parallel(label_view, [(*row, args.run_on, args.seed + i) for i, row in
                                      enumerate(zip(seen, inside, landmarks, [prior] * len(seen), shares, known))])
    hair, weight, other = (np.round(255 * np.array(maps)).astype(np.uint8) for maps in zip(*labels))
    save_arrays(args.out, views=seen, hair=hair, weight=weight, other=other, names=names)
    print("%d views; hair in %.1f%% of their pixels" % (len(seen), hair.mean() / 2.55))


def sheet(args):
    """Four views to a row, each with its hair in magenta beside it; the names in the same order."""
    seen, hair, names = load_arrays(args.labels, "views", "hair", "names")
    chosen = np.linspace(0, len(seen) - 1, min(args.most, len(seen))).astype(int)
    picture = Image.new("RGB", (8 * VIEW, VIEW * -(-len(chosen) // 4)))
    for k, i in enumerate(chosen):
        tinted = Image.composite(Image.new("RGB", (VIEW, VIEW), (255, 0, 255)), Image.fromarray(seen[i]),
                                 Image.fromarray((0.6 * hair[i]).astype(np.uint8)))
        picture.paste(Image.fromarray(seen[i]), (2 * VIEW * (k % 4), VIEW * (k // 4)))
        picture.paste(tinted, (2 * VIEW * (k % 4) + VIEW, VIEW * (k // 4)))
    picture.save(args.out)
    for k in range(0, len(chosen), 4):
        print("  ".join(names[chosen[k:k + 4]]))


# ---------- training ----------

class Labels:
    """A file of labels in memory; @share: how often its views are drawn; @grounds: how many of them get another ground."""

    def __init__(self, path, share=1, grounds=0):
        self.path, self.share, self.grounds = path, float(share), float(grounds)
        *self.arrays, _ = load_arrays(path, "views", "hair", "weight", "other", "names")
        count = len(self.arrays[0])
        if count < 2:
            sys.exit("%s: one view is too few, some are kept out of the training" % path)
        self.kept_out = np.arange(count)[KEPT_OUT // 2::KEPT_OUT] if count > KEPT_OUT // 2 else np.array([count - 1])
        self.learnt = np.setdiff1d(np.arange(count), self.kept_out)

    def maps(self, chosen):
        """-> views (n, 3, VIEW, VIEW) and hair, weight, all but ground (n, 1, VIEW, VIEW), in 0..1"""
        seen, *maps = (torch.from_numpy(array[chosen]).float() / 255 for array in self.arrays)
        return [seen.permute(0, 3, 1, 2), *(m[:, None] for m in maps)]

    def corners(self):
        """The views' upper corners that show ground and nothing else, (3, 65, 50) each"""
        found = []
        if self.grounds:
            for seen, _, weight, other in zip(*self.arrays):
                for left in (0, VIEW - 50):
                    part = slice(15, 80), slice(left, left + 50)
                    if (weight[part] > 0).mean() > 0.9 and other[part].mean() < 40:
                        found.append(torch.from_numpy(seen[part]).permute(2, 0, 1).float() / 255)
        return found


def uniform(low, high, *shape):
    return low + (high - low) * torch.rand(shape)


def chance(share):
    return float(torch.rand(())) < share


def pick(among):
    return among[int(torch.randint(len(among), ()))]


def new_ground(corner):
    """(3, VIEW, VIEW) of a corner (3, 65, 50): a part of it enlarged, or its mean colour, in another light"""
    if chance(0.25):
        ground = corner.mean((1, 2), keepdim=True).expand(-1, VIEW, VIEW)
    else:
        high, wide = (int(side * float(uniform(0.6, 1.0))) for side in corner.shape[1:])
        top, left = int(torch.randint(65 - high + 1, ())), int(torch.randint(50 - wide + 1, ()))
        part = corner[None, :, top:top + high, left:left + wide]
        ground = F.interpolate(part, size=(VIEW, VIEW), mode="bicubic", align_corners=False)[0].clamp(0, 1)
    return ground * uniform(0.5, 1.15)


def moved(x, hair, weight):
    """Turned, scaled, shifted and mirrored by chance, together."""
    n = len(x)
    angle, scale, mirror = 0.1 * torch.randn(n), torch.exp(0.1 * torch.randn(n)), 1 - 2.0 * torch.randint(2, (n,))
    to_view = torch.stack([torch.stack([mirror * scale * angle.cos(), -scale * angle.sin(), 0.05 * torch.randn(n)], 1),
                           torch.stack([mirror * scale * angle.sin(), scale * angle.cos(), 0.05 * torch.randn(n)], 1)], 1)
    grid = F.affine_grid(to_view, list(x.shape), align_corners=False)
    return [F.grid_sample(m, grid, padding_mode=p, align_corners=False) for m, p in ((x, "border"), (hair, "border"), (weight, "zeros"))]


def relit(x):
    """What cameras and light do, by chance."""
    n = len(x)
    x = x.clamp(1e-4, 1) ** torch.exp(uniform(-0.5, 0.5, n, 1, 1, 1))
    x = (x - 0.5) * torch.exp(uniform(-0.3, 0.3, n, 1, 1, 1)) + 0.5 + uniform(-0.12, 0.12, n, 1, 1, 1)
    x = x * torch.exp(uniform(-0.12, 0.12, n, 3, 1, 1))
    luma = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    x = luma + (x - luma) * uniform(0.6, 1.4, n, 1, 1, 1) * (torch.rand(n, 1, 1, 1) >= 0.2)
    x = x + torch.randn(x.shape) * uniform(0, 0.03, n, 1, 1, 1)
    if chance(0.3):
        x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)
    return x.clamp(0, 1)


def draw_batch(files, corners, count):
    """-> views, and hair and weight at half their size"""
    rows = []
    for k in torch.multinomial(torch.tensor([f.share for f in files]), count, replacement=True).tolist():
        x, hair, weight, other = files[k].maps([pick(files[k].learnt)])
        if corners and chance(files[k].grounds):
            kept = torch.maximum((other - 0.1).clamp(0, 0.8) / 0.8, hair)
            x = x * kept + new_ground(pick(corners)) * (1 - kept)
        rows.append((x, hair, weight))
    x, hair, weight = moved(*(torch.cat(maps) for maps in zip(*rows)))
    return relit(x), F.avg_pool2d(hair, 2), F.avg_pool2d(weight, 2)


def loss_of(logits, hair, weight):
    entropy = F.binary_cross_entropy_with_logits(logits, hair, weight, reduction="sum") / weight.sum().clamp_min(1)
    share = torch.sigmoid(logits)
    both, either = (share * hair * weight).sum((1, 2, 3)), ((share + hair) * weight).sum((1, 2, 3))
    return entropy + 0.5 * (1 - (2 * both + 10) / (either + 10)).mean()


def evaluate(weights, labels):
    """On the views of a file that are kept out: the loss, and where label and network, each at one half, agree of where either sees hair"""
    losses, both, either = [], 0, 0
    with torch.no_grad():
        for k in range(0, len(labels.kept_out), BATCH):
            x, *maps, _ = labels.maps(labels.kept_out[k:k + BATCH])
            hair, weight = (F.avg_pool2d(m, 2) for m in maps)
            logits = forward(weights, x, add_bias(weights))
            losses.append(float(loss_of(logits, hair, weight)))
            counts, said, wanted = weight > 0.5, logits > 0, hair > 0.5
            both, either = both + int((counts & said & wanted).sum()), either + int((counts & (said | wanted)).sum())
    return "loss %.4f, intersection over union %.4f" % (np.mean(losses), both / max(1, either))


def load_state(path):
    try:
        return torch.load(path)   # this script's own file
    except OSError as error:
        sys.exit("nothing to go on from: %s" % error)


def train(args):
    torch.manual_seed(args.seed)
    files = [Labels(*entry) for entry in args.labels]
    corners = [corner for file in files for corner in file.corners()]
    weights = new_network()
    for tensor in learnt(weights):
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(learnt(weights), lr=args.rate, weight_decay=1e-4)
    average, state, first = None, args.out + ".state", 0
    if args.resume or args.begin:
        saved = load_state(state if args.resume else args.begin)
        with torch.no_grad():
            for name, tensor in weights.items():
                tensor.copy_(saved["weights"][name])
    if args.resume:
        first, average = saved["step"], saved["average"]
        optimiser.load_state_dict(saved["optimiser"])
        torch.set_rng_state(saved["random"])
        if first >= args.steps:
            sys.exit("%s has had its %d steps; ask for more with --steps" % (state, first))
    average = average or {name: tensor.detach().clone() for name, tensor in weights.items()}

    def report(what):
        for file in files:
            print("%s; kept out, %s: %s" % (what, os.path.basename(file.path), evaluate(fold(average), file)), flush=True)

    seen = []
    report("step %d" % first)
    for step in range(first, args.steps):
        rate = min(1.0, (step + 5) / 100) * (0.5 * (1 + math.cos(math.pi * step / args.steps)) + 0.01)
        optimiser.param_groups[0]["lr"] = args.rate * rate
        x, hair, weight = draw_batch(files, corners, args.batch)
        loss = loss_of(forward(weights, x, normalise(weights)), hair, weight)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt(weights), 3.0)
        optimiser.step()
        seen.append(float(loss))

        keep = min(0.995, (step + 1) / (step + 21))   # an average over the last two hundred steps, shorter at the start
        with torch.no_grad():
            for name, tensor in weights.items():
                average[name].mul_(keep).add_(tensor, alpha=1 - keep)
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            torch.save({"step": step + 1, "weights": {n: t.detach() for n, t in weights.items()}, "average": average,
                        "optimiser": optimiser.state_dict(), "random": torch.get_rng_state()}, state + ".part")
            os.replace(state + ".part", state)
            write_safetensors(args.out, fold(average), args.provenance or "trained by train_hair.py, %d steps" % (step + 1), "float32")
            report("step %d, loss %.4f" % (step + 1, np.mean(seen)))
            seen = []


def convert(args):
    weights, metadata = read_hair(args.source)
    write_safetensors(args.out, weights, args.provenance or metadata.get("dfi.provenance", ""), args.dtype)


def compare(args):
    weights, _ = read_hair(args.file)
    for path in args.labels:
        labels = Labels(path)
        print("%s, %d views kept out: %s" % (path, len(labels.kept_out), evaluate(weights, labels)), flush=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    p = commands.add_parser("views", help="cut the part of each picture in which the network looks for hair")
    p.add_argument("pictures", help="folder")
    p.add_argument("faces", help="folder with what `dfi faces --json` prints of each picture NAME, as NAME.json")
    p.add_argument("out")
    p.set_defaults(run=views)

    p = commands.add_parser("atlas", help="find where skin, hair, ground and clothes usually are")
    p.add_argument("views", help="file of views")
    p.add_argument("out")
    p.add_argument("--views", dest="most", type=int, default=100, help="views to look at, chosen at random")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=atlas)

    p = commands.add_parser("label", help="find the hair of each view")
    p.add_argument("views", help="file of views")
    p.add_argument("atlas")
    p.add_argument("out")
    p.add_argument("--network", help="a network of the first round, for labels of the second")
    p.add_argument("--table", help="what is known of pictures: file, bald, wearing-hat, no-hair, long-hair")
    p.add_argument("--run-on", action="store_true", help="let hair that a picture's lower edge cuts go on below it")
    p.add_argument("--seed", type=int, default=0)
    p.set_defaults(run=label)

    p = commands.add_parser("train", help="train a network on labels")
    p.add_argument("--labels", nargs=3, action="append", required=True, metavar=("LABELS.npz", "SHARE", "GROUNDS"),
                   help="labels, how often their views are drawn, and how many of these get another ground, 0..1; may be repeated")
    p.add_argument("--out", required=True)
    p.add_argument("--steps", type=int, default=1500, help="in all, so that --resume goes on to here")
    p.add_argument("--rate", type=float, default=3e-3, help="the highest learning rate")
    p.add_argument("--every", type=int, default=100, help="steps between evaluations and saved states")
    p.add_argument("--batch", type=int, default=BATCH, help="views of a step")
    p.add_argument("--begin", metavar="FILE.state", help="begin with the weights of another training")
    p.add_argument("--resume", action="store_true", help="go on from OUT.state")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--provenance", default="")
    p.set_defaults(run=train)

    p = commands.add_parser("convert", help="check shapes, choose the precision")
    p.add_argument("source")
    p.add_argument("out")
    p.add_argument("--dtype", choices=["float16", "float32"], default="float16")
    p.add_argument("--provenance", help="instead of what the source says")
    p.set_defaults(run=convert)

    p = commands.add_parser("compare", help="how well a network agrees with labels that it was not trained with")
    p.add_argument("file")
    p.add_argument("labels", nargs="+")
    p.set_defaults(run=compare)

    p = commands.add_parser("sheet", help="draw labels over their views")
    p.add_argument("labels")
    p.add_argument("out")
    p.add_argument("--most", type=int, default=32, help="views")
    p.set_defaults(run=sheet)

    args = parser.parse_args(arguments)
    args.run(args)


if __name__ == "__main__":
    main()
