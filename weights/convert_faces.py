#!/usr/bin/env python3
"""Makes face.safetensors out of the networks of the npm package @vladmandic/face-api (MIT).

    npm pack @vladmandic/face-api && tar xf vladmandic-face-api-*.tgz
    convert_faces.py package face.safetensors

A manifest of the package lists tensors as bytes q with a scale and a minimum; the value is q * scale + min. Here they become float16,
filters laid out as (K, C, 3, 3), (C, 3, 3) and (K, C), biases float32. Only Python's own library is needed.
"""

import argparse
import json
import struct
from pathlib import Path

NETS = {
    "detector": "tiny_face_detector_model",
    "landmarks": "face_landmark_68_model",
}


def count(shape):
    n = 1
    for size in shape:
        n *= size
    return n


def read_net(folder, name):
    """{tensor's name: (shape, values)} as the package has them."""
    tensors = {}
    for group in json.loads((folder / f"{name}-weights_manifest.json").read_text()):
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            how = entry["quantization"]
            if entry["dtype"] != "float32" or how["dtype"] != "uint8":
                raise SystemExit(f"{name}: {entry['name']} is not stored as bytes that stand for float32")
            n = count(entry["shape"])
            tensors[entry["name"]] = entry["shape"], [q * how["scale"] + how["min"] for q in data[at:at + n]]
            at += n
        if at != len(data):
            raise SystemExit(f"{name}: {len(data)} bytes, the manifest speaks of {at}")
    return tensors


def transpose(shape, values, order):
    """As numpy's: axis i of the result is axis order[i] of the values."""
    strides = [count(shape[axis + 1:]) for axis in range(len(shape))]
    indices = [0]
    for axis in order:
        indices = [i + k * strides[axis] for i in indices for k in range(shape[axis])]
    return [shape[axis] for axis in order], [values[i] for i in indices]


def lay_out(name, shape, values):
    """TensorFlow's layouts to ours: height, width, in, out -> out, in, height, width."""
    if name.endswith("depthwise_filter"):
        shape, values = transpose(shape, values, (2, 3, 0, 1))
        return [shape[0], 3, 3], values
    if len(shape) == 4:
        shape, values = transpose(shape, values, (3, 2, 0, 1))
        return (shape[:2] if shape[2:] == [1, 1] else shape), values
    if len(shape) == 2:
        return transpose(shape, values, (1, 0))
    return shape, values


def convert(package):
    for net, file in NETS.items():
        for name, (shape, values) in read_net(package / "model", file).items():
            shape, values = lay_out(name, shape, values)
            half = len(shape) > 1
            yield (f"{net}.{name.replace('/', '.')}", "F16" if half else "F32", shape,
                   struct.pack(f"<{len(values)}{'e' if half else 'f'}", *values))


def write(path, metadata, tensors):
    header, at = {"__metadata__": metadata}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for *_, data in tensors))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="folder with the package's package.json and model/")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()

    version = json.loads((arguments.package / "package.json").read_text())["version"]
    metadata = {
        "dfi.kind": "face",
        "dfi.version": "1",
        "dfi.provenance": f"tiny_face_detector and face_landmark_68 of the npm package @vladmandic/face-api {version}, which has them "
                          "from face-api.js by Vincent Mühler; bytes expanded by their manifest, then rounded to float16",
        "dfi.licence": "MIT. Copyright (c) Vladimir Mandic; Copyright (c) 2018 Vincent Mühler",
    }
    write(arguments.out, metadata, list(convert(arguments.package)))


if __name__ == "__main__":
    main()
