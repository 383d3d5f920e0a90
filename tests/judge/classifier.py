#!/usr/bin/env python3
"""A small network that says whether a face wears glasses, or a beard: a judge of edits that has nothing in common with dfi.

    classifier.py DFI PICTURES LABELS.csv glasses|beard OUT.npz [--sheet OUT.png]

LABELS.csv: columns `file` (a path within PICTURES or a whole one) and `label` (0 or 1), looked through by a person, and perhaps `eyes`
(x1 y1 x2 y2), else DFI finds the face (DFI_DATA_DIR says with what). It needs faces of all ages: wrinkles around the eyes pass for
glasses with a network that has seen young faces alone. A quarter of the faces, those whose number in the sorted list is 3 modulo 4, is
held out, and what the network says of them is printed. --sheet shows the faces: those with the label first, and within either half the
ones that the network doubts most first.
Needs Debian's python3-torch, python3-numpy and python3-pil.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

# Left, top, right, bottom in distances between the eyes, from the point between them; pixels of the crop.
REGIONS = {"glasses": ((-1.0, -0.55, 1.0, 0.65), (80, 48)), "beard": ((-0.9, 0.45, 0.9, 2.25), (64, 64))}


def find_eyes(dfi, path):
    """Centres of the eyes of the largest face of a picture, 2 x 2, or None."""
    out = subprocess.run([dfi, "faces", path, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    faces = json.loads(out) if out.strip() else []
    return eyes_of(np.array(faces[0]["landmarks"])) if faces else None


def eyes_of(landmarks):
    return np.stack([landmarks[36:42].mean(0), landmarks[42:48].mean(0)])


def crop(picture, eyes, what):
    """Luma of the region in float32, upright with respect to the eyes."""
    (left, top, right, bottom), (width, height) = REGIONS[what]
    a, b = eyes
    along = b - a
    down = np.array([-along[1], along[0]])
    corner = (a + b) / 2 + left * along + top * down
    step_x, step_y = along * (right - left) / width, down * (bottom - top) / height
    scale = max(1, int(np.hypot(*step_x)))
    fine = picture.transform((width * scale, height * scale), Image.AFFINE,
                             (step_x[0] / scale, step_y[0] / scale, corner[0], step_x[1] / scale, step_y[1] / scale, corner[1]),
                             Image.BILINEAR)
    return np.asarray(fine.convert("L").resize((width, height), Image.BOX), np.float32)


def network():
    layers, inputs = [], 1
    for outputs in (16, 32, 48, 64):
        layers += [torch.nn.Conv2d(inputs, outputs, 3, padding=1), torch.nn.BatchNorm2d(outputs), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        inputs = outputs
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d((2, 2)), torch.nn.Flatten(), torch.nn.Dropout(0.3),
                               torch.nn.Linear(4 * inputs, 1))


def normal(x):
    return (x - x.mean((1, 2, 3), keepdim=True)) / (x.std((1, 2, 3), keepdim=True) + 4)


def vary(x):
    """Mirrors, shifts, turns, sizes, blur, brightness and noise, so that no single sign of the sources decides."""
    n = len(x)
    turn, size = (torch.rand(n) - 0.5) * 0.2, 1 + (torch.rand(n) - 0.5) * 0.2
    flip = (torch.rand(n) < 0.5).float() * -2 + 1
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = size * flip * turn.cos(), -size * turn.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = size * flip * turn.sin(), size * turn.cos()
    matrix[:, :, 2] = (torch.rand(n, 2) - 0.5) * 0.16
    x = torch.nn.functional.grid_sample(x, torch.nn.functional.affine_grid(matrix, x.shape, align_corners=False), "bilinear", "reflection",
                                        align_corners=False)
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    x = torch.lerp(x, blurred, torch.rand(n, 1, 1, 1))
    return x + torch.randn_like(x) * torch.rand(n, 1, 1, 1) * 10


def auc(scores, labels):
    order = np.argsort(np.argsort(scores)) + 1
    yes = labels.sum()
    return (order[labels == 1].sum() - yes * (yes + 1) / 2) / (yes * (len(labels) - yes))


def train(x, y, steps=400):
    torch.manual_seed(1)
    model = network()
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    weight = torch.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    for step in range(steps):
        chosen = torch.multinomial(weight, 64, replacement=True)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(normal(vary(x[chosen])))[:, 0], y[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()


def ask(model, crops):
    with torch.no_grad():
        return torch.sigmoid(model(normal(torch.from_numpy(np.stack(crops))[:, None]))[:, 0]).numpy()


def load(path):
    model = network()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in np.load(path).items()})
    return model.eval()


def sheet(path, names, x, y, scores):
    order = sorted(range(len(names)), key=lambda i: (-y[i], -abs(y[i] - scores[i])))
    height, width = x.shape[1:]
    columns = 1800 // width
    page = Image.new("L", (columns * width, -(-len(order) // columns) * (height + 12)), 255)
    draw = ImageDraw.Draw(page)
    for k, i in enumerate(order):
        at = (k % columns * width, k // columns * (height + 12))
        page.paste(Image.fromarray(x[i].clip(0, 255).astype(np.uint8)), (at[0], at[1] + 12))
        draw.text(at, f"{Path(names[i]).stem} {y[i]} {scores[i]:.2f}"[:width // 6], 0)
    page.save(path)


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    dfi, pictures, labels, what, out = sys.argv[1:6]
    torch.set_num_threads(1)
    with open(labels, newline="") as f:
        wanted = sorted((row["file"], int(row["label"]), row.get("eyes")) for row in csv.DictReader(f))
    kept = Path(out).with_suffix(".crops.npz")
    if kept.exists():
        names, x, y = (np.load(kept)[name] for name in ("names", "x", "y"))
        chosen = {name: label for name, label, _ in wanted}
        use = [i for i, name in enumerate(names) if str(name) in chosen]
        names, x, y = [str(names[i]) for i in use], x[use], np.array([chosen[str(names[i])] for i in use])
    else:
        names, x, y = [], [], []
        for name, label, eyes in wanted:
            path = os.path.join(pictures, name)
            eyes = np.reshape([float(v) for v in eyes.split()], (2, 2)) if eyes else find_eyes(dfi, path)
            if eyes is not None:
                names.append(name)
                x.append(crop(Image.open(path).convert("RGB"), eyes, what))
                y.append(label)
        x, y = np.stack(x), np.array(y)
        np.savez(kept, names=names, x=x, y=y)

    held_out = np.arange(len(names)) % 4 == 3
    tensor = torch.from_numpy(x)[:, None]
    model = train(tensor[~held_out], torch.from_numpy(y[~held_out]).float())
    scores = ask(model, x)
    right = (scores > 0.5) == (y == 1)
    print(f"{what}: {int((~held_out).sum())} faces learned from, {int(y[~held_out].sum())} of them with; {int(held_out.sum())} held out, "
          f"{int(y[held_out].sum())} with: accuracy {right[held_out].mean():.3f}, of those with {right[held_out & (y == 1)].mean():.3f}, "
          f"without {right[held_out & (y == 0)].mean():.3f}, AUC {auc(scores[held_out], y[held_out]):.3f}")
    np.savez(out, **{name: value.numpy() for name, value in model.state_dict().items()})
    if "--sheet" in sys.argv:
        sheet(sys.argv[sys.argv.index("--sheet") + 1], names, x, y, scores)


if __name__ == "__main__":
    main()
