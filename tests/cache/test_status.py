"""Rows and Prometheus text."""

import re

import pytest

from playground.cache import Model
from playground.cache.meter import Histogram, Meter
from tests.cache.fakes import NoMemory, held, make_cache, thing_part

LINE = re.compile(r'^[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="(\\.|[^"\\])*")*\})? [-+.\de]+$')


def test_rows_tell_the_state_of_parts_and_models() -> None:
    cache, mover, clock = make_cache(
        thing_part("a", 10, work_bytes=5),
        thing_part("b", 20),
        Model("m", ("a", "b"), lambda *things: things),
    )
    assert [(row.key, row.kind, row.state) for row in cache.rows()] == [
        ("a", "part", "cold"),
        ("b", "part", "cold"),
        ("m", "model", "cold"),
    ]
    mover.during_copy = lambda thing: clock.tick(2.0)
    _, end = held(cache, "m")
    clock.tick(3.0)
    a, b, m = cache.rows()
    assert (a.state, a.device, a.bytes_on_device, a.leases, a.uses) == ("ready", "fake", 10, 1, 1)
    assert (a.load_seconds, a.seconds_since_use, a.credit) == (2.0, 3.0, 0.2)
    assert (m.state, m.bytes_on_device, m.leases, m.load_seconds) == ("ready", 30, 1, 4.0)
    end()
    cache.evict("b")
    a, b, m = cache.rows()
    assert (b.state, b.device, b.bytes_on_device) == ("home", None, 0)
    assert (m.state, m.bytes_on_device, m.leases) == ("home", 10, 0)
    assert (a.waiting, m.waiting, m.pinned, m.error, m.retry_in_seconds) == (
        0,
        0,
        False,
        None,
        None,
    )


def test_every_metric_line_is_well_formed_and_the_numbers_add_up() -> None:
    cache, mover, _ = make_cache(thing_part('odd "key"\\', 10), thing_part("b", 10))
    for key in ('odd "key"\\', "b"):
        cache.run(key, lambda thing: None)
        cache.batch(key, lambda thing, items: items, 1)
    cache.evict("b")
    mover.fail_copy = lambda thing, tensor: NoMemory()
    with pytest.raises(Exception, match="OutOfMemory"):
        cache.load("b")
    text = cache.metrics()
    told = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert all(LINE.match(line) for line in text.splitlines() if not line.startswith("#"))
    assert told['cache_loads_total{part="b",kind="build"}'] == "1"
    assert told['cache_loads_total{part="b",kind="copy"}'] == "1"
    assert told["cache_bytes_moved_total"] == "20"
    assert told['cache_evictions_total{part="b"}'] == "1"
    assert told['cache_oom_total{where="load"}'] == "3"
    assert told['cache_failures_total{part="b"}'] == "1"
    assert told['cache_used_bytes{device="fake",kind="weights"}'] == "0"
    assert told['cache_used_bytes{device="fake",kind="work"}'] == "0"
    assert told['cache_budget_bytes{device="fake"}'] == "100"
    assert told['cache_waiters{part="b"}'] == "0"
    assert told['cache_lease_seconds_count{part="b",hit="false"}'] == "1"
    assert told['cache_lease_seconds_count{part="b",hit="true"}'] == "1"
    assert told['turn_wait_seconds_count{device="fake"}'] == "4"
    assert told["cache_batch_size_count"] == "2"
    types = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types))


def test_buckets_add_up() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(value)
    assert histogram.counts == [2, 1, 1]
    meter = Meter()
    for value in (0.0005, 3.0):
        meter.observe_seconds("wait", value)
    lines = meter.lines()
    assert 'wait_bucket{le="0.001"} 1' in lines
    assert 'wait_bucket{le="+Inf"} 2' in lines
    assert "wait_count 2" in lines
