"""convlib beside the production engines and other NumPy code: all in one run, taking turns.

    python bench/layers.py [--quick] [--output FOLDER]        (make bench)

Prints a table and what bounds each layer, and writes layers.json and layers.svg. float32, 1 and 2
threads, N = 1 and 8. A time is the median of rounds in which every contestant has its turn. Turns
begin with a pause: the threads of some libraries go on spinning for 0.1 s, and would take a core
from the next (with a pause of 0.02 s onnxruntime seemed to need twice its time).
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
BATCHES, THREADS = (1, 8), (1, 2)
ROUNDS, ENOUGH = 5, 1.0  # seconds of its turns after which a contestant stops
PAUSE, WARM, TIMED = 0.12, 0.06, 0.03  # seconds of a turn: waited, not timed, timed


@dataclass
class Layer:
    """One layer: what goes in, its kernels, and how."""

    name: str
    input: tuple
    weight: tuple
    options: dict = field(default_factory=dict)
    kind: str = "conv"
    group: str = "layer"

    @property
    def axes(self):
        return len(self.weight) - 2

    @property
    def huge(self):
        return prod(self.weight[2:]) > 1000


def layers():
    """Return those of the published measurements, and three from the zoo."""
    photo = (1, 512, 512)
    return [
        Layer("ResNet conv1 7x7 s2", (3, 224, 224), (64, 3, 7, 7), dict(stride=2, padding=3)),
        Layer("3x3 64 @56", (64, 56, 56), (64, 64, 3, 3), dict(padding=1)),
        Layer("3x3 256 @14", (256, 14, 14), (256, 256, 3, 3), dict(padding=1)),
        Layer("1x1 256->1024 @14", (256, 14, 14), (1024, 256, 1, 1), group="1x1"),
        Layer("1x1 512 @14", (512, 14, 14), (512, 512, 1, 1), group="1x1"),
        Layer("depthwise 3x3 512 @14", (512, 14, 14), (512, 1, 3, 3),
              dict(padding=1, groups=512), group="depthwise"),
        Layer("depthwise 3x3 s2 64 @112", (64, 112, 112), (64, 1, 3, 3),
              dict(padding=1, stride=2, groups=64), group="depthwise"),
        Layer("grouped 3x3 128 g32 @56", (128, 56, 56), (128, 4, 3, 3),
              dict(padding=1, groups=32)),
        Layer("atrous 3x3 256 @33 r6", (256, 33, 33), (256, 256, 3, 3),
              dict(padding=6, dilation=6)),
        Layer("atrous 3x3 256 @33 r12", (256, 33, 33), (256, 256, 3, 3),
              dict(padding=12, dilation=12)),
        Layer("transposed 4x4 s2 512->256 @8", (512, 8, 8), (512, 256, 4, 4),
              dict(stride=2, padding=1), "transposed"),
        Layer("transposed 4x4 s2 64->3 @32", (64, 32, 32), (64, 3, 4, 4),
              dict(stride=2, padding=1), "transposed"),
        Layer("conv1d k9 64 @16000", (64, 16000), (64, 64, 9), dict(padding=4)),
        Layer("conv3d 3x3x3 16->32 @32", (16, 32, 32, 32), (32, 16, 3, 3, 3), dict(padding=1)),
        Layer("image 3x3 @512", photo, (1, 1, 3, 3), dict(padding=1), group="image"),
        Layer("image 15x15 @512", photo, (1, 1, 15, 15), dict(padding=7), group="image"),
        Layer("image 63x63 @512", photo, (1, 1, 63, 63), dict(padding=31), group="image"),
        Layer("zoo: VGG-16 conv3_2", (256, 56, 56), (256, 256, 3, 3), dict(padding=1)),
        Layer("zoo: ResNet-50 3x3 s2 128", (128, 56, 56), (128, 128, 3, 3),
              dict(padding=1, stride=2)),
        Layer("zoo: Inception 3a 5x5", (16, 28, 28), (32, 16, 5, 5), dict(padding=2)),
        Layer("input gradient 3x3 64 @56", (64, 56, 56), (64, 64, 3, 3), dict(padding=1),
              "input gradient", "gradient"),
        Layer("weight gradient 3x3 64 @56", (64, 56, 56), (64, 64, 3, 3), dict(padding=1),
              "weight gradient", "gradient"),
    ]


def measure(threads, quick):
    """Measure all layers in this process, whose thread pools have the size asked for."""
    import engines
    import numpy as np

    rng = np.random.default_rng(0)
    peak, bandwidth = machine(np)
    results = []
    for layer in layers():
        for batch in BATCHES[: 1 if quick else None]:
            x = rng.standard_normal((batch, *layer.input), dtype=np.float32)
            w = rng.standard_normal(layer.weight, dtype=np.float32)
            dy = x  # stride 1 and same padding: the gradients' layers keep the shape
            calls = engines.contestants(layer, x, w, dy, threads)
            expected = calls["onnxruntime"]()
            scale = np.abs(expected).max()
            for name, call in calls.items():
                np.testing.assert_allclose(call(), expected, rtol=0, atol=1e-4 * scale,
                                           err_msg=f"{name}: {layer.name}")
            times = take_turns(calls, 3 if quick else ROUNDS)
            flops = batch * layer_flops(layer)
            moved = x.nbytes + w.nbytes + expected.nbytes
            slowest = max((flops / peak, "arithmetic"), (moved / bandwidth, "memory"))
            results.append({
                "layer": layer.name, "group": layer.group, "batch": batch, "threads": threads,
                "times_ms": times, "flops": flops, "bytes": moved,
                "least_ms": 1e3 * slowest[0], "bound": slowest[1],
                "extra_mb": temporary(calls["convlib"]),
            })
            print(f"{threads} thread(s), N={batch}  {layer.name}", file=sys.stderr, flush=True)
    return {"threads": threads, "peak_gflops": peak / 1e9, "bandwidth_gb": bandwidth / 1e9,
            "results": results}


def layer_flops(layer):
    """Return the floating-point operations of one image: all three gradients cost the same."""
    from convlib import costs

    groups = layer.options.get("groups", 1)
    if layer.kind == "transposed":
        return costs.flops(costs.conv_transpose_macs(
            layer.input, layer.weight[1] * groups, layer.weight[2:], groups=groups))
    return costs.flops(costs.conv_macs(layer.input, layer.weight[0], layer.weight[2:],
                                       **layer.options))


def take_turns(calls, rounds):
    """Return {name: sorted milliseconds}, a time for each round; the slow ones stop early."""
    times, spent = {name: [] for name in calls}, dict.fromkeys(calls, 0)
    for _ in range(rounds):
        for name, call in calls.items():
            if spent[name] > ENOUGH:
                continue
            time.sleep(PAUSE)
            start = time.perf_counter()
            times[name].append(settled(call))
            spent[name] += time.perf_counter() - start
    return {name: sorted(values) for name, values in times.items()}


def settled(call):
    """Return the median of a call's milliseconds, once it has gone on for a while.

    The first calls after a pause find cold caches, memory that the system has taken back, and
    threads that it has not yet spread over the cores.
    """
    begun = time.perf_counter()
    call()
    while time.perf_counter() < begun + WARM:
        call()
    taken = []
    while sum(taken) < TIMED and len(taken) < 15 or not taken:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return 1e3 * sorted(taken)[len(taken) // 2]


def temporary(call):
    """Return the peak of memory during a thread's first call, its result not counted, in MB."""
    def first():
        tracemalloc.start()
        result = call()
        peaks.append(tracemalloc.get_traced_memory()[1] - result.nbytes)
        tracemalloc.stop()

    peaks = []
    thread = threading.Thread(target=first)  # it has no workspace yet: see convlib.compute.tiles
    thread.start()
    thread.join()
    return peaks[0] / 2**20


