#!/usr/bin/env python3
"""The rooms of core: who includes whom.

  rooms.py check SOURCE          as TAP: no room looks upwards, no circle, and each .c has a header of its own
  rooms.py draw  SOURCE OUT.svg  the picture of core/README.md
  rooms.py lines SOURCE          lines of code by room

A room may include what its meson.build links, directly or through others.  The files beside the rooms put them together, and the command
line stands above all.
"""
import html
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
ABOVE = {"cli", "edit"}   # these may include every room
LINKED = re.compile(r"\b([a-z]+)_room\b")


class House:
    def __init__(self, source):
        self.core = pathlib.Path(source) / "core"
        self.files = sorted(p for p in self.core.rglob("*.[ch]"))
        self.includes = {p: self.included(p) for p in self.files}
        self.links = {room: self.linked(room) for room in sorted({self.room(p) for p in self.files})}

    def room(self, path):
        """Folder below core; "edit" for the files that stand beside the rooms, which put them together."""
        parts = path.relative_to(self.core).parts
        return parts[0] if len(parts) > 1 else "edit"

    def included(self, path):
        names = INCLUDE.findall(path.read_text())
        places = [self.core / n if (self.core / n).exists() else path.parent / n for n in names]
        return [p for p in places if p.exists()]   # config.h is made by the build

    def linked(self, room):
        """Rooms that its meson.build names, and the ones that those link."""
        if room in ABOVE:
            return {self.room(p) for p in self.files} - ABOVE | {"edit"}
        text = "".join(p.read_text() for p in (self.core / room).rglob("meson.build"))
        found = {r for r in LINKED.findall(text) if (self.core / r).is_dir()} - {room}
        return found.union(*(self.linked(r) for r in found))

    def arrows(self):
        """(room, room): the first includes something of the second."""
        return {(self.room(p), self.room(q)) for p, qs in self.includes.items() for q in qs if self.room(p) != self.room(q)}

    def circle(self):
        """A list of headers that include each other in a circle, or None."""
        done, path = set(), []

        def visit(p):
            if p in path:
                return path[path.index(p):] + [p]
            if p in done:
                return None
            path.append(p)
            found = next((c for c in map(visit, self.includes[p]) if c), None)
            path.pop()
            done.add(p)
            return found
        return next((c for c in map(visit, self.files) if c), None)

    def lines(self, room):
        return sum(len(p.read_text().splitlines()) for p in self.files if self.room(p) == room)


def check(house):
    upwards = ["%s includes %s" % (p.relative_to(house.core), q.relative_to(house.core))
               for p, qs in house.includes.items() for q in qs
               if house.room(q) not in house.links[house.room(p)] | {house.room(p)}]
    circle = house.circle()
    headless = [str(p.relative_to(house.core)) for p in house.files
                if p.suffix == ".c" and house.room(p) != "cli" and not own_header(p)]
    results = [("no room includes what it does not link", upwards),
               ("no circle of includes", [" -> ".join(p.name for p in circle)] if circle else []),
               ("each .c has a header of its own", headless)]
    print("1..%d" % len(results))
    for i, (name, wrong) in enumerate(results, 1):
        print("%sok %d - %s" % ("not " if wrong else "", i, name))
        for line in wrong:
            print("# " + line)
    return any(wrong for _, wrong in results)


def own_header(path):
    """photo.h, or for a part of its work that has a file of its own, photo-save.c, too. Kernels are reached through a table, and so are the
    readers of a format: their header is the table's."""
    parts = path.stem.split("-")
    stems = ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return (any((path.parent / (stem + ".h")).exists() for stem in stems) or
            "extern const" in "".join(h.read_text() for h in path.parent.glob("*.h")))


def floors(house):
    """Longest way down to a room that includes nothing."""
    arrows = house.arrows()

    def floor(room):
        return 1 + max((floor(b) for a, b in arrows if a == room), default=0)
    return {room: floor(room) for room in house.links}


def draw(house, out):
    level, arrows = floors(house), house.arrows()
    reach = {r: {b for a, b in arrows if a == r} for r in level}
    direct = [(a, b) for a, b in sorted(arrows) if not any(b in reach[c] for c in reach[a] - {b})]
    rows = [[r for r in sorted(level) if level[r] == n] for n in range(max(level.values()), 0, -1)]
    width, height, gap, box_w, box_h = 760, 10 + 92 * len(rows), 92, 134, 50
    at = {}
    for y, row in enumerate(rows):
        for x, room in enumerate(row):
            at[room] = ((x + 1) * width / (len(row) + 1), 45 + gap * y)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="14">' % (width, height),
             '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
             '<path d="M0 0L10 5L0 10z" fill="#667"/></marker></defs>',
             '<rect width="100%" height="100%" fill="white"/>']
    for a, b in direct:
        (x1, y1), (x2, y2) = at[a], at[b]
        parts.append('<path d="M%.0f %.0fL%.0f %.0f" stroke="#667" marker-end="url(#tip)"/>'
                     % (x1, y1 + box_h / 2, x2, y2 - box_h / 2))
    for room, (x, y) in at.items():
        parts.append('<rect x="%.0f" y="%.0f" width="%d" height="%d" rx="6" fill="#eef3fb" stroke="#345"/>'
                     % (x - box_w / 2, y - box_h / 2, box_w, box_h))
        parts.append('<text x="%.0f" y="%.0f" text-anchor="middle" font-weight="bold">%s</text>' % (x, y - 3, html.escape(room)))
        parts.append('<text x="%.0f" y="%.0f" text-anchor="middle" font-size="11" fill="#345">%d lines</text>'
                     % (x, y + 14, house.lines(room)))
    pathlib.Path(out).write_text("\n".join(parts) + "\n</svg>\n")


def main(argv):
    if len(argv) < 3 or argv[1] not in ("check", "draw", "lines"):
        sys.exit(__doc__)
    house = House(argv[2])
    if argv[1] == "check":
        return check(house)
    if argv[1] == "draw":
        draw(house, argv[3])
    else:
        for room in house.links:
            print("%-10s %6d" % (room, house.lines(room)))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
