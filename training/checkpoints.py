"""Stop and resume: weights and optimiser state as safetensors, the rest as JSON."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

_WEIGHTS, _MOMENTS, _STATE = "weights.safetensors", "moments.safetensors", "state.json"


def save_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, float]
) -> None:
    """Write a checkpoint; an old one is replaced only when the new one is complete.

    Args:
        folder: Where to.
        model: Its parameters are saved by name.
        optimizer: AdamW over exactly these parameters.
        state: Numbers to remember, e.g. the step and the seconds spent.
    """
    fresh = folder / "fresh"
    fresh.mkdir(parents=True, exist_ok=True)
    moments = {
        f"{key}.{name}": value
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state[parameter].items()
    }
    weights = {name: p.detach().contiguous() for name, p in model.named_parameters()}
    save_file(weights, fresh / _WEIGHTS)
    save_file(moments, fresh / _MOMENTS)
    (fresh / _STATE).write_text(json.dumps(state))
    for name in (_WEIGHTS, _MOMENTS, _STATE):
        (fresh / name).replace(folder / name)
    fresh.rmdir()


def load_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> dict[str, float]:
    """Read a checkpoint back, if there is one.

    Args:
        folder: Where ``save_checkpoint`` wrote.
        model: Receives the weights.
        optimizer: Receives its moments.

    Returns:
        The state that was saved, or an empty dict if there is no checkpoint.

    Raises:
        RuntimeError: If the checkpoint belongs to a model of another shape.
    """
    if not (folder / _STATE).is_file():
        return {}
    weights = load_file(folder / _WEIGHTS)
    if weights.keys() != dict(model.named_parameters()).keys():
        raise RuntimeError(f"{folder} holds a checkpoint of another model")
    # Not strict: a table that serves as input and output is one parameter but two state entries.
    model.load_state_dict(weights, strict=False)
    moments = load_file(folder / _MOMENTS)
    for name, parameter in model.named_parameters():
        found = {
            key: moments[f"{key}.{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"{key}.{name}" in moments
        }
        if found:
            optimizer.state[parameter] = {
                key: value if key == "step" else value.to(parameter.device)
                for key, value in found.items()
            }
    state: dict[str, float] = json.loads((folder / _STATE).read_text())
    return state