def machine(np):
    """Return what this machine reaches: FLOP/s of a large product, bytes/s of a large copy."""
    a, b = np.ones((2, 2048, 2048), np.float32)
    large, target = np.ones((2, 2**25), np.float32)
    best = {}
    for name, call in (("product", lambda: a @ b), ("copy", lambda: np.copyto(target, large))):
        call()
        seconds = []
        for _ in range(7):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        best[name] = min(seconds)
    return 2 * 2048**3 / best["product"], 2 * large.nbytes / best["copy"]


def ratios(result):
    """Return our time over the faster engine's, and over the fastest other NumPy code's."""
    import engines

    middle = {name: values[len(values) // 2] for name, values in result["times_ms"].items()}
    best = [min((middle[n] for n in names if n in middle), default=None)
            for names in (engines.PRODUCTION, engines.NUMPY)]
    return middle, [middle["convlib"] / each if each else None for each in best]


def report(runs):
    """Print the tables and the means that the project aims at."""
    from tabulate import tabulate

    for run in runs:
        print(f"\n{run['threads']} thread(s): product {run['peak_gflops']:.0f} GFLOP/s, "
              f"copy {run['bandwidth_gb']:.1f} GB/s\n")
        rows, logs = [], {}
        for result in run["results"]:
            middle, (engine, other) = ratios(result)
            ours = result["times_ms"]["convlib"]
            rows.append([
                result["layer"], result["batch"], middle["convlib"],
                f"{ours[0]:.2f}-{ours[-1]:.2f}",
                middle.get("onnxruntime"), middle.get("PyTorch"), engine, other,
                middle.get("SciPy"), middle.get("OpenCV"), result["extra_mb"],
                middle["convlib"] / result["least_ms"], result["bound"]])
            logs.setdefault(result["group"], []).append(engine)
        print(tabulate(rows, ["layer", "N", "convlib ms", "spread", "onnxrt", "PyTorch", "ratio",
                              "/NumPy", "SciPy", "OpenCV", "extra MB", "/roofline", "bound by"],
                       floatfmt=".2f"))
        for name, values in {**logs, "all but depthwise":
                             [v for g, vs in logs.items() if g != "depthwise" for v in vs]}.items():
            mean = prod(values) ** (1 / len(values))
            print(f"{name}: geometric mean {mean:.2f}, worst {max(values):.2f}")


def draw(runs, path):
    """Draw the ratios, one dot a layer, batch and number of threads."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    names = [result["layer"] for result in runs[0]["results"]]
    names = list(dict.fromkeys(names))
    figure, ax = plt.subplots(figsize=(7, 0.3 * len(names) + 1), layout="constrained")
    for run, marker in zip(runs, "os", strict=False):
        for batch in BATCHES:
            mine = [r for r in run["results"] if r["batch"] == batch]
            ax.plot([ratios(r)[1][0] for r in mine], [names.index(r["layer"]) for r in mine],
                    marker, fillstyle="full" if batch == 1 else "none", linestyle="none",
                    label=f"N={batch}, {run['threads']} thread(s)")
    ax.axvline(1, color="gray", linewidth=0.8)
    ax.set(xscale="log", yticks=range(len(names)), yticklabels=names,
           xlabel="time of convlib / time of the faster engine")
    ax.invert_yaxis()
    ax.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main():
    """Measure in one process for each number of threads, then report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="N = 1 and a few rounds")
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "bench")
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.threads:
        print(json.dumps(measure(args.threads, args.quick)))
        return
    runs = []
    for threads in THREADS:
        pools = {f"{each}_NUM_THREADS": str(threads) for each in ("OPENBLAS", "OMP", "MKL")}
        command = [sys.executable, __file__, "--threads", str(threads)]
        done = subprocess.run(command + ["--quick"] * args.quick, env=os.environ | pools,
                              check=True, stdout=subprocess.PIPE, text=True)
        runs.append(json.loads(done.stdout))
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "layers.json").write_text(json.dumps(runs, indent=1), encoding="utf-8")
    draw(runs, args.output / "layers.svg")
    report(runs)


if __name__ == "__main__":
    main()
