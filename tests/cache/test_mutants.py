"""Breaks the cache on purpose: each mutant must be killed by the proof that is named beside it.

A proof that no mutant can fail proves nothing. The seven of the specification come first,
then mutants of the rules of order.
"""

from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import playground.cache.gate as gate
from playground.cache.ledger import Device, Failure
from playground.cache.lifecycle import Lifecycle
from playground.cache.rounds import Build, Force, Round
from playground.cache.scheduler import Scheduler
from playground.cache.waiting import FairShare
from tests.cache import proofs
from tests.cache.fakes import FakeMover
from tests.cache.state_machine import CacheMachine
from tests.cache.test_threads import construct_all_at_once

QUICK = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    verbosity=hypothesis.Verbosity.quiet,
)


def state_machine() -> None:
    run_state_machine_as_test(CacheMachine, settings=QUICK)


def one_construction_at_a_time() -> None:
    construct_all_at_once(FakeMover(150))


def evict_leased(patch: pytest.MonkeyPatch) -> None:
    whole = Scheduler._may_go

    def may_go(self, look, place, ticket, resident, force, *, ignore_leases=False):
        return whole(self, look, place, ticket, resident, force, ignore_leases=True)

    patch.setattr(Scheduler, "_may_go", may_go)


def leak_bytes_on_failed_load(patch: pytest.MonkeyPatch) -> None:
    def give_up(self, resident):
        resident.state = "home"

    patch.setattr(Device, "give_up", give_up)


def leak_work(patch: pytest.MonkeyPatch) -> None:
    whole = Device.release

    def release(self, ticket, residents, now):
        whole(self, ticket, residents, now)
        self.used_bytes += ticket.work_bytes

    patch.setattr(Device, "release", release)


def no_single_flight(patch: pytest.MonkeyPatch) -> None:
    def give_build(self, ticket):
        for key in ticket.parts:
            holding = self.shelf.holdings[key]
            if holding.state != "home":
                holding.state = "building"
                self._give_task(ticket, Build(holding))
                return True
        return False

    patch.setattr(Scheduler, "give_build", give_build)


def parallel_construction(patch: pytest.MonkeyPatch) -> None:
    class NoLock:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

    def begin(self):
        if self.construction_line:
            self.constructing = self.construction_line.pop(0)
            self._changed.append(self.constructing)

    patch.setattr(gate._construction, "lock", NoLock())
    patch.setattr(Scheduler, "_begin_construction", begin)


def no_too_big(patch: pytest.MonkeyPatch) -> None:
    def check_hope(self, ticket, device, now):
        for key in ticket.parts:
            self.shelf.holdings[key].check_rest(now)

    patch.setattr(Scheduler, "check_hope", check_hope)


def no_failure_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Failure, "failed", lambda self, error, now: None)


def no_ageing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Round, "force_of", lambda self, ticket: Force.POLITE)
    patch.setattr(Scheduler, "_load_aged", lambda self, look: False)


def no_load_pin(patch: pytest.MonkeyPatch) -> None:
    whole = Device.reserve

    def reserve(self, resident):
        whole(self, resident)
        resident.served = True

    patch.setattr(Device, "reserve", reserve)


def no_fairness(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FairShare, "charge", lambda self, visitor, seconds: None)


def no_end_of_task(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lifecycle, "_undo_task", lambda self, ticket, device: None)


Mutation = Callable[[pytest.MonkeyPatch], None]
MUTANTS: list[tuple[Mutation, Callable[[], None]]] = [
    (evict_leased, state_machine),
    (leak_bytes_on_failed_load, state_machine),
    (leak_work, state_machine),
    (no_single_flight, proofs.one_build_for_all_who_ask),
    (parallel_construction, one_construction_at_a_time),
    (no_too_big, proofs.too_big_is_told_at_once),
    (no_failure_memory, proofs.a_failure_is_remembered),
    (no_ageing, proofs.nobody_starves),
    (no_load_pin, proofs.a_fresh_load_serves_once),
    (no_fairness, proofs.the_least_served_comes_first),
    (no_end_of_task, proofs.a_task_that_was_not_begun_is_undone),
]


@pytest.mark.parametrize("proof", dict.fromkeys(proof for _, proof in MUTANTS))
def test_the_cache_itself_passes_the_proof(proof: Callable[[], None]) -> None:
    proof()


def kills(proof: Callable[[], None]) -> bool:
    """Whether the proof fails for what it looks at, not for a slip in the mutation itself."""
    try:
        proof()
    except (TypeError, AttributeError, NameError):
        raise
    except (Exception, BaseExceptionGroup, pytest.fail.Exception):
        return True
    return False


@pytest.mark.parametrize(
    ("mutation", "proof"), MUTANTS, ids=[mutation.__name__ for mutation, _ in MUTANTS]
)
def test_the_mutant_is_killed(
    mutation: Mutation, proof: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation(monkeypatch)
    assert kills(proof)
