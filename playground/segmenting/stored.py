"""Pictures encoded beforehand, so that the tab opens on one that answers clicks at once.

`python -m playground.stored_segments` makes the files again, after mini-sam or a picture changed.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from playground.models.sam import Encoded
from playground.segmenting.proposals import Proposal
from playground.segmenting.store import Kept

STORED = Path(__file__).parents[2] / "assets" / "examples" / "sam_segment"
# Ids of the collection. The tab opens on the first.
EXAMPLES = (
    "scene-008",
    "photo-coffee",
    "scene-128",
    "photo-cat",
    "scene-296",
    "photo-sheep",
)


@dataclass(frozen=True)
class StoredSegments:
    """What was kept of a picture.

    Attributes:
        fingerprint: Which files of the model made it.
        content_id: Of which pixels.
        encoded: The features.
        proposals: All that the grid found.
        points: Points of the grid.
    """

    fingerprint: str
    content_id: str
    encoded: Encoded
    proposals: tuple[Proposal, ...]
    points: int


def stored_file(folder: Path, model_key: str, picture_id: str) -> Path:
    """Returns the file of one picture for one model, whether or not it exists."""
    return folder / f"{model_key}-{picture_id}.safetensors"


def write_stored(kept: Kept, file: Path) -> None:
    """Writes a picture whose grid is decoded: features and a packed text.

    Args:
        kept: The picture; its pixels are not written, they are in the collection.
        file: Where to.

    Raises:
        OSError: It cannot be written.
    """
    encoded = kept.encoded
    about = {
        "size_hw": encoded.size_hw,
        "resized_hw": encoded.resized_hw,
        "input_side": encoded.input_side,
        "low_hw": encoded.low_hw,
        "points": kept.points_of,
        "proposals": [asdict(item) for item in kept.proposals],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    text = zlib.compress(json.dumps(about, separators=(",", ":")).encode(), 9)
    save_file(
        {
            "about": np.frombuffer(text, np.uint8),
            **{f"level_{number}": level for number, level in enumerate(encoded.features)},
        },
        file,
        metadata={"fingerprint": kept.key[1], "content_id": kept.key[2]},
    )
    # The library makes files that only their maker may read.
    file.chmod(0o644)


def read_stored(file: Path) -> StoredSegments | None:
    """Reads what `write_stored` wrote; None when there is no such file or it is damaged."""
    try:
        with safe_open(file, framework="np") as stored:
            told = stored.metadata() or {}
            count = len(list(stored.keys())) - 1
            levels = [stored.get_tensor(f"level_{number}") for number in range(count)]
            text = stored.get_tensor("about").tobytes()
        about = json.loads(zlib.decompress(text))
        return StoredSegments(
            fingerprint=told["fingerprint"],
            content_id=told["content_id"],
            encoded=Encoded(
                features=tuple(np.ascontiguousarray(level) for level in levels),
                size_hw=tuple(about["size_hw"]),
                resized_hw=tuple(about["resized_hw"]),
                input_side=about["input_side"],
                low_hw=tuple(about["low_hw"]),
            ),
            proposals=tuple(_proposal(row) for row in about["proposals"]),
            points=about["points"],
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, zlib.error):
        return None


def _proposal(row: dict[str, Any]) -> Proposal:
    places = {name: tuple(row[name]) for name in ("box_xyxy", "point_xy")}
    return Proposal(**{**row, **places})
