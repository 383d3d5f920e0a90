#!/usr/bin/env python3
"""A few steps of train_decoder.py on made-up pictures and a made-up encoder: it learns, goes on, writes, converts and draws."""
import hashlib
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as missing:
    print("skipped: train_decoder.py needs PyTorch, NumPy and Pillow (%s)" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["OMP_NUM_THREADS"] = "1"   # the tensors are small, and threads that wait for others' turn on a busy machine are slow
SCRIPT = [sys.executable, os.path.join(HERE, "train_decoder.py")]
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import train_decoder as t
import train_encoder


def run(*arguments):
    return subprocess.run([*SCRIPT, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def refused(*arguments):
    """What the script says while it refuses."""
    done = subprocess.run([*SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done
    return done.stderr


def figure(line, name):
    return float(line.split(name)[1].split()[0])


def make_pictures(folder, count, size):
    rng = np.random.default_rng(count)
    os.mkdir(folder)
    for i in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8))
        coarse.resize(size, Image.BICUBIC).save(os.path.join(folder, "%02d.png" % i))
    return folder


def decode_as_described(weights, taps):
    """The script's own description of the network, by other means."""
    def convolution(n, x):
        w = weights["decoder.%d.weight" % n]
        layer = torch.nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1)
        layer.load_state_dict({"weight": w, "bias": weights["decoder.%d.bias" % n]})
        return layer(x)

    def double(x):
        for axis in (2, 3):
            last = x.shape[axis] - 1
            before = x.index_select(axis, torch.arange(-1, last).clamp_min(0))
            after = x.index_select(axis, torch.arange(1, last + 2).clamp_max(last))
            pairs = torch.stack([0.25 * before + 0.75 * x, 0.75 * x + 0.25 * after], axis + 1)
            x = pairs.flatten(axis, axis + 1)
        return x

    with torch.no_grad():
        x = taps[2]
        for n in range(13):
            if n in (2, 5, 8, 10):
                x = double(x)
            if n in (2, 5):
                x = torch.cat([x, taps[1 if n == 2 else 0]], 1)
            x = convolution(n, x)
            if n < 12:
                x = torch.relu(x)
    return x


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = lambda name: os.path.join(folder, name)
        photos, frames = make_pictures(place("photos"), 12, (200, 180)), make_pictures(place("frames"), 40, (320, 320))
        with open(place("table.csv"), "w") as f:
            f.write("file,male,smiling\n" + "".join("%02d.png,%d,%d\n" % (i, i % 2, i // 2 % 2) for i in range(40)))
        encoder, other, decoder = place("encoder.safetensors"), place("other.safetensors"), place("decoder.safetensors")
        for path, seed in ((encoder, 7), (other, 8)):
            train_encoder.write_safetensors(path, train_encoder.new_student(16, torch.Generator().manual_seed(seed)), "", "float16")
        framed = ["--framed", frames, place("table.csv")]

        # It learns: it comes closer to the pictures kept out of the training.
        def training(out, steps, *more):
            return ["train", encoder, "--out", out, "--pictures", photos, "1.5", "1", "--steps", steps, "--every", "10",
                    "--batch", "1", "--most", "2", "--provenance", "a test", *more]
        lines = run(*training(decoder, "30"))
        assert figure(lines[-1], "L1") < 0.8 * figure(lines[0], "L1"), lines

        # It goes on from where it was told to end, with edits too.
        assert "of edits" in run(*training(decoder, "40", "--resume", *framed, "--edits-from", "30"))[-1]
        assert "40 steps" in refused(*training(decoder, "40", "--resume"))

        # The file is what the C program reads: names in order, shapes, metadata, no holes, header of whole 8 bytes.
        weights, metadata = t.read_decoder(decoder)
        digest = hashlib.sha256()
        tensors, _ = t.read_safetensors(encoder)
        for name, tensor in tensors.items():
            kind, array = ("F16", np.float16) if tensor.dim() == 4 else ("F32", np.float32)
            digest.update(("%s %s %s\n" % (name, kind, " x ".join(str(n) for n in tensor.shape))).encode())
            digest.update(tensor.numpy().astype(array).tobytes())
        assert metadata == {"dfi.kind": "decoder", "dfi.version": "1", "dfi.encoder": digest.hexdigest(),
                            "dfi.licence": "CC-BY-4.0", "dfi.provenance": "a test"}
        assert list(t.read_safetensors(decoder)[0]) == ["decoder.%d.%s" % (n, w) for n in range(13) for w in ("weight", "bias")]
        with open(decoder, "rb") as f:
            header = int.from_bytes(f.read(8), "little")
        assert header % 8 == 0
        assert os.path.getsize(decoder) == 8 + header + 4 * sum(tensor.numel() for tensor in weights.values())

        # To float16: within half a unit in the last place; metadata kept; biases untouched.
        half = place("half.safetensors")
        run("convert", encoder, decoder, half)
        rounded, kept = t.read_decoder(half)
        assert kept == metadata
        for name, tensor in weights.items():
            limit = 2.0 ** -11 if name.endswith("weight") else 0.0
            assert bool(((rounded[name] - tensor).abs() <= limit * tensor.abs() + (limit and 2.0 ** -25)).all()), name

        # The network is the one that the script describes.
        taps = t.load_encoder(encoder)(torch.rand(1, 1, 48, 64, generator=torch.Generator().manual_seed(4)))
        with torch.no_grad():
            assert torch.allclose(t.decode(rounded, taps), decode_as_described(rounded, taps), rtol=1e-4, atol=1e-5)

        # It compares and draws: a face, its decoding, an edit.
        assert "PSNR" in run("compare", encoder, half, "--pictures", photos, "1.5", "1")[0]
        lines = run("sheet", encoder, half, place("sheet.png"), "--faces", frames, *framed, "--set", "smiling=1", "--most", "2")
        assert lines[0].startswith("smiling=1") and Image.open(place("sheet.png")).size == (960, 640), lines

        # What does not fit is refused in a sentence.
        assert "another encoder" in refused("convert", other, half, decoder)
        assert "no decoder" in refused("convert", encoder, encoder, decoder)
        assert "no frame" in refused(*training(place("none"), "1", "--framed", photos, os.devnull))
    print("ok")


main()
