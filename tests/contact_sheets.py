#!/usr/bin/env python3
"""Contact sheets of edits on faces of a labelled data set, with the persons who are edited left out of the database.

  contact_sheets.py DFI IMAGES ATTRIBUTES.csv OUT_FOLDER [FACES]

Leaves out the persons of 64 pictures spread over the data set, builds a database from all others with `dfi database build`,
edits FACES (8) of the 64 in six ways each, and writes OUT_FOLDER/sheet.png: a row a face, the original first.  Made for LFW-a, whose file names are a person and a
number; neither the pictures nor the sheets belong into the repository.  Needs Pillow (Debian's python3-pil).
"""
import csv
import os
import re
import subprocess
import sys

from PIL import Image

EDITS = ["smiling=-2", "smiling=2", "eyeglasses=2.4", "mustache=2.4", "senior=2", "mouth-wide-open=2"]
EYES, FRAME, MOUTH = "103.2,112.8,146.5,112.5", "45,45,205,205", "125.0,160.5"
HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS = os.path.join(HERE, "..", "weights", "vgg19-slim.safetensors")
SIZE = 192
LEFT_OUT = 64


def person(file):
    return re.sub(r"_\d+\.\w+$", "", file)


def main():
    dfi, images, labels, out = sys.argv[1:5]
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 8
    os.makedirs(out, exist_ok=True)
    with open(labels, newline="") as f:
        head, *rows = list(csv.reader(f))

    kept_out = [rows[(2 * i + 1) * len(rows) // (2 * LEFT_OUT)][0] for i in range(LEFT_OUT)]
    chosen = kept_out[::LEFT_OUT // count][:count]
    left_out = {person(file) for file in kept_out}
    rest = os.path.join(out, "labels.csv")
    with open(rest, "w", newline="") as f:
        csv.writer(f).writerows([head] + [row for row in rows if person(row[0]) not in left_out])

    database = os.path.join(out, "rest.safetensors")
    if not os.path.exists(database):
        subprocess.run([dfi, "database", "build", "--images", images, "--labels", rest, "--frame", FRAME, "--eyes", EYES,
                        "--mouth", MOUTH, "--weights", WEIGHTS, "--attributes", os.path.join(HERE, "..", "resources", "faces.attributes"),
                        "--out", database], check=True)

    box = tuple(int(x) for x in FRAME.split(","))
    sheet = Image.new("RGB", (SIZE * (len(EDITS) + 1), SIZE * count), "white")
    for i, file in enumerate(chosen):
        photo = os.path.join(images, file)
        pictures = [Image.open(photo).convert("RGB")]
        for edit in EDITS:
            result = os.path.join(out, "face%d-%s.png" % (i + 1, edit))
            subprocess.run([dfi, "edit", photo, result, "--set", edit, "--eyes", EYES, "--weights", WEIGHTS,
                            "--database", database], check=True)
            pictures.append(Image.open(result).convert("RGB"))
        for j, picture in enumerate(pictures):
            sheet.paste(picture.crop(box).resize((SIZE, SIZE), Image.BICUBIC), (j * SIZE, i * SIZE))
    sheet.save(os.path.join(out, "sheet.png"))


if __name__ == "__main__":
    main()
