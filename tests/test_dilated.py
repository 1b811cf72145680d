"""The measurement of chapter 6: what it times is what it says."""

import importlib.util

import numpy as np
import pytest
from languages import ROOT

from convlib import measured


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("dilated", ROOT / "measure" / "dilated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rate", [2, 4])
def test_the_ways_that_are_timed_have_one_span_and_one_size(script, rate):
    ways = script.ways(rate)
    outputs = {name: call() for name, (call, _) in ways.items()}
    assert {y.shape for y in outputs.values()} == {(script.CHANNELS, script.SIDE, script.SIDE)}
    x, small = ways["dilated"][0].args
    sparse = np.zeros_like(ways["dense"][1])
    sparse[..., ::rate, ::rate] = small
    same = ways["dense"][0].func(x, sparse, **ways["dense"][0].keywords)
    np.testing.assert_allclose(outputs["dilated"], same, atol=1e-4)


def test_what_was_kept_is_what_is_measured_but_for_times(script):
    kept = measured.load("dilated")["results"]
    assert kept["rates"] == list(script.RATES)
    for rate in script.RATES:
        for name, (_, w) in script.ways(rate).items():
            found = kept["ways"][str(rate)][name]
            assert found["weights_kib"] == pytest.approx(w.nbytes / 1024, rel=1e-2)
            assert found["macs"] == script.macs(name, w.shape, rate)


@pytest.mark.parametrize("rate", [2, 4])
def test_the_steps_that_are_timed_make_up_the_smaller_way(script, rate):
    pool, conv, enlarge = script.steps(rate).values()
    np.testing.assert_array_equal(pool(), conv.args[0])
    np.testing.assert_array_equal(conv(), enlarge.args[0])
    np.testing.assert_array_equal(enlarge(), script.ways(rate)["smaller"][0]())


def test_memory_is_counted_beside_what_a_thread_keeps(script):
    kept = []

    def call():
        kept.append(np.zeros(2**22, np.uint8)) if not kept else np.zeros(2**20, np.uint8)

    assert 2**20 <= script.working(call) < 2**21 and script.working(lambda: None) < 2**16
