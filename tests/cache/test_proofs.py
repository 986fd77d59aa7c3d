"""The proofs of single rules, run on the cache itself (test_mutants runs them on broken ones)."""

from collections.abc import Callable

import pytest

from tests.cache import proofs

PROOFS = [
    proofs.one_build_for_all_who_ask,
    proofs.too_big_is_told_at_once,
    proofs.a_failure_is_remembered,
    proofs.nobody_starves,
    proofs.a_fresh_load_serves_once,
    proofs.the_least_served_comes_first,
    proofs.a_task_that_was_not_begun_is_undone,
]


@pytest.mark.parametrize("proof", PROOFS)
def test_proof(proof: Callable[[], None]) -> None:
    proof()
