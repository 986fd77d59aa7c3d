import pytest

from tests.sources import ROOT
from training import blip2_table as module


def test_every_score_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"_OF_EACH_KIND": 4, "_HELD_OUT_OF_EACH_KIND": 1, "_BLANK_OF_EACH_KIND": 1}
    few |= {"_DIALOGUES": 2, "_CAPTIONS": 2, "_PAIRS": 4}
    for name, count in few.items():
        monkeypatch.setattr(module, name, count)
    lines = module.blip2_table(ROOT / "assets" / "models" / "mini-blip2").splitlines()
    assert lines[0].startswith("| measured on test scenes")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert len(rows) == 21 and all(len(row) == 3 for row in rows)
    for _, *scores in rows:
        assert all(0 <= float(score.removesuffix(" %")) <= 100 for score in scores)
    everything, kinds = rows[0], rows[1:10]
    for column in (1, 2):
        mean = sum(float(row[column].removesuffix(" %")) for row in kinds) / 9
        assert float(everything[column].removesuffix(" %")) == pytest.approx(mean, abs=0.1)
