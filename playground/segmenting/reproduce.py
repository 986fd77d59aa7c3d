"""Writes the program that makes a mask again: the published class, given the same prompts.

What is shown was made from 16-bit features and 16-bit logits; the program rounds in the same
places, so that its mask is the same to the pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill, indent
from typing import Any

import numpy as np

from playground.entries import Entry

# The class that reads the weights: one has a package of its own, the others run in transformers.
PACKAGE_CLASS = "SamModel"
# Of a list of numbers, before what stands around it.
MOST_COLUMNS = 66


@dataclass(frozen=True)
class Step:
    """One question to the decoder.

    Attributes:
        points_xy: Clicks in pixels of the picture, pixel centres at .5.
        labels: For each click 1 (include) or 0 (exclude).
        box_xyxy: A box in the same pixels, or None.
        is_multimask: Whether three candidates were asked for.
        chosen: Which candidate was taken, from 0.
        uses_previous: Whether the mask of the step before was fed back.
    """

    points_xy: Sequence[tuple[float, float]] = ()
    labels: Sequence[int] = ()
    box_xyxy: tuple[float, float, float, float] | None = None
    is_multimask: bool = False
    chosen: int = 0
    uses_previous: bool = False

    @property
    def row(self) -> int:
        """Where the mask that was taken stands in the answer: alone, or among three."""
        return self.chosen if self.is_multimask else 0


@dataclass(frozen=True)
class Recipe:
    """All that a mask depends on.

    Attributes:
        item: The model.
        revision: Commit on the hub; "" for a built-in model.
        picture: Path or name of the picture's file.
        steps: What was asked, in order; at least one.
        threshold: What a logit must exceed.
    """

    item: Entry
    revision: str
    picture: str
    steps: Sequence[Step]
    threshold: float = 0.0


def program(recipe: Recipe, say: Callable[[str], str]) -> str:
    """Writes the program.

    Args:
        recipe: What the mask depends on. Steps that do not lead to the last one are left out.
        say: Gives the sentence for a language key, for the comments.

    Returns:
        Python source. It writes `mask.png` and prints the model's guess of the IoU.
    """
    is_package = recipe.item.class_name == PACKAGE_CLASS
    parts = _package_parts(recipe, say) if is_package else _library_parts(recipe, say)
    return "\n\n".join([*parts, _ending(recipe, is_package)]) + "\n"


def needed_steps(steps: Sequence[Step]) -> Sequence[Step]:
    """Returns those that the last one depends on.

    Args:
        steps: In order, at least one; the first uses no mask before it.
    """
    starts = [place for place, step in enumerate(steps) if not step.uses_previous or place == 0]
    return steps[starts[-1] :]


def _package_parts(recipe: Recipe, say: Callable[[str], str]) -> list[str]:
    steps = needed_steps(recipe.steps)
    asked = [_package_step(step, place > 0) for place, step in enumerate(steps)]
    item = recipe.item
    hub = "" if item.is_built_in else "from huggingface_hub import snapshot_download\n"
    return [
        _comment(say, "run_here"),
        "from pathlib import Path\n\nimport numpy as np\nimport torch\n"
        f"{hub}from PIL import Image\nfrom segment_anything import SamPredictor\n\n"
        "from playground.models.sam_weights import load_package_sam\n"
        "from playground.visitors.pictures import read_picture",
        f"{_folder(recipe)}\npredictor = SamPredictor(load_package_sam(Path(folder)))\n"
        f"predictor.set_image(read_picture(Path({recipe.picture!r})).pixels)\n"
        f"{_comment(say, 'half')}\npredictor.features = predictor.features.half().float()",
        f"{_comment(say, 'corner')}\n{asked[0]}",
        *asked[1:],
    ]


def _package_step(step: Step, uses_previous: bool) -> str:
    asked = []
    if step.points_xy:
        asked.append(f"point_coords=np.float32({_numbers(step.points_xy)}) - 0.5,")
        asked.append(f"point_labels=np.array({_wrapped(list(step.labels))}),")
    if step.box_xyxy is not None:
        asked.append(f"box=np.float32({_numbers(step.box_xyxy)}) - 0.5,")
    if uses_previous:
        asked.append("mask_input=logits,")
    asked.append(f"multimask_output={step.is_multimask},")
    return f"_, iou, logits = predictor.predict(\n{_indented(asked)})\n{_kept(step)}"


def _library_parts(recipe: Recipe, say: Callable[[str], str]) -> list[str]:
    steps = needed_steps(recipe.steps)
    asked = [_library_step(step, place > 0) for place, step in enumerate(steps)]
    name = recipe.item.class_name
    return [
        _comment(say, "run_here"),
        "from pathlib import Path\n\nimport numpy as np\nimport torch\nfrom PIL import Image\n"
        "from torch.nn.functional import interpolate\n"
        f"from transformers import AutoImageProcessor, {name}\n\n"
        "from playground.visitors.pictures import read_picture",
        f"torch.set_grad_enabled(False)\nsource = {recipe.item.source!r}\n"
        f"revision = {recipe.revision!r}\n"
        f"model = {name}.from_pretrained(source, revision=revision).float().eval()\n"
        "processor = AutoImageProcessor.from_pretrained(source, revision=revision)\n"
        f"pixels = read_picture(Path({recipe.picture!r})).pixels\n"
        'square = processor(images=pixels, return_tensors="pt")["pixel_values"]\n'
        f"{_comment(say, 'half')}\n"
        "features = [level.half().float() for level in model.get_image_embeddings(square)]",
        "height, width = pixels.shape[:2]\nside = square.shape[-1]\n"
        f"{_comment(say, 'corner')}\n\n\n"
        "def placed(points):\n"
        "    points = (np.float32(points) - 0.5) * (side / np.array([width, height]))\n"
        "    return torch.from_numpy(points).float()[None, None]\n",
        *asked,
    ]


def _library_step(step: Step, uses_previous: bool) -> str:
    asked = ["image_embeddings=features,"]
    if step.points_xy:
        asked.append(f"input_points=placed({_numbers(step.points_xy)}),")
        asked.append(f"input_labels=torch.tensor([[{_wrapped(list(step.labels))}]]),")
    if step.box_xyxy is not None:
        left, top, right, bottom = step.box_xyxy
        corners = _numbers([(left, top), (right, bottom)])
        asked.append(f"input_boxes=placed({corners}).reshape(1, 1, 4),")
    if uses_previous:
        asked.append("input_masks=torch.from_numpy(logits)[None],")
    asked.append(f"multimask_output={step.is_multimask},")
    told = "iou, logits = answer.iou_scores[0, 0].numpy(), answer.pred_masks[0, 0].numpy()"
    return f"answer = model(\n{_indented(asked)})\n{told}\n{_kept(step)}"


def _ending(recipe: Recipe, is_package: bool) -> str:
    full = (
        "full = predictor.model.postprocess_masks(\n"
        "    torch.from_numpy(logits)[None], predictor.input_size, predictor.original_size\n)"
        if is_package
        else "full = torch.from_numpy(logits)[None]\n"
        "for size in ((side, side), (height, width)):\n"
        '    full = interpolate(full, size, mode="bilinear", align_corners=False)'
    )
    return (
        f"{full}\nmask = full[0, 0].numpy() > {float(recipe.threshold)!r}\n"
        'Image.fromarray(mask.astype(np.uint8) * 255).save("mask.png")\n'
        f'print(f"IoU: {{iou[{recipe.steps[-1].row}]:.4f}}")'
    )


def _folder(recipe: Recipe) -> str:
    item = recipe.item
    if item.is_built_in:
        return f"folder = {f'assets/models/{item.source}'!r}"
    asked = [f"{item.source!r},", f"revision={recipe.revision!r},"]
    if item.files:
        asked.append(f"allow_patterns={list(item.files)!r},")
    return f"folder = snapshot_download(\n{_indented(asked)})"


def _kept(step: Step) -> str:
    return f"logits = logits[[{step.row}]].astype(np.float16).astype(np.float32)"


def _indented(lines: Sequence[str]) -> str:
    return indent("".join(f"{line}\n" for line in lines), "    ")


def _numbers(rows: Sequence[float] | Sequence[tuple[float, float]]) -> str:
    """As short as 32 bits allow, which is what the playground rounds clicks to."""
    return _wrapped(_short(np.asarray(rows, np.float32).tolist()))


def _wrapped(numbers: Sequence[Any]) -> str:
    return fill(repr(numbers), MOST_COLUMNS, break_long_words=False)


def _short(value: Any) -> Any:
    return [_short(x) for x in value] if isinstance(value, list) else float(str(np.float32(value)))


def _comment(say: Callable[[str], str], name: str) -> str:
    return f"# {' '.join(say(f'segment.program.{name}').split())}"
