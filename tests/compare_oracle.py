#!/usr/bin/env python3
"""Compares edits with the PyTorch reference on the same face and target features: how low each ends, and side by side.

    compare_oracle.py DFI REFERENCE.py IMAGES OUT [ITERATIONS [PERSONS]]

REFERENCE.py is the plain statement of the method in PyTorch; IMAGES a folder of aligned faces of LFW-a. Of the first PERSONS persons
(12), for each of six transformations, both minimise the same objective in all three channels with ITERATIONS steps (100). OUT gets a
contact sheet for each transformation, a row a person: face, ours, the reference's. Prints a table of the final losses; exit status 1
when one of ours ends more than 1% above the reference's, 77 without PyTorch, numpy or PIL.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import torch  # noqa: F401  the reference needs it
    from PIL import Image
except ImportError:
    sys.exit(77)

WEIGHTS = Path(__file__).resolve().parent.parent / "weights/vgg19-slim.safetensors"
EYES = "104.25,113,147.17,112.33"   # in every picture of LFW-a
EDITS = ["senior=2", "mouth-wide-open=2", "eyes-open=2", "smiling=2", "mustache=2", "eyeglasses=2.5"]


def persons(images, count):
    """One picture each of persons spread over the folder, told apart by the names of the files."""
    first = {}
    for path in sorted(Path(images).glob("*.jpg")):
        first.setdefault(path.stem.rsplit("_", 1)[0], path)
    return list(first.values())[:: max(1, len(first) // count)][:count]


def vectors(path):
    blob = path.read_bytes()
    size = int.from_bytes(blob[:8], "little")
    head, data = json.loads(blob[8:8 + size]), blob[8 + size:]
    return {name: np.frombuffer(data[slice(*tensor["data_offsets"])], np.float32).reshape(tensor["shape"])
            for name, tensor in head.items() if name != "__metadata__"}


def ours(dfi, photo, edit, iterations, folder):
    out = subprocess.run([dfi, "edit", photo, folder / "out.png", "--set", edit, "--eyes", EYES, "--colour", "--no-match", "--json",
                          "--iterations", str(iterations), "--vectors", folder / "vectors"], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)[0], vectors(folder / "vectors")


def features(dfi, face, folder):
    """phi of the face, from a safetensors file with the tensor `image`."""
    head = json.dumps({"image": {"dtype": "F32", "shape": list(face.shape), "data_offsets": [0, face.nbytes]}}).encode()
    (folder / "face.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + face.tobytes())
    subprocess.run([dfi, "features", folder / "face.safetensors", folder / "phi"], check=True)
    taps = vectors(folder / "phi")
    return np.concatenate([taps[name].ravel() for name in ("relu3_1", "relu4_1", "relu5_1")])


def reference(script, face, direction, iterations, folder):
    np.save(folder / "x.npy", face[None])
    np.save(folder / "w.npy", direction)
    out = subprocess.run([sys.executable, script, "edit", WEIGHTS, folder / "x.npy", folder / "w.npy", "1", str(iterations),
                          folder / "z.npy"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return float(out.split()[-1]), np.load(folder / "z.npy")[0]


def picture(planes):
    return Image.fromarray((np.clip(planes, 0, 1).transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8))


def main(dfi, script, images, out, iterations=100, count=12):
    worst, folder, out = 0.0, Path(tempfile.mkdtemp()), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for edit in EDITS:
        rows, ratios = [], []
        for photo in persons(images, int(count)):
            report, found = ours(dfi, photo, edit, int(iterations), folder)
            loss, z = reference(script, found["face"], found["target"] - features(dfi, found["face"], folder), int(iterations), folder)
            ratios.append(report["loss_after"] / loss)
            rows.append([picture(p) for p in (found["face"], found["result"], z)])
        sheet = Image.new("RGB", (3 * 192, 192 * len(rows)))
        for i, row in enumerate(rows):
            for j, tile in enumerate(row):
                sheet.paste(tile, (192 * j, 192 * i))
        sheet.save(out / (edit.split("=")[0] + ".png"))
        worst = max(worst, *ratios)
        print("%-18s our final loss over the reference's: median %.4f, %.4f to %.4f" %
              (edit, np.median(ratios), min(ratios), max(ratios)), flush=True)
    return int(worst > 1.01)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
