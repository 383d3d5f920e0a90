#!/usr/bin/env python3
"""train_hair.py on a few heads drawn here: it cuts views, labels them, learns, goes on, writes, converts and draws."""
import contextlib
import io
import json
import os
import sys
import tempfile

try:
    import numpy as np
    import torch
    from PIL import Image, ImageDraw
except ImportError as missing:
    print("skipped: train_hair.py needs PyTorch, NumPy and Pillow (%s)" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)   # the tensors are small, and threads that wait for others' turn on a busy machine are slow
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import train_hair as t


def run(*arguments):
    """What the script prints; in this process, since loading PyTorch takes longer than most of what is tested."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        t.main(arguments)
    return printed.getvalue().splitlines()


def refused(*arguments):
    """What the script says while it refuses."""
    try:
        t.main(arguments)
    except SystemExit as refusal:
        return str(refusal)
    raise AssertionError("not refused: %s" % (arguments,))


def stopped_after(step, *arguments):
    """Runs the script until it has reported @step, as if somebody interrupted it then."""
    class Watch(io.StringIO):
        def write(self, text):
            if text.startswith("step %d," % step):
                raise KeyboardInterrupt
            return super().write(text)
    try:
        with contextlib.redirect_stdout(Watch()):
            t.main(arguments)
    except KeyboardInterrupt:
        return
    raise AssertionError("never came to step %d" % step)


def distance(a, b):
    """Of all tensors of two networks, over the first one's length."""
    (a, _), (b, _) = t.read_hair(a), t.read_hair(b)
    square = lambda tensors: sum(float((x ** 2).sum()) for x in tensors)
    return (square(a[name] - b[name] for name in a) / square(a.values())) ** 0.5


def figure(line, name):
    return float(line.split(name)[1].split()[0].rstrip(","))


def landmarks():
    """(68, 2) of a face, in distances between the eyes, from their middle"""
    ring = lambda x, y, wide, high, angles: [(x + wide * np.cos(a), y + high * np.sin(a)) for a in angles]
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    jaw = ring(0, 0.55, 1, 1.35, np.linspace(1.1 * np.pi, -0.1 * np.pi, 17))
    brows = [(x, -0.35 - 0.1 * np.sin((abs(x) - 0.2) * 4)) for x in [*np.linspace(-0.85, -0.2, 5), *np.linspace(0.2, 0.85, 5)]]
    nose = [(0, y) for y in (0, 0.2, 0.4, 0.6)] + [(x, 0.7) for x in (-0.2, -0.1, 0, 0.1, 0.2)]
    eyes = ring(-0.5, 0, 0.2, 0.08, np.pi + turn) + ring(0.5, 0, 0.2, 0.08, np.pi + turn)
    mouth = ring(0, 1.14, 0.35, 0.15, np.pi + np.linspace(0, 2 * np.pi, 12, endpoint=False)) + ring(
        0, 1.14, 0.2, 0.05, np.pi + np.linspace(0, 2 * np.pi, 8, endpoint=False))
    return np.array(jaw + brows + nose + eyes + mouth)


def draw_head(rng, side, unit, angle):
    """-> (picture, landmarks in it, what is hair in it): a head with an ellipse of hair, turned"""
    middle = np.array([side / 2, 0.4 * side])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    down, right = np.moveaxis((np.moveaxis(np.mgrid[:side, :side][::-1], 0, -1) + 0.5 - middle) @ turn.T / unit, -1, 0)[::-1]
    ellipse = lambda y, wide, high: (right / wide) ** 2 + ((down - y) / high) ** 2 < 1
    kinds = np.zeros((side, side), int)                            # ground
    kinds[down > 2.4] = 1                                          # clothes
    kinds[(abs(right) < 0.6) & (down > 1) & (down < 3)] = 2        # skin
    hair = ellipse(0.1, 1.4, 1.8) & ~ellipse(0.55, 1, 1.35)
    kinds[hair], kinds[ellipse(0.55, 1, 1.35)] = 3, 2
    colours = np.array([(150, 170, 190), (40, 60, 140), (220, 175, 150), (60, 40, 25)]) + rng.integers(-15, 16, (4, 3))
    noise = rng.normal(0, 1, (side, side, 1)) * np.array([3, 6, 3, 14])[kinds][..., None]
    picture = Image.fromarray(np.clip(colours[kinds] + noise, 0, 255).astype(np.uint8))
    points = landmarks() @ turn * unit + middle
    pen = ImageDraw.Draw(picture)
    for first, last, colour in ((36, 42, (50, 40, 40)), (42, 48, (50, 40, 40)), (48, 60, (180, 80, 80))):
        pen.polygon([tuple(p) for p in points[first:last]], fill=colour)
    return picture, points, hair


