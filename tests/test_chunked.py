"""Chunks against the whole: `convlib.functional` in memory, and a real cluster of processes."""

import importlib
import subprocess
import sys
import tracemalloc

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from convlib import chunked, functional

# Dask plans each case anew, which takes most of its time: a third of what the profile gives.
few = settings(max_examples=settings.default.max_examples // 3)


@st.composite
def layers(draw, axes, most):
    """Operands of a convolution that fits, cut anywhere, also into chunks below the halo."""
    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    def cuts(size):
        ends = draw(st.sets(st.integers(1, max(1, size - 1)), max_size=4 - axes))
        ends = sorted(end for end in ends if end < size)
        return tuple(np.diff([0, *ends, size]).tolist())

    groups, depth, per = (draw(st.integers(1, 2)) for _ in range(3))
    kernel, dilation = each(1, 4), each(1, 4)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = draw(st.one_of(
        st.sampled_from(["same", "valid"]), st.integers(0, 4),
        st.tuples(*[st.integers(0, 15 if axes < 3 else 5)] * axes),
    ))
    if isinstance(padding, str):
        least = [1 if padding == "same" else span for span in spans]
    else:
        least = np.maximum(1, np.subtract(spans, np.multiply(2, padding))).tolist()
    sizes = tuple(size + draw(st.integers(0, most)) for size in least)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batch = draw(st.sampled_from([(), (0,), (1,), (2,)]))
    x = rng.standard_normal((*batch, groups * depth, *sizes))
    w = rng.standard_normal((groups * per, depth, *kernel))
    b = rng.standard_normal(groups * per) if draw(st.booleans()) else None
    chunks = tuple(map(cuts, x.shape))
    return x, chunks, w, b, dict(padding=padding, dilation=dilation, groups=groups)


def check(axes, case):
    x, chunks, w, b, options = case
    whole = getattr(functional, f"conv{axes}d")(x, w, b, **options)
    y = chunked.conv(da.from_array(x, chunks=chunks), w, b, **options)
    assert isinstance(y, da.Array) and y.shape == whole.shape and y.dtype == whole.dtype
    computed = y.compute(scheduler="synchronous")
    assert computed.shape == whole.shape and computed.dtype == whole.dtype
    np.testing.assert_allclose(computed, whole, rtol=1e-12, atol=1e-12)


@few
@given(layers(1, 12))
def test_conv1d(case):
    check(1, case)


@few
@given(layers(2, 8))
def test_conv2d(case):
    check(2, case)


@few
@given(layers(3, 4))
def test_conv3d(case):
    check(3, case)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_same_padding_keeps_the_chunks(k, dilation):
    x = da.ones((2, 40, 42), chunks=(1, (13, 14, 13), (26, 16)))
    y = chunked.conv(x, np.ones((3, 2, k, k)), padding="same", dilation=dilation)
    assert y.chunks == ((3,), (13, 14, 13), (26, 16))
    whole = functional.conv2d(np.ones(x.shape), np.ones((3, 2, k, k)), padding="same",
                              dilation=dilation)
    np.testing.assert_array_equal(y.compute(), whole)


def test_integers_stay_exact_and_float32_stays():
    x, w = np.arange(60).reshape(1, 6, 10), np.full((1, 1, 2, 2), 2**40)
    y = chunked.conv(da.from_array(x, chunks=(1, 2, 4)), w)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y.compute(), functional.conv2d(x, w))
    x, w = x.astype(np.float32), w.astype(np.float32)
    y = chunked.conv(da.from_array(x, chunks=2), w)
    assert y.dtype == y.compute().dtype == np.float32


def test_nothing_is_computed_before_it_is_asked_for():
    def refuse(block):
        raise AssertionError("computed")

    x = da.ones((3, 100, 60), chunks=(3, 50, 60)).map_blocks(refuse, dtype=np.float64)
    y = chunked.conv(x, np.ones((2, 3, 5, 5)), np.ones(2), padding="same")
    assert y.shape == (2, 100, 60)
    with pytest.raises(AssertionError, match="computed"):
        y.compute()


X, W = da.zeros((1, 4, 8, 8), chunks=3), np.zeros((6, 4, 3, 3))


@pytest.mark.parametrize(("change", "error", "text"), [
    (dict(input=np.zeros((1, 4, 8, 8))), TypeError, "input is a ndarray: give a Dask array"),
    (dict(input=None), TypeError, "input is a NoneType"),
    (dict(input=X.astype(complex)), TypeError, "input has dtype complex128"),
    (dict(input=da.zeros(8)), ValueError, "input has shape"),
    (dict(input=X[X[:, 0, 0, 0] == 0]), ValueError, "compute_chunk_sizes"),
    (dict(input=da.zeros((1, 4, 0, 8))), ValueError, "only the batch may be empty"),
    (dict(weight="text"), TypeError, "weight has dtype"),
    (dict(weight=np.zeros((6, 3, 3, 3))), ValueError, "C_in/groups"),
    (dict(weight=np.zeros(6)), ValueError, "weight has shape"),
    (dict(weight=np.zeros((1, 1, 1, 1, 1, 1))), ValueError, "weight has shape"),
    (dict(weight=np.zeros((6, 4, 9, 9))), ValueError, "add padding"),
    (dict(bias=np.zeros(5)), ValueError, r"bias has shape \(5,\)"),
    (dict(bias="text"), TypeError, "bias"),
    (dict(padding=-1), ValueError, "padding"),
    (dict(padding="sane"), ValueError, "'sane'"),
    (dict(padding=2**30), ValueError, "padding too large"),
    (dict(dilation=0), ValueError, "dilation"),
    (dict(groups=3), ValueError, "groups=3 must divide"),
])
def test_bad_input_is_named_at_once(change, error, text):
    with pytest.raises(error, match=text):
        chunked.conv(**{"input": X, "weight": W} | change)


def test_without_dask_the_extra_is_named():
    code = "import sys; sys.modules['dask'] = None; import convlib.chunked"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode != 0
    assert run.stderr.strip().endswith("convlib.chunked needs Dask: pip install convlib[dask]")


def test_a_cluster_of_processes_holds_a_few_chunks_at_a_time(tmp_path):
    """96 MiB go through two workers and become as many; none ever holds more than 40."""
    bound = 40 * 2**20
    x = da.random.default_rng(0).standard_normal((2, 12288, 512), chunks=(1, 256, 512))
    w, b = np.random.default_rng(1).standard_normal((2, 2, 3, 2)), np.ones(2)
    options = dict(padding="same", dilation=(4, 3))
    assert x.nbytes > 2 * bound
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            scheduler_kwargs=dict(dashboard=False),
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(importlib.import_module, "convlib.chunked")  # modules are not what is measured
        client.run(tracemalloc.start)  # NumPy reports to it all that arrays take
        da.to_npy_stack(tmp_path, chunked.conv(x, w, b, **options), axis=1)
        peaks = client.run(lambda: tracemalloc.get_traced_memory()[1])
    assert len(peaks) == 2 and min(peaks.values()) > x[:, :256].nbytes
    assert max(peaks.values()) < bound
    written = da.from_npy_stack(tmp_path, mmap_mode="r").compute()
    np.testing.assert_allclose(written, functional.conv2d(x.compute(), w, b, **options),
                               rtol=1e-12, atol=1e-12)
