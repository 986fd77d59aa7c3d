from torch.utils.data import Dataset

from training.batch_stream import stream


class Squares(Dataset[int]):
    def __getitem__(self, step: int) -> int:
        return step * step


def test_batches_come_in_order_from_where_it_stopped() -> None:
    assert list(stream(Squares(), 5, 2, 0)) == [4, 9, 16]


def test_another_process_makes_the_same() -> None:
    assert list(stream(Squares(), 4, 0, 1)) == [0, 1, 4, 9]
