#!/usr/bin/env python3
"""Adds the tones of the faces' hair to a database that was built without them, as the bundled one was.

  add_tones.py FACES.safetensors FACES.jsonl OUT.safetensors

FACES.jsonl has a line for each face of the database, in its order: what "dfi faces --json" prints of the picture that the face comes
from, whose largest face it is.  All else stays as it is, to the byte.  "dfi database build" measures tones by itself.

Needs NumPy.  The format: core/database/database.h.
"""
import json
import struct
import sys

import numpy as np

NUMBERS = ["luma", "deviation", "cb", "cr"]


def tone(line):
    """What is not known of the hair is NaN."""
    faces = json.loads(line)
    hair = faces[0]["hair"] if faces else None
    return [np.nan if hair is None or hair[name] is None else hair[name] for name in NUMBERS]


def main():
    blob = open(sys.argv[1], "rb").read()
    length = struct.unpack("<Q", blob[:8])[0]
    text, data = blob[8:8 + length].rstrip(), blob[8 + length:]
    header = json.loads(text)
    tones = np.array([tone(line) for line in open(sys.argv[2])], "<f2")
    assert "tones" not in header, "the database has tones"
    assert tones.shape == (header["codes"]["shape"][0], len(NUMBERS)), "a line for each face of the database is wanted"

    added = {"dtype": "F16", "shape": list(tones.shape), "data_offsets": [len(data), len(data) + tones.nbytes]}
    text = text[:-1] + b',"tones":' + json.dumps(added, separators=(",", ":")).encode() + b"}"
    text += b" " * (-len(text) % 8)
    with open(sys.argv[3], "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data + tones.tobytes())


if __name__ == "__main__":
    main()
