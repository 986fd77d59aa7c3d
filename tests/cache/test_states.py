"""The state machine, run."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.cache.state_machine import CacheMachine

MACHINE = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_happens_the_books_are_exact_and_all_can_be_had_again() -> None:
    run_state_machine_as_test(CacheMachine, settings=MACHINE)
