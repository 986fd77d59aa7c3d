"""The loop that trains all mini models: rate, mixed precision, progress, stop and resume."""

import argparse
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from tqdm import tqdm

from training.checkpoints import load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class Options:
    """What the command line says; see ``--help``."""

    output: Path
    checkpoints: Path
    steps: int
    minutes: float
    batch_size: int
    peak_rate: float
    warmup: int
    workers: int
    threads: int
    look_every: int
    save_every: int
    fresh: bool


class Learner(Protocol):
    """One model that learns: what the loop asks of each training module."""

    @property
    def model(self) -> nn.Module:
        """Everything that is trained or saved with the run, by parameter name."""

    def batches(self, first_step: int) -> Iterator[Any]:
        """Make the batches of the steps from ``first_step`` on, to the last one."""

    def losses(self, batch: Any, progress: float) -> Mapping[str, torch.Tensor]:
        """Weighted losses of a batch by name; their sum is made small. Progress is 0 to 1."""

    def stepped(self) -> None:
        """Called after each step of the optimiser."""

    def look(self) -> str:
        """Measure on validation scenes; the lines are printed."""

    def export(self, folder: Path) -> None:
        """Write the model as visitors' machines read it."""


def read_options(
    name: str, about: str, arguments: list[str] | None = None, **defaults: Any
) -> Options:
    """Read the command line of a training.

    Args:
        name: Short name of the model, such as ``clip``: names its folders.
        about: One line for ``--help``.
        arguments: Words after the command; ``None`` reads ``sys.argv``.
        **defaults: What this model has otherwise than the usual, by name of the option.

    Returns:
        The options.
    """
    parser = argparse.ArgumentParser(prog=f"python -m training.{name}", description=about)
    parser.add_argument(
        "--output", type=Path, default=Path(f"assets/models/mini-{name}"), help="where it goes"
    )
    parser.add_argument("--checkpoints", type=Path, default=Path(f"runs/{name}"))
    parser.add_argument("--steps", type=int, default=4500, help="length of the whole training")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="end after this time, even before --steps"
    )
    parser.add_argument("--batch-size", type=int, default=256, help="scenes in a step")
    parser.add_argument("--peak-rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--warmup", type=int, default=200, help="steps to the highest rate")
    parser.add_argument("--workers", type=int, default=2, help="processes that paint")
    parser.add_argument("--threads", type=int, default=2, help="threads that multiply (CPU)")
    parser.add_argument("--look-every", type=int, default=400, help="steps between samples")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--fresh", action="store_true", help="start again, ignore the checkpoint")
    parser.set_defaults(**defaults)
    return Options(**vars(parser.parse_args(arguments)))


def progress_of(step: int, seconds: float, options: Options) -> float:
    """How much of the training is over, by steps or by time, whichever is further.

    Args:
        step: Steps done, 0 or more.
        seconds: Seconds spent, 0 or more.
        options: Give the lengths.

    Returns:
        0 or more; the training ends at 1.
    """
    return max(step / options.steps, seconds / (60 * options.minutes))


def learning_rate(step: int, progress: float, options: Options) -> float:
    """Linear warm-up, then half a cosine down to a hundredth.

    Source: Radford et al. 2021, section 2.5 (cosine schedule).

    Args:
        step: 0 or more.
        progress: Part of the training that is over, 0 to 1.
        options: Give the peak and the warm-up.

    Returns:
        The rate of this step.
    """
    if step < options.warmup:
        return options.peak_rate * (step + 1) / options.warmup
    return options.peak_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def build_optimizer(model: nn.Module, options: Options) -> torch.optim.AdamW:
    """AdamW with decay on matrices only; parameters that need no gradient are left out.

    Source: Radford et al. 2021, section 2.5 (decoupled decay on all weights but gains and biases).

    Args:
        model: What to train.
        options: Give the peak rate.

    Returns:
        The optimiser.
    """
    learned = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in learned if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.peak_rate, betas=(0.9, 0.98), fused=True)


class Loop:
    """One training run, new or resumed from its checkpoint.

    Args:
        build: Makes the learner on a device; called after the seed is set.
        options: What the command line says.
        seed: Of the first weights and of all chance within the steps.

    Attributes:
        was_ended: Whether the checkpoint is that of a run which came to its end, by steps or by
            time.
    """

    def __init__(
        self, build: Callable[[torch.device], Learner], options: Options, seed: int
    ) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(options.threads)
        self.options, self._seed = options, seed
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.learner = build(self.device)
        self.optimizer = build_optimizer(self.learner.model, options)
        self.seconds, self.step, self.was_ended = 0.0, 0, False
        if not options.fresh:
            state = load_checkpoint(options.checkpoints, self.learner.model, self.optimizer)
            self.step, self.seconds = int(state.get("step", 0)), state.get("seconds", 0.0)
            self.was_ended = bool(state.get("ended", False))

    def run(self) -> None:
        """Train to the last step, saving and showing samples on the way."""
        options = self.options
        bar = tqdm(total=options.steps, initial=self.step, unit="step", mininterval=5)
        started = time.monotonic() - self.seconds
        for batch in self.learner.batches(self.step):
            losses = self._learn(batch)
            self.step += 1
            self.seconds = time.monotonic() - started
            is_last = self._progress() >= 1
            bar.update()
            if self.step % 20 == 0:
                bar.set_postfix_str(" ".join(f"{k} {v.item():.3f}" for k, v in losses.items()))
            if self.step % options.save_every == 0 or is_last:
                self._save()
            if self.step % options.look_every == 0 or is_last:
                self._show(bar)
            if is_last:
                break
        bar.close()

    def _progress(self) -> float:
        return progress_of(self.step, self.seconds, self.options)

    def _learn(self, batch: Any) -> Mapping[str, torch.Tensor]:
        # Each step has a seed of its own, so that a resumed run throws the same dice.
        torch.manual_seed(self._seed + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self._progress(), self.options)
        with torch.autocast(self.device.type, torch.bfloat16):
            losses = self.learner.losses(batch, min(1.0, self._progress()))
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.stack(list(losses.values())).sum()
        if not torch.isfinite(total):
            raise FloatingPointError(f"the loss is {total.item()} at step {self.step}")
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.learner.model.parameters(), 1.0)
        self.optimizer.step()
        self.learner.stepped()
        return losses

    def _save(self) -> None:
        ended = self._progress() >= 1
        state = {"step": self.step, "seconds": self.seconds, "ended": ended}
        save_checkpoint(self.options.checkpoints, self.learner.model, self.optimizer, state)

    def _show(self, bar: Any) -> None:
        with torch.no_grad():
            bar.write(f"step {self.step}, {self.seconds / 60:.1f} min\n{self.learner.look()}")
        self.learner.model.train()
        self.learner.export(self.options.output)
