#!/usr/bin/env python3
"""Compares edits with the PyTorch reference on the same face and target features: how low each ends, and side by side.

    compare_oracle.py DFI REFERENCE.py IMAGES OUT [ITERATIONS [PERSONS [EDITS]]] [--weights FILE --database FILE]

REFERENCE.py is the plain statement of the method in PyTorch; IMAGES a folder of photographs in colour (of a grey one ours seeks luma
alone). Of PERSONS persons (12) spread over the folder, for each of the first EDITS (6) transformations, both minimise the same objective in all three channels with ITERATIONS
steps (100), ours without bounds, since the reference has none. OUT gets a contact sheet for each transformation, a row a person:
face, ours, the reference's. Prints the final losses, and the one that the reference's picture has when it is cut to 0..1; exit status
1 when one of ours ends more than 1% above the reference's, 77 without PyTorch, numpy or PIL.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError:
    sys.exit(77)

WEIGHTS = Path(__file__).resolve().parent.parent / "weights/vgg19-slim.safetensors"
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


def ours(args, photo, edit, folder):
    out = subprocess.run([args.dfi, "edit", photo, folder / "out.png", "--set", edit, "--colour", "--no-match", "--no-box",
                          "--json", "--iterations", str(args.iterations), "--vectors", folder / "vectors", "--weights", args.weights] +
                         (["--database", args.database] if args.database else []), stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)[0], vectors(folder / "vectors")


def features(args, face, folder):
    """phi of the face, from a safetensors file with the tensor `image`."""
    head = json.dumps({"image": {"dtype": "F32", "shape": list(face.shape), "data_offsets": [0, face.nbytes]}}).encode()
    (folder / "face.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + face.tobytes())
    subprocess.run([args.dfi, "features", folder / "face.safetensors", folder / "phi", "--weights", args.weights], check=True)
    taps = vectors(folder / "phi")
    return np.concatenate([taps[name].ravel() for name in ("relu3_1", "relu4_1", "relu5_1")])


def reference(args, face, direction, folder):
    np.save(folder / "x.npy", face[None])
    np.save(folder / "w.npy", direction)
    out = subprocess.run([sys.executable, args.reference, "edit", args.weights, folder / "x.npy", folder / "w.npy", "1",
                          str(args.iterations), folder / "z.npy"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return float(out.split()[-1]), np.load(folder / "z.npy")[0]


def loss_of(args, picture, target):
    """The reference's objective at a picture within 0..1."""
    spec = importlib.util.spec_from_file_location("dfi_reference", args.reference)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with torch.no_grad():
        z, encoder, wanted, at = torch.from_numpy(picture)[None], module.Encoder(args.weights), [], 0
        for tap in encoder(z):
            wanted.append(torch.from_numpy(target[at:at + tap.numel()].copy()).view_as(tap))
            at += tap.numel()
        return float(module.objective(encoder, z, wanted))


def picture(planes):
    return Image.fromarray((np.clip(planes, 0, 1).transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8))


def contact_sheet(rows):
    side = rows[0][0].width
    sheet = Image.new("RGB", (3 * side, side * len(rows)))
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            sheet.paste(tile, (side * j, side * i))
    return sheet


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("dfi", "reference", "images", "out"):
        parser.add_argument(name)
    for name, usual in (("iterations", 100), ("persons", 12), ("edits", len(EDITS))):
        parser.add_argument(name, nargs="?", type=int, default=usual)
    parser.add_argument("--weights", default=str(WEIGHTS))
    parser.add_argument("--database")
    args = parser.parse_args()

    worst, folder, out = 0.0, Path(tempfile.mkdtemp()), Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    for edit in EDITS[:args.edits]:
        rows, ratios = [], []
        for number, photo in enumerate(persons(args.images, args.persons), 1):
            report, found = ours(args, photo, edit, folder)
            loss, z = reference(args, found["face"], found["target"] - features(args, found["face"], folder), folder)
            ratios.append(report["loss_after"] / loss)
            rows.append([picture(p) for p in (found["face"], found["result"], z)])
            print("%-18s person %2d: %.6g -> %.6g, the reference %.6g, ratio %.4f; cut to 0..1 the reference has %.6g" %
                  (edit, number, report["loss_before"], report["loss_after"], loss, ratios[-1],
                   loss_of(args, z, found["target"])), flush=True)
        contact_sheet(rows).save(out / (edit.split("=")[0] + ".png"))
        worst = max(worst, *ratios)
        print("%-18s our final loss over the reference's: median %.4f, %.4f to %.4f" %
              (edit, np.median(ratios), min(ratios), max(ratios)), flush=True)
    return int(worst > 1.01)


if __name__ == "__main__":
    sys.exit(main())