def make_pictures(place, count):
    """-> what is hair in each of them, by name"""
    rng, truth = np.random.default_rng(5), {}
    os.mkdir(place("pictures"))
    os.mkdir(place("faces"))
    for i in range(count):
        name = "%02d.png" % i
        picture, points, truth[name] = draw_head(rng, 250 + 200 * (i % 2), 38 + 30 * (i % 2), 0.1 * (i % 3 - 1))
        picture.save(os.path.join(place("pictures"), name))
        with open(os.path.join(place("faces"), name + ".json"), "w") as f:
            json.dump([{"box": [0, 0, 1, 1], "landmarks": points.tolist()}], f)
    Image.new("RGB", (40, 40)).save(os.path.join(place("pictures"), "no-face.png"))
    with open(os.path.join(place("faces"), "no-face.png.json"), "w") as f:
        json.dump([], f)
    return truth


def overlap(a, b, counts):
    return (a & b & counts).sum() / ((a | b) & counts).sum()


def network_as_described(weights, x):
    """The table of core/hair/hair-network.h, with PyTorch's own modules; shares."""
    def convolution(x, w, bias=None, groups=1, stride=1, padding=0):
        layer = torch.nn.Conv2d(x.shape[1], len(w), w.shape[2], stride, padding, groups=groups, bias=bias is not None)
        layer.load_state_dict({"weight": w} if bias is None else {"weight": w, "bias": bias})
        return layer(x)

    def double(x):
        for axis in (2, 3):
            last = x.shape[axis] - 1
            before = x.index_select(axis, torch.arange(-1, last).clamp_min(0))
            after = x.index_select(axis, torch.arange(1, last + 2).clamp_max(last))
            x = torch.stack([0.25 * before + 0.75 * x, 0.75 * x + 0.25 * after], axis + 1).flatten(axis, axis + 1)
        return x

    def separable(x, name, stride=1):
        of = lambda what: weights["hair.%s.%s" % (name, what)]
        if stride == 2:
            x = torch.nn.ZeroPad2d((0, 1, 0, 1))(x)
        x = convolution(x, of("depthwise_filter")[:, None], groups=x.shape[1], stride=stride, padding=0 if stride == 2 else 1)
        return convolution(x, of("pointwise_filter")[:, :, None, None], of("bias"))

    with torch.no_grad():
        x = torch.nn.ZeroPad2d((0, 1, 0, 1))(x - 0.5)
        a = torch.relu(convolution(x, weights["hair.down0.filters"], weights["hair.down0.bias"], stride=2))
        b = torch.relu(separable(torch.relu(separable(a, "down1", 2)), "keep1"))
        c = torch.relu(separable(torch.relu(separable(b, "down2", 2)), "keep2"))
        d = torch.relu(separable(torch.relu(separable(c, "down3", 2)), "keep3"))
        d = torch.relu(separable(d, "keep4"))
        for up, join, before in (("up2", "join2", c), ("up1", "join1", b), ("up0", "join0", a)):
            d = torch.relu(separable(torch.relu(separable(double(d), up) + before), join))
        return torch.sigmoid(convolution(d, weights["hair.out.weights"][:, :, None, None], weights["hair.out.bias"]))


def check_views(place, truth):
    """Views stand as core/hair/view.h says, whatever the picture's size and the head's turn. -> what is hair in each view"""
    assert "%d views" % len(truth) in run("views", place("pictures"), place("faces"), place("views.npz"))
    seen, inside, points, names = t.load_arrays(place("views.npz"), "views", "inside", "landmarks", "names")
    assert list(names) == sorted(truth) and seen.shape == (len(truth), 160, 160, 3)
    assert np.allclose(points[:, 36:42].mean(1), (80 - 12.5, 60), atol=0.5)
    assert np.allclose(points[:, 42:48].mean(1), (80 + 12.5, 60), atol=0.5)
    assert (abs(seen[:, 80, 80].astype(int) - (220, 175, 150)) < 40).all()                    # a cheek's colour, beside the nose
    hair = []
    for name in names:
        a, where = t.place(t.first_face(os.path.join(place("faces"), name + ".json")))
        hair.append(t.cut(Image.fromarray(truth[name]).convert("RGB"), a, where)[0][..., 0] > 127)
    assert inside[:, 60, 80].all() and not inside.all()
    return np.array(hair), inside


