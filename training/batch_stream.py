"""Makes batches in other processes; each process makes whole batches, in order."""

from collections.abc import Iterator
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset, Subset

T = TypeVar("T")


def _only(batches: list[T]) -> T:
    return batches[0]


def stream(batches: Dataset[T], steps: int, first_step: int, workers: int) -> Iterator[T]:
    """Make the batches of a training.

    Args:
        batches: ``batches[step]`` makes the batch of a step, always the same.
        steps: Length of the whole training.
        first_step: Number of the first batch, 0 or more.
        workers: Number of processes; 0 makes the batches in this one.

    Returns:
        The batches in order, to the last step.
    """
    loader: DataLoader[T] = DataLoader(
        Subset(batches, range(first_step, steps)),
        batch_size=1,
        shuffle=False,
        collate_fn=_only,
        num_workers=workers,
        prefetch_factor=3 if workers else None,
    )
    return iter(loader)
