#!/usr/bin/env python3
"""Sets labels of the bundled database that say something about colours, and the rules that predict them, by its maps of chroma.

  relabel.py FACES.safetensors OUT.safetensors

The labels of most faces were predicted from luma, which says little of lipstick or of blush: the two sides of a difference then
had the same colours.  Here the faces whose own chroma shows an attribute most are said to have it.  Only faces in colour, those
with the attribute "sharp", are labelled anew.  By eye, the ones that wear dark glasses no longer count as wearing eyeglasses.

Needs NumPy.  The format: core/database/database.h and core/database/basis.h; the rules: core/build/codes.c.
"""
import json
import struct
import sys

import numpy as np

CHROMA_WEIGHT = 170.0   # DFI_CHROMA_WEIGHT
RIDGE = 0.01            # of the rules, as in core/build/codes.c
CELLS = 40              # of the map along each side; the frame has 8 pixels to a cell
# Rows and columns of the map, for a frame with eyes and mouth where the bundled database has them
LIPS, LEFT_CHEEK, RIGHT_CHEEK = (28, 31, 18, 24), (24, 27, 11, 14), (24, 27, 27, 30)
FOREHEAD, HAIR = (9, 13, 17, 24), (2, 6, 14, 27)
# Faces with dark glasses, found by looking at all that have eyeglasses
DARK_GLASSES = [12, 88, 90, 111, 152, 180, 208, 297, 364, 477, 527, 543, 630, 794, 4460]


class Database:
    def __init__(self, path):
        self.blob = bytearray(open(path, "rb").read())
        length = struct.unpack("<Q", self.blob[:8])[0]
        self.header, self.start = json.loads(self.blob[8:8 + length]), 8 + length
        attributes = json.loads(self.header["__metadata__"]["dfi.attributes"])
        self.names = [a["name"] for a in attributes]
        self.opposites = {a["name"]: a.get("opposite") for a in attributes}
        bits = np.unpackbits(self.tensor("labels", "u1"), axis=1, bitorder="little")
        self.labels = bits[:, :len(self.names)].astype(bool)
        self.codes = self.tensor("codes", "<f2").astype(np.float64)

    def tensor(self, name, kind):
        first, last = self.header[name]["data_offsets"]
        return np.frombuffer(self.blob, kind, (last - first) // np.dtype(kind).itemsize,
                             self.start + first).reshape(self.header[name]["shape"])

    def put(self, name, array):
        first, last = self.header[name]["data_offsets"]
        data = np.ascontiguousarray(array).tobytes()
        assert len(data) == last - first
        self.blob[self.start + first:self.start + last] = data

    def has(self, name):
        return self.labels[:, self.names.index(name)]

    def chroma(self):
        """(N, 2, 40, 40): Cb and Cr of each face, as the basis knows them"""
        n = CELLS * CELLS
        packed = self.tensor("basis", "u1")[:, -n:]
        rows = np.stack([packed & 15, packed >> 4], 2).reshape(len(packed), 2, n) - 7.5
        rows = (rows * self.tensor("scale", "<f4")[:, -2:, None]).reshape(len(packed), 2 * n)
        maps = (self.tensor("mean", "<f4")[-2 * n:] + self.codes @ rows) / CHROMA_WEIGHT
        return maps.reshape(-1, 2, CELLS, CELLS)

    def score(self, name):
        """(N,): what the rule for an attribute says"""
        rule = self.tensor("predictor", "<f4")[self.names.index(name)]
        return self.codes @ rule[:-1] + rule[-1]

    def rule(self, name):
        """Fisher's discriminant, as a build makes it"""
        have, opposite = self.has(name), self.opposites[name]
        lack = ~have & (self.has(opposite) if opposite else True)
        mean = self.codes.mean(0)
        covariance = self.codes.T @ self.codes / len(self.codes) - np.outer(mean, mean)
        covariance += np.eye(len(mean)) * RIDGE * np.trace(covariance) / len(mean)
        one, other = self.codes[have].mean(0), self.codes[lack].mean(0)
        rule = np.linalg.solve(covariance, one - other)
        return np.append(rule, -rule @ (one + other) / 2)


def mean_in(maps, box):
    """(N, 2)"""
    return maps[:, :, box[0]:box[1], box[2]:box[3]].mean((2, 3))


def standard(values, among):
    return (values - values[among].mean()) / values[among].std()


def scores(database, colour):
    """Attribute -> how much each face shows it"""
    maps = database.chroma()
    cheeks = (mean_in(maps, LEFT_CHEEK) + mean_in(maps, RIGHT_CHEEK)) / 2
    forehead, hair, lips = mean_in(maps, FOREHEAD), mean_in(maps, HAIR), mean_in(maps, LIPS)
    skin = (cheeks + forehead) / 2
    luma = lambda name: standard(database.score(name), colour)
    return {"wearing-lipstick": lips[:, 1] - cheeks[:, 1],     # redder than the cheeks
            "rosy-cheeks": cheeks[:, 1] - forehead[:, 1],
            "flushed-face": skin[:, 1],
            "pale-skin": luma("pale-skin") - standard(np.hypot(*skin.T), colour),
            "blond-hair": luma("blond-hair") - standard(hair[:, 0], colour),
            "gray-hair": luma("gray-hair") - 0.7 * standard(np.hypot(*hair.T), colour)}


def main():
    database = Database(sys.argv[1])
    colour, male = database.has("sharp"), database.has("male")
    women, men = colour & ~male, colour & male
    found = scores(database, colour)
    # attribute: how many of whom
    shares = {"wearing-lipstick": [(women, int(0.2 * women.sum())), (men, 0)], "rosy-cheeks": [(colour, int(0.15 * colour.sum()))],
              "flushed-face": [(colour, int(0.1 * colour.sum()))], "pale-skin": [(colour, int(0.15 * colour.sum()))],
              "blond-hair": [(women, 220), (men, 40)], "gray-hair": [(colour, 70)]}
    for name, groups in shares.items():
        for among, count in groups:
            members = np.flatnonzero(among)
            members = members[np.argsort(-found[name][members], kind="stable")]
            database.has(name)[members] = False
            database.has(name)[members[:count]] = True

    database.has("eyeglasses")[DARK_GLASSES] = False
    database.has("no-eyewear")[DARK_GLASSES] = False
    database.has("sunglasses")[DARK_GLASSES] = True

    rules = database.tensor("predictor", "<f4").copy()
    for name in [*shares, "eyeglasses", "no-eyewear", "sunglasses"]:
        rules[database.names.index(name)] = database.rule(name)
    bits = np.zeros((len(database.labels), 8 * database.header["labels"]["shape"][1]), bool)
    bits[:, :database.labels.shape[1]] = database.labels
    database.put("labels", np.packbits(bits, axis=1, bitorder="little"))
    database.put("predictor", rules)
    with open(sys.argv[2], "wb") as f:
        f.write(database.blob)


if __name__ == "__main__":
    main()