def check_labels(place, hair, inside):
    """Labels find the hair that was drawn; a table and a network change them."""
    run("atlas", place("views.npz"), place("atlas.npy"), "--views", "4", "--rounds", "1")
    atlas = np.load(place("atlas.npy"))
    assert atlas.shape == (4, 160, 160) and np.allclose(atlas.sum(0), 1) and np.allclose(atlas, atlas[:, :, ::-1], atol=1e-6)
    run("label", place("views.npz"), place("atlas.npy"), place("labels.npz"))
    found, weight = t.load_arrays(place("labels.npz"), "hair", "weight")
    overlaps = [overlap(f > 127, h, i) for f, h, i in zip(found, hair, inside)]
    assert min(overlaps) > 0.8, overlaps
    assert (weight == 255 * inside).all()


def check_second_round(place, network, hair):
    with open(place("table.csv"), "w") as f:
        f.write("file,bald,wearing-hat,no-hair,male\n00.png,1,0,0,1\n01.png,0,1,0,1\n02.png,0,0,1,0\n")
    run("label", place("views.npz"), place("atlas.npy"), place("second.npz"), "--network", network, "--table", place("table.csv"),
        "--run-on")
    (before,), (found, weight) = t.load_arrays(place("labels.npz"), "hair"), t.load_arrays(place("second.npz"), "hair", "weight")
    assert found[0].sum() < 0.5 * before[0].sum()
    assert not found[1][:35].any() and found[1].any() and hair[1][:35].any()
    assert not found[2].any()
    assert 0 < weight[3][weight[3] > 0].min() < 255   # where labels and network differ


def check_long_hair():
    """A prior that expects it; and below a picture that ends, hair goes on where the picture was."""
    atlas, share = t.first_atlas(), np.zeros((160, 160))
    short, long = (t.prior_of(atlas, share, known) for known in (set(), {"long-hair"}))
    beside_neck, above = (t.HAIR, 110, 110), (t.HAIR, 20, 80)
    assert long[beside_neck] > 0.3 > short[beside_neck] and long[above] == short[above] and np.allclose(long.sum(0), 1)
    inside = np.zeros((160, 160), bool)
    inside[:100, 10:] = True
    hair, weight = inside * (np.arange(160) < 50.0), inside.astype(float)
    t.run_on(hair, weight, inside)
    assert hair[:, 10:50].all() and not hair[:, 50:].any()
    assert (weight[:99, 10:] == 1).all() and (weight[99:, 10:] == 0.27).all() and not weight[:, :10].any()
    t.run_on(whole := hair.copy(), weight, np.ones((160, 160), bool))
    assert (whole == hair).all()


