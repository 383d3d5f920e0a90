#!/usr/bin/env python3
"""Says in a table how good the edits of a dfi program are, by networks that have nothing in common with it.

    npm ci --prefix tests/judge
    judge.py --dfi DFI --data DIR[:DIR] --portraits DIR --cache DIR [options] >table.md

The portraits are the .jpg files of the folder, their paths sorted, whose place in the list is 0, 2 or 4 modulo 7 (the first place
is 0): who trains or builds for a figure of this judge leaves these out. Each edit is asked for once: the cache keeps, for each program
with its data, what lies around the face, so that a run that was stopped goes on. DFI_DATA_DIR of the program is what --data says.
Crops of edited faces are cut where the unedited photograph's landmarks lie. Needs node 20 and Debian's python3-torch, python3-numpy
and python3-pil, and fonts-dejavu-core. Photographs, crops and sheets do not belong into the repository.
"""

import argparse
import configparser
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

import classifier

HERE = Path(__file__).resolve().parent
MAIN = ("smiling", "senior", "youth", "eyeglasses")
BEARDS = ("mustache", "goatee")
MOUTH = (0.55, 0.9, 0.25, 0.75)  # rows and columns of the frame
HEAD = ("| edit | faces | P(happy), median change | moved by more than 0.05 | age, median change | identity distance, median | seen |\n"
        "| --- | --- | --- | --- | --- | --- | --- |")
TAPS = ("relu3_1", "relu4_1", "relu5_1")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dfi", required=True, help="the program")
    parser.add_argument("--data", required=True, help="DFI_DATA_DIR for it")
    parser.add_argument("--cache", required=True, type=Path, help="folder of the crops and of what is known of them")
    parser.add_argument("--portraits", type=Path, help="folder of photographs, with folders inside")
    parser.add_argument("--node", default=HERE, type=Path, help="folder with node_modules (default: this one)")
    parser.add_argument("--attributes", default=HERE / "../../resources/faces.attributes", help="tells the favourites")
    parser.add_argument("--strength", type=float, default=2, help="of smiling, senior, youth, glasses and beards (default 2)")
    parser.add_argument("--quality", default="normal", help="handed on to the program")
    parser.add_argument("--faces", type=int, default=0, help="portraits of the main edits, spread over the list (default 0: all of it)")
    parser.add_argument("--others", type=int, default=20, help="portraits of each other favourite, at its usual strength (default 20)")
    parser.add_argument("--glasses", help="what classifier.py learned of glasses")
    parser.add_argument("--beard", help="and of beards, where that is good enough")
    parser.add_argument("--pairs", type=Path, help="folder of NNN_neutral.jpg and NNN_smiling.jpg")
    parser.add_argument("--people", type=int, default=0, help="people of --pairs, spread over the list (default 0: all)")
    parser.add_argument("--reference", help="dfi_reference.py with the encoder in PyTorch, for --pairs")
    parser.add_argument("--weights", help="the encoder's file, for --pairs (default: vgg19-slim.safetensors in --data)")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, four portraits on each, at the photographs' own resolution")
    parser.add_argument("--sheet-faces", type=int, default=8, help="portraits on the sheets, spread (default 8)")
    parser.add_argument("--sheet-attributes", help="NAME or NAME=STRENGTH, with commas between (default: favourites at their usual strengths)")
    return parser.parse_args()


