"""Who is the operator: the person at the machine, or who knows the code; nobody else."""

import pytest

from playground.page.operator import Operator
from playground.visitors.errors import PersonError
from tests.conftest import settings_for_tests
from tests.page.test_context import FakeRequest, ctx

__all__ = ["ctx"]


def request(host="127.0.0.1:7860", query=None, session="abc", **headers):
    made = FakeRequest(session_hash=session)
    made.headers, made.query_params = {"host": host, **headers}, query or {}
    return made


def test_whoever_sits_at_a_closed_server_is_the_operator(ctx):
    operator = Operator(settings_for_tests())
    assert not operator.needs_code
    assert operator.is_at(ctx, request())
    assert operator.is_at(ctx, request(host="[::1]:7860"))
    assert not operator.is_at(ctx, None)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_a_proxy_on_the_same_machine_makes_nobody_operator(ctx, header):
    assert not Operator(settings_for_tests()).is_at(ctx, request(**{header: "10.0.0.9"}))


def test_behind_another_name_nobody_is_operator(ctx):
    assert not Operator(settings_for_tests()).is_at(ctx, request(host="school.example"))


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"root_path": "/play"}])
def test_an_open_server_asks_for_the_code(ctx, changes):
    operator = Operator(settings_for_tests(**changes, operator_code="sesame"))
    assert operator.needs_code
    assert not operator.is_at(ctx, request())
    assert not operator.is_at(ctx, request(query={"operator": "sesam"}))
    assert operator.is_at(ctx, request(query={"operator": "sesame"}))
    with pytest.raises(PersonError, match=r"operator\.only"):
        operator.require(ctx, request())


def test_a_space_asks_for_the_code(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "school/playground")
    assert Operator(settings_for_tests()).needs_code


def test_the_code_holds_for_one_visit(ctx):
    operator = Operator(settings_for_tests(host="0.0.0.0", operator_code="sesame"))
    with pytest.raises(PersonError, match=r"operator\.code"):
        operator.let_in(ctx, request(), "Sesame")
    assert not operator.is_at(ctx, request())
    operator.let_in(ctx, request(), "sesame")
    assert operator.is_at(ctx, request())
    assert not operator.is_at(ctx, request(session="another"))


def test_a_code_is_made_if_none_is_set():
    codes = {Operator(settings_for_tests(host="0.0.0.0")).code for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) >= 12 for code in codes)


@pytest.mark.parametrize("code", ["", None, 7, "\ud800", "x" * 100_000, ["sesame"]])
def test_any_code_is_compared_without_a_fault(code):
    operator = Operator(settings_for_tests(host="0.0.0.0", operator_code="sesame"))
    assert not operator.knows(code)
