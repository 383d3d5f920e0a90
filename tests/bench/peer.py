#!/usr/bin/env python3
"""The objective's value and gradient, and the decoder, against PyTorch's, in turn in one run.

    peer.py BENCH-OBJECTIVE BENCH-DECODER WEIGHTS [HEIGHTxWIDTH[xBASE] ...]

With BASE the network has so many filters in its first layer and random weights, else it is the one in WEIGHTS.  Prints
milliseconds for one and for two threads, medians over all rounds, and PyTorch's time divided by ours.  Exits with 77 (skipped) without PyTorch.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

UNITS = [1, 1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8]          # VGG-19 up to relu5_1
NUMBERS = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28]
POOLED = (2, 4, 8, 12)                                     # before these
TAPS = (4, 8, 12)
ROUNDS = 9


def read(path):
    import torch
    with open(path, 'rb') as file:
        length, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    kinds = {'F16': torch.float16, 'F32': torch.float32}
    return {name: torch.frombuffer(bytearray(data[slice(*entry['data_offsets'])]), dtype=kinds[entry['dtype']])
            .float().reshape(entry['shape']) for name, entry in header.items() if name.startswith('features.')}


def invent(path, base):
    """A network of random filters, which keep the size of what passes through them."""
    import torch
    tensors, channels, offset = {}, 3, 0
    for number, units in zip(NUMBERS, UNITS):
        shape = (base * units, channels, 3, 3)
        tensors[f'features.{number}.weight'] = torch.randn(shape) * (2 / (9 * channels)) ** 0.5
        tensors[f'features.{number}.bias'] = torch.zeros(base * units)
        channels = base * units
    header = {}
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {'dtype': 'F32', 'shape': list(tensor.shape), 'data_offsets': [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.numpy().tobytes())


class Peer:
    def __init__(self, weights, height, width):
        import torch
        import torch.nn.functional as F
        self.torch, self.F = torch, F
        tensors = read(weights)
        self.layers = [(tensors[f'features.{n}.weight'], tensors[f'features.{n}.bias']) for n in NUMBERS]
        with torch.no_grad():
            self.targets = [tap.clone() for tap in self.features(torch.rand(1, 3, height, width))]
        self.z = torch.rand(1, 3, height, width).requires_grad_()

    def features(self, x):
        torch, F = self.torch, self.F
        x = (x - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        taps = []
        for l, (weight, bias) in enumerate(self.layers):
            if l in POOLED:
                x = F.max_pool2d(x, 2)
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
            if l in TAPS:
                taps.append(x)
        return taps

    def seconds(self):
        self.z.grad = None
        start = time.perf_counter()
        loss = sum(((a - b) ** 2).sum() for a, b in zip(self.features(self.z), self.targets)) / 6
        dx, dy = 255 * self.z.diff(dim=3)[..., :-1, :], 255 * self.z.diff(dim=2)[..., :-1]
        (loss + 0.001 * (dx ** 2 + dy ** 2).sum()).backward()
        return time.perf_counter() - start


def ours(bench, weights, height, width, threads, repeats):
    environment = dict(os.environ, DFI_THREADS=str(threads))
    out = subprocess.run([bench, weights, str(height), str(width), str(repeats)], env=environment, check=True, capture_output=True,
                         text=True).stdout.split()
    return float(out[0]), float(out[3])


class PeerDecoder:
    """The layers of core/network/decoder.h with random filters, on features of a frame of SIDE pixels."""
    LAYERS = [(128, 128, None), (128, 128, None), (256, 128, 1), (128, 128, None), (128, 64, None), (128, 64, 0), (64, 64, None),
              (64, 64, None), (64, 32, ()), (32, 32, None), (32, 32, ()), (32, 16, None), (16, 1, None)]

    def __init__(self, side):
        import torch
        self.torch = torch
        self.layers = [(torch.randn(k, c, 3, 3) * (2 / (9 * c)) ** 0.5, torch.zeros(k), joined) for c, k, joined in self.LAYERS]
        self.taps = [torch.rand(1, c, side // d, side // d) for c, d in ((64, 4), (128, 8), (128, 16))]

    def seconds(self):
        import torch.nn.functional as F
        start = time.perf_counter()
        with self.torch.no_grad():
            x = self.taps[2]
            for number, (weight, bias, joined) in enumerate(self.layers):
                if joined is not None:
                    x = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
                if isinstance(joined, int):
                    x = self.torch.cat([x, self.taps[joined]], 1)
                x = F.conv2d(x, weight, bias, padding=1)
                x = F.relu(x) if number < len(self.layers) - 1 else x
        return time.perf_counter() - start


def compare_decoders(bench, side):
    peer = PeerDecoder(side)
    for threads in 1, 2:
        theirs, mine = [], []
        peer.torch.set_num_threads(threads)
        peer.seconds()
        for _ in range(ROUNDS):
            theirs += [peer.seconds() for _ in range(3)]
            out = subprocess.run([bench, str(side), '9'], env=dict(os.environ, DFI_THREADS=str(threads)), check=True,
                                 capture_output=True, text=True).stdout
            mine.append(float(out.split()[-1]))
        a, b = median(theirs), median(mine)
        print(f'{"decoder":>12} {side:>4}x{side:<4} {threads:>7} {1e3 * a:9.1f} {1e3 * b:9.1f} {a / b:6.2f}', flush=True)


def median(values):
    return sorted(values)[len(values) // 2]


def main(bench, bench_decoder, weights, sizes):
    print(f'{"network":>12} {"size":>9} {"threads":>7} {"PyTorch":>9} {"dfi":>9} {"ratio":>6} {"dfi MiB":>8}')
    for size in sizes or ['320x320', '192x192', '200x200x64', '512x512x64', '800x1000x64']:
        height, width, *base = map(int, size.split('x'))
        with tempfile.TemporaryDirectory() as folder:
            network = weights
            if base:
                network = os.path.join(folder, 'weights.safetensors')
                invent(network, base[0])
            peer = Peer(network, height, width)
            rounds = ROUNDS if height * width * (base or [16])[0] ** 2 < 3e8 else 3
            for threads in 1, 2:
                theirs, mine = [], []
                peer.torch.set_num_threads(threads)   # once: after each call PyTorch takes twice as long with two threads
                peer.seconds()
                for _ in range(rounds):
                    theirs += [peer.seconds() for _ in range(3)]
                    mine.append(ours(bench, network, height, width, threads, 9 if rounds == ROUNDS else 3))
                a, b = median(theirs), median([seconds for seconds, _ in mine])
                print(f'{f"{base[0]} filters" if base else "slim":>12} {width:>4}x{height:<4} {threads:>7} {1e3 * a:9.1f} {1e3 * b:9.1f} '
                      f'{a / b:6.2f} {max(memory for _, memory in mine):8.0f}', flush=True)
    compare_decoders(bench_decoder, 320)


if __name__ == '__main__':
    # PyTorch would spend half its time on memory that it gives back to the system and asks for again.
    switches = {'MALLOC_MMAP_THRESHOLD_': '4000000000', 'MALLOC_TRIM_THRESHOLD_': '8000000000'}
    if any(name not in os.environ for name in switches):
        os.environ.update(switches)
        os.execv(sys.executable, [sys.executable] + sys.argv)
    try:
        import torch  # noqa: F401
    except ImportError:
        print('skipped: there is no PyTorch')
        sys.exit(77)
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