def spread(things, count):
    return [things[i * len(things) // count] for i in range(min(count, len(things)))]


class Program:
    """A dfi program with its data, and the folder of what it made."""

    def __init__(self, options):
        self.dfi, self.quality, self.data = options.dfi, options.quality, options.data
        digest = hashlib.sha256(Path(options.dfi).read_bytes())
        for name in sorted(file for folder in options.data.split(":") for file in Path(folder).glob("*.safetensors")):
            digest.update(name.name.encode() + hashlib.sha256(name.read_bytes()).digest())
        self.folder = options.cache / digest.hexdigest()[:16]
        self.environment = dict(os.environ, DFI_DATA_DIR=options.data)
        database = self.find("faces.safetensors")
        self.database = json.loads(self.call("database", "info", database, "--json").stdout)
        self.strengths = {entry["name"]: entry["strength"] for entry in self.database["attributes"]}
        self.failures = []

    def find(self, name):
        for folder in self.data.split(":"):
            if Path(folder, name).exists():
                return str(Path(folder, name))
        sys.exit(f"{name} is in none of the folders {self.data}.")

    def call(self, *words):
        return subprocess.run([self.dfi, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)

    def landmarks(self, photo):
        kept = self.folder / "landmarks" / (name_of(photo) + ".json")
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            out = self.call("faces", photo, "--json").stdout
            faces = json.loads(out) if out.strip() else []
            kept.write_text(json.dumps(faces[0]["landmarks"] if faces else None))
        found = json.loads(kept.read_text())
        return found and np.array(found)

    def edited(self, photo, setting):
        """Path of what lies around the face after an edit (none: setting is ''), or None where the program refuses."""
        crop = self.folder / (f"{setting}-{self.quality}" if setting else "unedited") / (name_of(photo) + ".png")
        if crop.exists():
            return crop
        landmarks = self.landmarks(photo)
        if landmarks is None:
            self.failures.append(f"{name_of(photo)}: no face")
            return None
        crop.parent.mkdir(parents=True, exist_ok=True)
        source, scratch = photo, crop.with_suffix(".whole.png")
        if setting:
            run = self.call("edit", photo, scratch, "--set", setting, "--quality", self.quality)
            if run.returncode:
                self.failures.append(f"{name_of(photo)} {setting}: {run.stderr.strip()}")
                return None
            source = scratch
        Image.open(source).convert("RGB").crop(around(landmarks)).save(crop)
        scratch.unlink(missing_ok=True)
        return crop

    def vectors(self, photo, setting, *more):
        kept = self.folder / f"{setting}-vectors-{self.quality}" / (name_of(photo) + ".safetensors")
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            scratch, whole = kept.with_suffix(".part"), kept.with_suffix(".png")
            run = self.call("edit", photo, whole, "--set", setting, "--quality", self.quality, "--vectors", scratch, *more)
            whole.unlink(missing_ok=True)
            if run.returncode:
                self.failures.append(f"{name_of(photo)} {setting}: {run.stderr.strip()}")
                return None
            scratch.rename(kept)
        return kept


def name_of(photo):
    return f"{photo.parent.name}-{photo.stem}"


def around(landmarks):
    """Square with the head, in whole pixels of the photograph."""
    low, high = landmarks.min(0), landmarks.max(0)
    centre = (low + high) / 2 - [0, 0.15 * (high[1] - low[1])]
    reach = round(0.95 * max(high - low))
    x, y = (int(round(v)) - reach for v in centre)
    return x, y, x + 2 * reach, y + 2 * reach


def package_boxes(landmarks):
    """Where the package cuts faces: around all landmarks for expressions and age, aligned for descriptors."""
    low, high = landmarks.min(0), landmarks.max(0)
    pad = 0.1 * (high - low)
    face = [*(low - pad), *(high + pad)]
    points = np.stack([landmarks[36:42].mean(0), landmarks[42:48].mean(0), landmarks[48:68].mean(0)])
    side = int(np.linalg.norm(points[:2] - points[2], axis=1).mean() / 0.45)
    left, top = points.mean(0) - [0.5 * side, 0.43 * side]
    return {"face": face, "identity": [left, top, left + side, top + side]}


class Judge:
    """What the networks say of crops, asked in one go and kept beside them."""

    def __init__(self, options, program):
        self.node, self.program = options.node, program
        self.classifiers = {what: classifier.load(path) for what, path in (("glasses", options.glasses), ("beard", options.beard)) if path}

    def ask(self, edits):
        """edits: (photo, crop) of each; writes CROP.json where there is none."""
        missing = [(photo, crop) for photo, crop in edits if crop and not crop.with_suffix(".json").exists()]
        names, owners = [], []
        for photo, crop in missing:
            landmarks = self.program.landmarks(photo)
            corner = np.array(around(landmarks)[:2])
            picture = Image.open(crop)
            for what, box in package_boxes(landmarks - corner).items():
                part = picture.crop([int(round(v)) for v in box])
                part.thumbnail((300, 300), Image.BOX)
                name = crop.with_suffix(f".{part.width}.{part.height}.{what}")
                name.write_bytes(part.tobytes())
                names.append(name)
                owners.append(crop)
        if names:
            out = subprocess.run(["node", str(HERE / "networks.mjs"), str(self.node)], input="\n".join(map(str, names)) + "\n",
                                 stdout=subprocess.PIPE, check=True, text=True).stdout
            answers = {}
            for crop, line in zip(owners, (line for line in out.splitlines() if line.startswith("{")), strict=True):
                answers.setdefault(crop, {}).update(json.loads(line))
            for crop, answer in answers.items():
                crop.with_suffix(".json").write_text(json.dumps(answer))
            for name in names:
                name.unlink()

    def says(self, crop):
        return json.loads(crop.with_suffix(".json").read_text())

    def seen(self, what, photo, crop):
        """Probability that the face wears glasses, or a beard."""
        landmarks = self.program.landmarks(photo)
        eyes = classifier.eyes_of(landmarks) - around(landmarks)[:2]
        return float(classifier.ask(self.classifiers[what], [classifier.crop(Image.open(crop), eyes, what)])[0])


def judge(program, judge, photos, setting, faces=lambda before: True, what=None):
    """A row of the table: an edit of those photographs whose unedited face passes `faces`."""
    pairs = [(photo, program.edited(photo, "")) for photo in photos]
    judge.ask(pairs)
    pairs = [(photo, before) for photo, before in pairs if before and faces(judge.says(before))]
    if what in judge.classifiers:
        pairs = [(photo, before) for photo, before in pairs if judge.seen(what, photo, before) < 0.9]
    edits = [(photo, before, program.edited(photo, setting)) for photo, before in pairs]
    edits = [edit for edit in edits if edit[2]]
    judge.ask([(photo, after) for photo, _, after in edits])
    before = [judge.says(crop) for _, crop, _ in edits]
    after = [judge.says(crop) for _, _, crop in edits]
    if not edits:
        return f"| {setting} | 0 | | | | | |"
    happy = np.array([b["happy"] - a["happy"] for a, b in zip(before, after, strict=True)])
    age = np.array([b["age"] - a["age"] for a, b in zip(before, after, strict=True)])
    identity = [np.linalg.norm(np.subtract(a["descriptor"], b["descriptor"])) for a, b in zip(before, after, strict=True)]
    share = ""
    if what in judge.classifiers:
        shares = [np.mean([judge.seen(what, edit[0], edit[side]) > 0.5 for edit in edits]) for side in (1, 2)]
        share = f"{100 * shares[0]:.0f} % → {100 * shares[1]:.0f} %"
    return (f"| {setting} | {len(edits)} | {np.median(happy):+.2f} | {100 * np.mean(abs(happy) > 0.05):.0f} % | "
            f"{np.median(age):+.1f} | {np.median(identity):.2f} | {share} |")


def truth(program, options):
    """Distance of edited neutral faces to the same person's smile over the unedited faces', by tap."""
    module = importlib.util.spec_from_file_location("reference", options.reference)
    reference = importlib.util.module_from_spec(module)
    module.loader.exec_module(reference)
    encoder = reference.Encoder(options.weights or program.find("vgg19-slim.safetensors"))
    ratios = []
    people = sorted(options.pairs.glob("*_neutral.jpg"))
    for neutral in spread(people, options.people or len(people)):
        smile = neutral.with_name(neutral.name.replace("neutral", "smiling"))
        edited = program.vectors(neutral, "smiling=1")
        # Of the smile only the frame is wanted, as the program cuts it.
        goal = program.vectors(smile, "smiling=0.01", "--iterations", 1)
        if not edited or not goal:
            continue
        edited, goal = reference.read_safetensors(str(edited))[0], reference.read_safetensors(str(goal))[0]
        with torch.no_grad():
            before, after, true = (encoder(picture[None]) for picture in (edited["face"], edited["result"], goal["face"]))
        ratio = []
        for a, b, c in zip(before, after, true, strict=True):
            height, width = a.shape[2:]
            part = np.s_[:, :, round(MOUTH[0] * height):round(MOUTH[1] * height), round(MOUTH[2] * width):round(MOUTH[3] * width)]
            ratio.append(float((b[part] - c[part]).norm() / (a[part] - c[part]).norm()))
        ratios.append(ratio)
    ratios = np.array(ratios)
    return [f"| median of {len(ratios)} | " + " | ".join(f"{v:.3f}" for v in np.median(ratios, 0)) + " |",
            "| share nearer to the smile | " + " | ".join(f"{100 * v:.0f} %" for v in np.mean(ratios < 1, 0)) + " |"]


def make_sheets(program, photos, settings, folder):
    folder.mkdir(parents=True, exist_ok=True)
    margin, head = 150, 24
    font = ImageFont.truetype("DejaVuSans.ttf", 18)
    for first in range(0, len(photos), 4):
        rows = [[(s or "unedited", program.edited(photo, s)) for s in ["", *settings]] for photo in photos[first:first + 4]]
        rows = [(photo, [(label, crop and Image.open(crop)) for label, crop in row])
                for photo, row in zip(photos[first:], rows, strict=False) if row[0][1]]
        sides = [row[0][1].width for _, row in rows]
        page = Image.new("RGB", (margin + (len(settings) + 1) * max(sides), sum(sides) + head * len(rows)), "white")
        draw, y = ImageDraw.Draw(page), 0
        for (photo, row), side in zip(rows, sides, strict=True):
            draw.text((4, y + head), name_of(photo), "black", font)
            for k, (label, crop) in enumerate(row):
                draw.text((margin + k * side + 4, y + 2), label, "black", font)
                if crop:
                    page.paste(crop, (margin + k * side, y + head))
            y += side + head
        page.save(folder / f"sheet-{first // 4 + 1}.png")


def main():
    options = arguments()
    torch.set_num_threads(1)
    program = Program(options)
    favourites = configparser.ConfigParser(strict=False)
    favourites.read(options.attributes)
    favourites = [name for name in favourites.sections() if favourites[name].get("Favourite") == "true" and name in program.strengths]
    photos = []
    if options.portraits:
        photos = [path for i, path in enumerate(sorted(options.portraits.glob("**/*.jpg"), key=str)) if i % 7 in (0, 2, 4)]
        photos = spread(photos, options.faces or len(photos))
        asks, strength = Judge(options, program), f"{options.strength:g}"
        print(f"{len(photos)} portraits, frame of {program.database['frame']['size']} pixels, quality {options.quality}.\n")
        print(HEAD)
        for name in MAIN:
            if name in program.strengths:
                print(judge(program, asks, photos, f"{name}={strength}", (lambda before: before["happy"] < 0.5) if name == "smiling" else
                            lambda before: True, "glasses" if name == "eyeglasses" else None), flush=True)
        if options.beard:
            men = [photo for photo in photos if photo.parent.name != "female"]
            for name in BEARDS:
                if name in program.strengths:
                    print(judge(program, asks, men, f"{name}={strength}", what="beard"), flush=True)
    if options.pairs:
        print("\nAgainst the same person's own smile, in the mouth's part of the frame:\n")
        print("| smiling=1 | " + " | ".join(TAPS) + " |\n| --- | --- | --- | --- |")
        print(*truth(program, options), sep="\n", flush=True)
    if photos and options.others:
        print("\nOther favourites at their usual strengths:\n")
        print(HEAD)
        for name in favourites:
            if name not in MAIN:
                print(judge(program, asks, spread(photos, options.others), f"{name}={program.strengths[name]:g}"), flush=True)
    if photos and options.sheets:
        names = options.sheet_attributes.split(",") if options.sheet_attributes else favourites
        settings = [name if "=" in name else f"{name}={program.strengths[name]:g}" for name in names]
        make_sheets(program, spread(photos, options.sheet_faces), settings, options.sheets)
    if program.failures:
        print("\nThe program refused:\n")
        print(*("- " + failure for failure in program.failures), sep="\n")


if __name__ == "__main__":
    main()
