from pathlib import Path

import pytest
import torch
from torch import nn

from training.checkpoints import load_checkpoint, save_checkpoint


def step(model: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    optimizer.zero_grad()
    model(torch.randn(4, 3, generator=generator)).square().sum().backward()
    optimizer.step()


def fresh() -> tuple[nn.Module, torch.optim.AdamW]:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    return model, torch.optim.AdamW(model.parameters(), lr=0.1)


def test_stopping_and_resuming_changes_nothing(tmp_path: Path) -> None:
    model, optimizer = fresh()
    step(model, optimizer, 1)
    save_checkpoint(tmp_path, model, optimizer, {"step": 1, "seconds": 2.5})
    step(model, optimizer, 2)
    other, other_optimizer = fresh()
    assert load_checkpoint(tmp_path, other, other_optimizer) == {"step": 1, "seconds": 2.5}
    step(other, other_optimizer, 2)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_checkpoint_can_be_replaced_and_holds_no_pickle(tmp_path: Path) -> None:
    model, optimizer = fresh()
    for number in (1, 2):
        step(model, optimizer, number)
        save_checkpoint(tmp_path, model, optimizer, {"step": number})
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"weights.safetensors", "moments.safetensors", "state.json"}
    assert load_checkpoint(tmp_path, *fresh()) == {"step": 2}


def test_no_checkpoint_is_no_state(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, *fresh()) == {}


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    model, optimizer = fresh()
    step(model, optimizer, 1)
    save_checkpoint(tmp_path, model, optimizer, {"step": 1})
    other = nn.Sequential(nn.Linear(3, 6), nn.Linear(6, 2))
    with pytest.raises(RuntimeError):
        load_checkpoint(tmp_path, other, torch.optim.AdamW(other.parameters()))
