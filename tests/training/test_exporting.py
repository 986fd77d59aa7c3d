from pathlib import Path

import torch
from torch import nn

from training.exporting import empty_weights, half_copy


def test_an_earlier_export_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "model"
    empty_weights(folder)
    for name in ("model.safetensors", "model-1.safetensors", "model.safetensors.index.json"):
        (folder / name).write_text("old")
    (folder / "README.md").write_text("card")
    empty_weights(folder)
    assert [path.name for path in folder.iterdir()] == ["README.md"]


def test_the_copy_is_half_and_the_model_stays() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    half = half_copy(model)
    assert {p.dtype for p in half.parameters()} == {torch.float16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert half[1].weight is half[0].weight
