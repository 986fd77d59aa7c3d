"""What people brought along: which collections are served, and tickets that are good once."""

import logging
import os
from dataclasses import replace

from playground.own.holdings import Holdings
from tests.conftest import settings_for_tests
from tests.own.test_portable import whole


def test_what_is_no_collection_is_logged_and_left_out(tmp_path, caplog):
    good, cut, missing = (tmp_path / f"{name}.safetensors" for name in ("good", "cut", "missing"))
    good.write_bytes(whole())
    cut.write_bytes(whole()[:-1])
    names = os.pathsep.join(map(str, (good, cut, missing)))
    with caplog.at_level(logging.ERROR, "playground"):
        holdings = Holdings.of(replace(settings_for_tests(), collections=names))
    assert [source.title for source in holdings.fixed.values()] == ["good"]
    assert str(cut) in caplog.text and str(missing) in caplog.text


def test_a_ticket_is_good_once():
    holdings = Holdings()
    ticket = holdings.ticket(lambda: iter([b"x"]))
    make = holdings.redeem(ticket)
    assert make is not None and list(make()) == [b"x"]
    assert holdings.redeem(ticket) is None and holdings.redeem("") is None
