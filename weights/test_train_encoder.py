#!/usr/bin/env python3
"""A few steps of train_encoder.py on made-up pictures and a made-up teacher: it learns, goes on, writes and converts."""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import train_encoder as t


def run(*arguments):
    out = subprocess.run([sys.executable, os.path.join(HERE, "train_encoder.py"), *arguments], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return out.splitlines()


def total(line):
    """Sum of the three taps' held-out losses in a printed line."""
    return sum(float(line.split(tap)[1].split()[0]) for tap in t.TAPS)


def main():
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        photos = os.path.join(folder, "photos")
        os.mkdir(photos)
        for i in range(6):
            coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8))
            coarse.resize((200, 180), Image.BICUBIC).save(os.path.join(photos, "%d.png" % i))
        teacher = os.path.join(folder, "teacher.safetensors")
        t.write_safetensors(teacher, t.new_student(2, torch.Generator().manual_seed(7)), "made up", "float32")

        student = os.path.join(folder, "student.safetensors")
        common = ["train", "--teacher", teacher, "--photos", photos, "--out", student, "--width", "2", "--every", "20"]
        lines = run(*common, "--steps", "60", "--provenance", "a test")
        assert total(lines[-1]) < 0.9 * total(lines[0]), lines
        again = run(*common, "--steps", "80", "--resume")
        assert again[-1].startswith("80:") and len(again) == 2, again

        weights, metadata = t.read_safetensors(student)
        assert t.check_shapes(weights, student) == 2
        assert metadata["dfi.kind"] == "encoder" and metadata["dfi.version"] == "1" and metadata["dfi.width"] == "2"
        assert len(weights) == 26 and list(weights)[0] == "features.0.weight"

        half = os.path.join(folder, "half.safetensors")
        run("convert", student, half)
        rounded, metadata = t.read_safetensors(half)
        assert os.path.getsize(half) < os.path.getsize(student)
        for name, tensor in weights.items():
            limit = 2.0 ** -11 if name.endswith("weight") else 0.0
            assert bool(((rounded[name] - tensor).abs() <= limit * tensor.abs() + 2.0 ** -25).all()), name
        assert "relu5_1" in run("compare", teacher, half, "--photos", photos)[0]

        wrong = subprocess.run([sys.executable, os.path.join(HERE, "train_encoder.py"), *common[:-4], "--width", "3"],
                               stderr=subprocess.PIPE, text=True)
        assert wrong.returncode == 1 and "cannot be compared" in wrong.stderr, wrong
    print("ok")


main()
