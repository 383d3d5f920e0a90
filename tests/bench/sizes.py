#!/usr/bin/env python3
"""What a value and gradient costs by the picture's size: a table, and a plot.

    sizes.py BENCH-OBJECTIVE WEIGHTS OUT.svg
"""
import subprocess
import sys

SIDES = [64, 96, 128, 192, 256, 384, 512, 768, 1024]
LEFT, TOP, WIDTH, HEIGHT = 60, 30, 420, 280


def measure(bench, weights, side):
    out = subprocess.run([bench, weights, str(side), str(side), '9'], check=True, capture_output=True, text=True).stdout.split()
    return 1e3 * float(out[0]), float(out[3])


def curve(values, colour, low, high):
    """A line in a plot whose both axes are logarithmic."""
    from math import log
    points = ' '.join(f'{LEFT + WIDTH * log(side / SIDES[0]) / log(SIDES[-1] / SIDES[0]):.1f},'
                      f'{TOP + HEIGHT * (1 - log(value / low) / log(high / low)):.1f}' for side, value in zip(SIDES, values))
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'


def plot(path, times, memory):
    from math import log
    low, high = 1, 10000
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 40}" height="{TOP + HEIGHT + 60}" '
             'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']
    for value in 1, 10, 100, 1000, 10000:
        y = TOP + HEIGHT * (1 - log(value / low) / log(high / low))
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for side in SIDES:
        x = LEFT + WIDTH * log(side / SIDES[0]) / log(SIDES[-1] / SIDES[0])
        parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{side}</text>')
    parts += [curve(times, '#c33', low, high), curve(memory, '#36c', low, high),
              f'<text x="{LEFT}" y="18"><tspan fill="#c33">milliseconds</tspan> and <tspan fill="#36c">peak memory, MiB</tspan>, '
              'for a value and gradient</text>',
              f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 45}" text-anchor="middle">side of the picture, pixels</text></svg>\n']
    with open(path, 'w') as file:
        file.write('\n'.join(parts))


def main(bench, weights, out):
    times, memory = [], []
    print(f'{"side":>5} {"ms":>9} {"MiB":>7} {"us a pixel":>10}')
    for side in SIDES:
        milliseconds, mebibytes = measure(bench, weights, side)
        times.append(milliseconds)
        memory.append(mebibytes)
        print(f'{side:5} {milliseconds:9.2f} {mebibytes:7.0f} {1e3 * milliseconds / side ** 2:10.3f}', flush=True)
    plot(out, times, memory)


if __name__ == '__main__':
    main(*sys.argv[1:])
