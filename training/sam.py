"""Train mini-sam on emoji scenes and dead leaves: ``python -m training.sam``.

Follows Kirillov et al. 2023, figure 4 and appendix A: interactive rounds, three candidate masks
for an ambiguous click, a head that foretells the IoU.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from segment_anything.modeling import Sam
from torch import nn

from training.batch_stream import stream
from training.exporting import SHARD_BYTES, empty_weights
from training.loop import Loop, Options, read_options
from training.sam_batches import BOXED, CLICKED, SamBatch, SamBatches
from training.sam_clicks import first_clicks, in_frame, next_clicks, noisy_boxes
from training.sam_losses import border_cells, likeness_loss, mask_losses, true_ious
from training.sam_model import (
    MASK_PX,
    PATCH_PX,
    CropSam,
    Looked,
    Prompts,
    build_config,
    build_processor,
    build_sam,
    soft_targets,
    to_transformers,
)
from training.sam_scores import answers_of, draw_sheet, leaf_questions, scene_questions, summary
from training.sam_start import start_well
from training.sampling import Split

SEED = 20_230_405
# Weights of the losses beside the mask loss of the best candidate.
_SINGLE, _IOU, _BORDERS, _LIKENESS = 0.5, 4.0, 0.3, 0.6
# Mask cells of a token, and numbers in the code of a cell.
_CELLS, _CODE = 16, 16
_LAST_ROUNDS = 1
_FORGET = 0.25
_LOOKED_AT = 15
# Batches of pictures that the first weights are set by.
_AT_FIRST = 5
_LONG_GAMES, _LONGEST_GAP = 0.25, 5


def read_sam_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "sam",
        "Train mini-sam on emoji scenes and dead leaves.",
        arguments,
        steps=8000,
        minutes=90,
        threads=1,
        workers=1,
    )


def export(sam: Sam, folder: Path) -> None:
    """Write the model as ``SamModel`` and ``SamProcessor`` read it: fp16, shards of 6 MB.

    Args:
        sam: In training precision; not changed.
        folder: Where to.
    """
    empty_weights(folder)
    model = to_transformers(sam, build_config())
    model.half().save_pretrained(folder, max_shard_size=SHARD_BYTES)
    build_processor().save_pretrained(folder)


class SamWithHelpers(nn.Module):
    """mini-sam and two helpers that are thrown away, so that every pixel teaches the encoder.

    One finds the borders, the other gives pixels of one piece like codes.

    Args:
        sam: The model that learns.
    """

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.crops = CropSam(sam)
        channels = sam.prompt_encoder.embed_dim
        self.borders = nn.Conv2d(channels, _CELLS, 1)
        self.codes = nn.Conv2d(channels, _CELLS * _CODE, 1)

    @property
    def sam(self) -> Sam:
        """The model without its helpers."""
        return self.crops.sam

    def helper_losses(self, looked: Looked, pieces: torch.Tensor) -> dict[str, torch.Tensor]:
        """Ask the helpers.

        Args:
            looked: The encoded crops.
            pieces: (B, H, W) integers, a number for each piece of one kind.

        Returns:
            Weighted losses by name.
        """
        borders = F.pixel_shuffle(self.borders(looked.features).float(), PATCH_PX // MASK_PX)
        codes = F.pixel_shuffle(self.codes(looked.features).float(), PATCH_PX // MASK_PX)
        return {
            "borders": _BORDERS * F.binary_cross_entropy_with_logits(borders, border_cells(pieces)),
            "likeness": _LIKENESS * likeness_loss(codes, pieces[:, ::MASK_PX, ::MASK_PX]),
        }


class Game:
    """One batch of interactive segmentation: prompts, masks, clicks at the mistakes, and so on.

    Args:
        crops: The model.
        batch: Pictures and what is asked for.
    """

    def __init__(self, crops: CropSam, batch: SamBatch) -> None:
        self._crops, self._batch = crops, batch
        rows = torch.arange(len(batch.pixels), device=batch.pixels.device)
        self.rows = torch.cat([rows.repeat_interleave(n) for n in (CLICKED, BOXED)])
        masks = torch.cat(
            [batch.masks[:, :CLICKED].flatten(0, 1), batch.masks[:, CLICKED:].flatten(0, 1)]
        )
        self.targets = soft_targets(masks)
        self._clicked = len(rows) * CLICKED
        origins = batch.origins_xy[self.rows]
        boxes = in_frame(noisy_boxes(masks[self._clicked :]), origins[self._clicked :])
        points = in_frame(first_clicks(masks), origins)
        self._origins = origins
        self._prompts = Prompts(
            self.rows, points[:, None], torch.ones_like(self.rows)[:, None], boxes
        )

    def first_round(self, looked: Looked) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Answer the first prompts with three candidates and a single mask.

        Args:
            looked: The encoded crops.

        Returns:
            Losses, and the logits (N, h, w) that a person would go on with.
        """
        nothing = torch.zeros_like(self.rows, dtype=torch.bool)
        logits, foretold = self._crops.decode(looked, self._prompts, None, nothing)
        each = mask_losses(logits, self.targets[:, None])
        ious = true_ious(logits, self.targets[:, None])
        losses = {
            "best": each[:, 1:].amin(1).mean(),
            "single": _SINGLE * each[:, 0].mean(),
            "iou": _IOU * (foretold - ious).square().mean(),
        }
        chosen = 1 + foretold[:, 1:].argmax(1)
        chosen[self._clicked :] = 0
        kept = logits.detach()[torch.arange(len(logits)), chosen]
        return losses, kept

    def later_round(
        self, looked: Looked, kept: torch.Tensor
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Click at a mistake and answer with the single mask.

        Args:
            looked: The encoded crops.
            kept: (N, h, w) logits of the round before.

        Returns:
            Losses, and the logits of this round.
        """
        points, labels = next_clicks(kept, self.targets)
        self._prompts = self._prompts.with_clicks(in_frame(points, self._origins), labels)
        forget = torch.rand(len(kept), device=kept.device) < _FORGET
        logits, foretold = self._crops.decode(looked, self._prompts, kept[:, None], forget)
        single = logits[:, 0]
        errors = foretold[:, 0] - true_ious(single, self.targets)
        losses = {
            "later": mask_losses(single, self.targets).mean(),
            "iou": _IOU * errors.square().mean(),
        }
        return losses, single.detach()

    def play(self, looked: Looked) -> dict[str, torch.Tensor]:
        """Play all rounds; now and then a long game, whose middle teaches nothing.

        Args:
            looked: The encoded crops.

        Returns:
            Weighted losses by name.
        """
        losses, kept = self.first_round(looked)
        if self._batch.rounds == 1:
            return losses
        for number in range(_LAST_ROUNDS):
            if number == _LAST_ROUNDS - 1 and torch.rand(()) < _LONG_GAMES:
                with torch.no_grad():
                    for _ in range(int(torch.randint(1, _LONGEST_GAP + 1, ()))):
                        _, kept = self.later_round(looked, kept)
            more, kept = self.later_round(looked, kept)
            for name, value in more.items():
                losses[name] = losses.get(name, value.new_zeros(())) + value / _LAST_ROUNDS
        return losses


class SamLearner:
    """mini-sam as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        self.options, self.device = options, device
        sam = build_sam()
        example = SamBatches(options.steps)
        start_well(sam, torch.cat([example[step].pixels for step in range(_AT_FIRST)]))
        self.model = SamWithHelpers(sam).to(device)

    def batches(self, first_step: int) -> Iterator[SamBatch]:
        """See ``Learner``."""
        steps = self.options.steps
        return stream(SamBatches(steps), steps, first_step, self.options.workers)

    def losses(self, batch: SamBatch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        batch = batch.to(self.device)
        crops = self.model.crops
        looked = crops.look(batch.pixels, batch.origins_xy)
        losses = self.model.helper_losses(looked, batch.borders)
        if not batch.rounds:
            # Every weight needs a gradient, or the checkpoint would lack its moments.
            losses["idle"] = 0 * torch.stack([p.sum() for p in crops.parameters()]).sum()
            return losses
        return {**Game(crops, batch).play(looked), **losses}

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        export(self.model.sam, folder)

    def look(self) -> str:
        """Cut out things of validation pictures; write a sheet of samples.

        Returns:
            Lines to print.
        """
        sam = self.model.sam.cpu().eval()
        asked = {
            "scenes": scene_questions(Split.VALIDATION, _LOOKED_AT),
            "leaves": leaf_questions(Split.VALIDATION, _LOOKED_AT),
        }
        lines = []
        for kind, questions in asked.items():
            found = summary(answers_of(sam, questions, 3))
            found.pop("noc90")
            lines.append(f"  {kind}: " + ", ".join(f"{k} {v:.3f}" for k, v in found.items()))
        folder = self.options.checkpoints / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        sheet = draw_sheet(sam, asked["scenes"][:6] + asked["leaves"][:12])
        sheet.save(folder / f"{len(list(folder.iterdir())):03d}.png")
        self.model.to(self.device)
        return "\n".join(lines)


def main() -> None:
    """Train from the command line."""
    options = read_sam_options()
    Loop(lambda device: SamLearner(device, options), options, SEED).run()


if __name__ == "__main__":
    main()
