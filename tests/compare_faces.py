#!/usr/bin/env python3
"""Compares our face networks with the package's own JavaScript, on the same input.

    npm install --prefix FOLDER @vladmandic/face-api @tensorflow/tfjs @tensorflow/tfjs-backend-wasm
    compare_faces.py FOLDER BUILD PICTURE...
    compare_faces.py FOLDER BUILD --fixtures

Each picture is reduced to 416 pixels, black being added to the right or below, for the detector; the box that `dfi faces` finds,
made square, is reduced to 112 for the landmarks. The second form writes fixtures/faces.json. Exit status 77 when node, the package or
Python's numpy and PIL are missing, 1 when the two disagree.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    from PIL import Image
except ImportError:
    sys.exit(77)

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent


def run(command, names):
    out = subprocess.run(command, input="\n".join(names) + "\n", stdout=subprocess.PIPE, check=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith("[")]


def javascript(folder, names):
    return run(["node", str(HERE / "compare_faces.mjs"), folder], names)


def ours(build, names):
    return run([str(build / "tests" / "face-nets"), str(SOURCE / "weights" / "face.safetensors")], names)


def save(folder, name, side, what, picture):
    path = str(folder / f"{name}.{side}.{what}")
    Path(path).write_bytes(np.asarray(picture, np.uint8).tobytes())
    return path


def letter_box(picture, side=416):
    scale = side / max(picture.size)
    square = Image.new("RGB", (side, side))
    square.paste(picture.resize([max(1, round(length * scale)) for length in picture.size], Image.BILINEAR))
    return square


def find_face(build, path):
    environment = dict(os.environ, DFI_DATA_DIR=str(SOURCE / "weights"))
    out = subprocess.run([str(build / "core" / "cli" / "dfi"), "faces", path, "--json"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, env=environment).stdout
    faces = json.loads(out)
    return faces[0] if faces else None


def face_square(picture, face, side=112):
    x, y, width, height = face["box"]
    reach = 0.55 * max(width, height)
    x, y = x + width / 2, y + height / 2
    return picture.crop([round(v) for v in (x - reach, y - reach, x + reach, y + reach)]).resize((side, side), Image.BILINEAR)


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def compare_boxes(theirs, mine):
    """Least overlap of their boxes with the nearest of ours, and largest difference of scores; scores near the threshold may
    fall on either side."""
    sure = [box for box in theirs if box[4] > 0.27]
    pairs = [max(((overlap(a, b), abs(a[4] - b[4])) for b in mine), default=(0, 1)) for a in sure]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compare_landmarks(theirs, mine):
    """Largest distance of a landmark from ours in shares of the distance between the eyes."""
    theirs, mine = np.array(theirs), np.array(mine)
    eyes = np.linalg.norm(theirs[36:42].mean(0) - theirs[42:48].mean(0))
    return np.linalg.norm(theirs - mine, axis=1).max() / eyes


def compare(folder, build, pictures):
    with tempfile.TemporaryDirectory() as scratch:
        names = []
        for i, path in enumerate(pictures):
            picture = Image.open(path).convert("RGB")
            names.append(save(Path(scratch), i, 416, "detector", letter_box(picture)))
            face = find_face(build, path)
            if face:
                names.append(save(Path(scratch), i, 112, "landmarks", face_square(picture, face)))
        theirs, mine = javascript(folder, names), ours(build, names)

    overlaps, scores, distances = [], [], []
    for name, a, b in zip(names, theirs, mine, strict=True):
        if name.endswith("detector"):
            some, differences = compare_boxes(a, b)
            overlaps += some
            scores += differences
        else:
            distances.append(compare_landmarks(a, b))
    print(f"{len(pictures)} pictures, {len(overlaps)} boxes, {len(distances)} faces")
    print(f"least overlap of boxes {min(overlaps):.4f}, largest difference of scores {max(scores):.4f}")
    print(f"landmarks: median difference {100 * np.median(distances):.3f}%, largest {100 * max(distances):.3f}% of the eyes' distance")
    return 0 if min(overlaps) > 0.9 and max(distances) < 0.01 else 1


def synthetic(side):
    """A picture that test-face.c makes, too."""
    i, j, c = np.mgrid[0:side, 0:side, 0:3]
    return (i * i // 16 + 3 * j * (c + 1) + i * j // 8) % 256


def write_fixtures(folder):
    with tempfile.TemporaryDirectory() as scratch:
        picture = Image.open(SOURCE / "resources" / "astronaut.png").convert("RGB")
        inputs = {
            "boxes": (512, "detector", picture),
            "landmarks": (112, "landmarks", picture.crop((168, 76, 280, 188))),
            "synthetic_landmarks": (112, "landmarks", synthetic(112)),
        }
        names = [save(Path(scratch), name, *rest) for name, rest in inputs.items()]
        results = javascript(folder, names)
    rounded = {name: [[round(v, 4) for v in row] for row in rows] for name, rows in zip(inputs, results, strict=True)}
    (HERE / "fixtures" / "faces.json").write_text(json.dumps(rounded) + "\n")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    folder, build = sys.argv[1], Path(sys.argv[2])
    if not shutil.which("node") or not Path(folder, "node_modules", "@vladmandic", "face-api").is_dir():
        sys.exit(77)
    if sys.argv[3] == "--fixtures":
        write_fixtures(folder)
    else:
        sys.exit(compare(folder, build, sys.argv[3:]))


if __name__ == "__main__":
    main()