def check_pieces():
    mask = np.array([[1, 1, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [1, 0, 1, 0]], bool)
    numbers = t.pieces(mask)
    assert len(set(numbers[mask])) == 4 and (numbers[~mask] == 0).all()
    assert numbers[0, 0] == numbers[1, 1] and numbers[0, 3] == numbers[2, 3] and numbers[2, 0] == numbers[3, 0]


def check_filters():
    """Against sums written out."""
    a = np.random.default_rng(2).random((3, 9, 12))
    wide = np.pad(a, ((0, 0), (2, 2), (2, 2)), "reflect")
    wanted = np.mean([wide[:, i:i + 9, j:j + 12] for i in range(5) for j in range(5)], 0)
    assert np.allclose(t.box_mean(a, 2), wanted)
    assert np.allclose(t.blur(np.ones((6, 7)), 1.5), 1)
    assert np.allclose(t.guided(a, a[0], 1, 1e-9)[0], a[0], atol=1e-4)          # a guide follows itself
    # CIE L*a*b* of sRGB's white, middle grey and red
    assert np.allclose(t.lab(np.array([[1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0]])),
                       [[100, 0, 0], [53.39, 0, 0], [53.24, 80.09, 67.20]], atol=0.02)


def main():
    check_pieces()
    check_filters()
    check_long_hair()
    with tempfile.TemporaryDirectory() as folder:
        place = lambda name: os.path.join(folder, name)
        truth = make_pictures(place, 5)
        hair, inside = check_views(place, truth)
        check_labels(place, hair, inside)

        # It learns: the loss on the view kept out of the training falls, and it comes to see hair.
        def training(out, steps, *more):
            return ["train", "--labels", place("labels.npz"), "1", "0.5", "--out", out, "--steps", steps, "--every", "10",
                    "--batch", "4", "--rate", "0.01", *more]
        network = place("network.safetensors")
        lines = run(*training(network, "40", "--provenance", "a test"))
        assert figure(lines[-1], "kept out, labels.npz: loss") < 0.8 * figure(lines[0], "loss"), lines
        assert figure(lines[-1], "union") > 0.5, lines

        # It goes on: from where it was told to end, from where it was interrupted to what it would have been, from another's end.
        assert run(*training(network, "45", "--resume"))[-1].startswith("step 45,")
        assert "45 steps" in refused(*training(network, "45", "--resume"))
        halves, third = place("halves.safetensors"), place("third.safetensors")
        stopped_after(10, *training(halves, "20"))
        assert run(*training(halves, "20", "--resume"))[0].startswith("step 10;")
        whole = run(*training(third, "20"))
        assert figure(whole[0], "loss") == figure(lines[0], "loss")
        assert distance(third, halves) < 0.01 < distance(third, network), (distance(third, halves), distance(third, network))
        assert figure(run(*training(third, "1", "--begin", network + ".state"))[0], "union") > 0.5

        # The file is what the C program reads: names in order, shapes, metadata, no holes, header of whole 8 bytes.
        weights, metadata = t.read_hair(network)
        assert metadata == {"dfi.kind": "hair", "dfi.version": "1", "dfi.licence": "CC-BY-4.0",
                            "dfi.provenance": "trained by train_hair.py, 45 steps"}
        assert list(t.read_safetensors(network)[0]) == list(t.tensor_shapes())
        with open(network, "rb") as f:
            header = int.from_bytes(f.read(8), "little")
        assert header % 8 == 0
        assert os.path.getsize(network) == 8 + header + 4 * sum(tensor.numel() for tensor in weights.values())

        # To float16: within half a unit in the last place; metadata kept; biases untouched.
        half = place("half.safetensors")
        run("convert", network, half)
        rounded, kept = t.read_hair(half)
        assert kept == metadata
        for name, tensor in weights.items():
            limit = 0.0 if name.endswith("bias") else 2.0 ** -11
            assert bool(((rounded[name] - tensor).abs() <= limit * tensor.abs() + (limit and 2.0 ** -25)).all()), name

        # The network is the one that the header describes; in the file are the means that normalisation went by.
        x = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(4))
        with torch.no_grad():
            shares = torch.sigmoid(t.forward(weights, x, t.add_bias(weights)))
            assert shares.shape == (2, 1, 80, 80)
            assert torch.allclose(shares, network_as_described(weights, x), atol=1e-5)
            state = torch.load(network + ".state")["average"]
            kept_mean = lambda name, x: torch.nn.functional.batch_norm(
                x, *(state["hair.%s.%s" % (name, what)] for what in ("mean", "variance", "gain", "shift")))
            assert torch.allclose(shares, torch.sigmoid(t.forward(state, x, kept_mean)), atol=1e-4)

        # It labels once more, compares and draws.
        check_second_round(place, half, hair)
        assert figure(run("compare", half, place("labels.npz"))[0], "union") > 0.5
        assert "00.png" in run("sheet", place("second.npz"), place("sheet.png"), "--most", "5")[0]
        assert Image.open(place("sheet.png")).size == (8 * 160, 2 * 160)

        # What does not fit is refused in a sentence.
        encoder = os.path.join(HERE, "vgg19-slim.safetensors")
        assert "no network of hair" in refused("convert", encoder, half)
        assert "views.npz" in refused("compare", half, place("views.npz"))
        assert "nothing to go on from" in refused(*training(place("none"), "1", "--resume"))
        assert "column" in refused("label", place("views.npz"), place("atlas.npy"), place("no.npz"), "--table", os.devnull)
        with open(os.path.join(place("faces"), "00.png.json"), "w") as f:
            f.write("{")
        assert "00.png.json" in refused("views", place("pictures"), place("faces"), place("no.npz"))
        assert not os.path.exists(place("no.npz"))
    print("ok")


main()
