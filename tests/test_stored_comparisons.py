"""The command that draws the comparisons that ship, with an artist that needs no model."""

from __future__ import annotations

from playground.catalog import entry
from playground.page.draw_compare_plan import MODES
from playground.page.draw_compare_stored import MODEL, SEED, read_stored
from playground.stored_comparisons import draw_all
from tests.drawing.drawings import drawn_of


class Painter:
    """Hands over noise, and notes what was asked for."""

    def __init__(self) -> None:
        self.orders = []

    def draw(self, item, order, asker, heard):
        self.orders.append(order)
        return drawn_of(order, seed=len(self.orders), model=item.key, revision="now")


def test_every_comparison_is_drawn_from_one_seed_and_comes_back(tmp_path):
    painter = Painter()
    draw_all(painter, "zh-Hant", tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        f"zh-Hant-{mode}.json" for mode in MODES
    )
    assert {order.seed for order in painter.orders} == {SEED}
    found = [read_stored(tmp_path / f"zh-Hant-{mode}.json", entry(MODEL), "now") for mode in MODES]
    pictures = [drawn.picture for one in found for _, drawn in one.drawings]
    assert len(pictures) == len(painter.orders) == 9 + 5 + 2
    for number, picture in enumerate(pictures, start=1):
        drawn = drawn_of(painter.orders[number - 1], seed=number)
        assert picture.content_id == drawn.picture.content_id
