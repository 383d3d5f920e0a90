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
    print("skipped: train_encoder.py needs PyTorch, NumPy and Pillow (%s)" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["OMP_NUM_THREADS"] = "1"   # the tensors are small, and threads that wait for others' turn on a busy machine are slow
SCRIPT = [sys.executable, os.path.join(HERE, "train_encoder.py")]
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import train_encoder as t


def run(*arguments):
    return subprocess.run([*SCRIPT, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def refused(*arguments):
    """What the script says while it refuses."""
    done = subprocess.run([*SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done
    return done.stderr


def stopped_after(step, *arguments):
    """Runs the script and kills it when it has reported @step, as a power cut would."""
    with subprocess.Popen([*SCRIPT, *arguments], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("step %d," % step):
                break
        process.kill()


def total(line):
    """Sum of the three taps' held-out losses in a printed line."""
    return sum(float(line.split(tap)[1].split()[0]) for tap in t.TAPS)


def make_photos(folder, count, size):
    rng = np.random.default_rng(count)
    os.mkdir(folder)
    for i in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8))
        coarse.resize(size, Image.BICUBIC).save(os.path.join(folder, "%d.png" % i))
    return folder


def make_compressed_teacher(path, width):
    """A teacher of random numbers with the names of Wang et al.'s file; also its features by PyTorch's own modules."""
    plain = t.new_student(width, torch.Generator().manual_seed(3))
    state = {"conv0.weight": torch.eye(3).flip(0).view(3, 3, 1, 1) * 2, "conv0.bias": torch.tensor([0.1, 0.2, 0.3])}
    for name, number in zip(t.BLOCK_NAMES, t.NUMBERS):
        for what in ("weight", "bias"):
            state["%s.%s" % (name, what)] = plain["features.%d.%s" % (number, what)]
    torch.save({"epoch": 1, "model": state}, path)

    def convolution(name, padding):
        weight, bias = state[name + ".weight"], state[name + ".bias"]
        layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], padding=padding, padding_mode="reflect")
        layer.load_state_dict({"weight": weight, "bias": bias})
        return layer

    x, taps = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(4)), []
    with torch.no_grad():
        y = convolution("conv0", 0)(x)
        for name in t.BLOCK_NAMES:
            if name.endswith("1") and name != "conv11":
                y = torch.nn.MaxPool2d(2)(y)
            y = torch.relu(convolution(name, 1)(y))
            if name in ("conv31", "conv41", "conv51"):
                taps.append(y)
    return x, taps


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = lambda name: os.path.join(folder, name)
        photos, framed = make_photos(place("photos"), 6, (200, 180)), make_photos(place("framed"), 4, (250, 250))
        teacher, student = place("teacher.safetensors"), place("student.safetensors")
        t.write_safetensors(teacher, t.new_student(2, torch.Generator().manual_seed(7)), "made up", "float32")

        # It learns: the loss on the pictures kept out of the training falls.
        def training(out, *more):
            return ["train", "--teacher", teacher, "--photos", photos, "--out", out, "--width", "2", "--every", "20", *more]
        lines = run(*training(student, "--steps", "60", "--provenance", "a test"))
        assert total(lines[-1]) < 0.9 * total(lines[0]), lines

        # It goes on: from where it was told to end, and from where it was killed to what it would have been.
        assert run(*training(student, "--steps", "80", "--resume"))[-1].startswith("step 80,")
        assert "80 steps" in refused(*training(student, "--steps", "80", "--resume"))
        whole, halves = place("whole.safetensors"), place("halves.safetensors")
        both = ["--framed", framed, "--cut", "45", "45", "205", "205", "--steps", "40"]
        assert any("framed" in line for line in run(*training(whole, *both)))
        stopped_after(20, *training(halves, *both))
        assert run(*training(halves, *both, "--resume"))[0].startswith("step 20;")
        for name, tensor in t.read_safetensors(whole)[0].items():
            assert torch.allclose(tensor, t.read_safetensors(halves)[0][name], rtol=1e-3, atol=1e-5), name

        # The file is what the C program reads: names in order, shapes, metadata, no holes, header of whole 8 bytes.
        weights, metadata = t.read_safetensors(student)
        assert t.check_shapes(weights, student) == 2
        assert metadata == {"dfi.kind": "encoder", "dfi.version": "1", "dfi.architecture": "vgg19", "dfi.width": "2",
                            "dfi.input": "RGB 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
                            "dfi.licence": "CC-BY-4.0",
                            "dfi.provenance": "distilled by train_encoder.py from teacher.safetensors, 80 steps"}
        assert list(weights) == ["features.%d.%s" % (n, what) for n in t.NUMBERS for what in ("weight", "bias")]
        with open(student, "rb") as f:
            header = int.from_bytes(f.read(8), "little")
        assert header % 8 == 0
        assert os.path.getsize(student) == 8 + header + 4 * sum(tensor.numel() for tensor in weights.values())

        # To float16 and back: within half a unit in the last place; metadata kept; biases untouched.
        half, back = place("half.safetensors"), place("back.safetensors")
        run("convert", student, half)
        run("convert", half, back, "--dtype", "float32")
        assert os.path.getsize(half) < os.path.getsize(back) == os.path.getsize(student)
        rounded, kept = t.read_safetensors(back)
        assert kept == metadata
        for name, tensor in weights.items():
            limit = 2.0 ** -11 if name.endswith("weight") else 0.0
            assert bool(((rounded[name] - tensor).abs() <= limit * tensor.abs() + (limit and 2.0 ** -25)).all()), name
        lines = run("compare", student, half, "--photos", photos)
        assert total(lines[0]) < 1e-4 and "gradient" in lines[1], lines

        # Wang et al.'s kind of file gives what PyTorch's own layers give.
        compressed = place("compressed.pth")
        x, wanted = make_compressed_teacher(compressed, 2)
        for mine, right in zip(t.load_teacher(compressed)(x), wanted):
            assert torch.allclose(mine, right, rtol=1e-4, atol=1e-5)

        # What does not fit is refused in a sentence.
        assert "cannot be compared" in refused("train", "--teacher", compressed, "--photos", photos, "--out", half, "--width", "3")
        with open(place("cut.safetensors"), "wb") as f:
            f.write(open(student, "rb").read()[:-1])
        assert "no safetensors file" in refused("convert", place("cut.safetensors"), half)
        with open(place("cut.pth"), "wb") as f:
            f.write(open(compressed, "rb").read()[:4])
        assert "no PyTorch state dict" in refused("train", "--teacher", place("cut.pth"), "--photos", photos, "--out", half)
        weights["features.0.weight"][0, 0, 0, 0] = 1e6
        t.write_safetensors(place("large.safetensors"), weights, "", "float32")
        assert "float16 cannot" in refused("convert", place("large.safetensors"), half)
    print("ok")


main()
