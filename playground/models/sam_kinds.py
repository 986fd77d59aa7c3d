"""Which kin of Segment Anything a folder belongs to, and who builds its parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playground.models import sam_library, sam_package
from playground.models.sam_decoder import SamDecoder
from playground.models.sam_encoder import SamEncoder
from playground.visitors.errors import PersonError


@dataclass(frozen=True)
class SamKind:
    """One kin of Segment Anything.

    Attributes:
        build_encoder: Builds the part that looks at pictures from a checked model folder.
        build_decoder: Builds the part that answers clicks from it.
    """

    build_encoder: Callable[[Path], SamEncoder]
    build_decoder: Callable[[Path], SamDecoder]


def kind_of(folder: Path) -> SamKind:
    """Reads which kin a folder belongs to.

    Args:
        folder: A checked model folder.

    Raises:
        PersonError: `mistake.model.mismatch` for one that is not known here.
    """
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = KINDS.get(str(told.get("model_type")))
    if kind is None:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    return kind


def _library_kind(class_name: str) -> SamKind:
    return SamKind(
        partial(sam_library.build_encoder, class_name),
        partial(sam_library.build_decoder, class_name),
    )


# By `model_type` of a folder's `config.json`. Repositories of SAM 2 and EdgeTAM hold the video
# model, of which the picture model is a part.
KINDS: Mapping[str, SamKind] = {
    "sam": SamKind(sam_package.build_encoder, sam_package.build_decoder),
    "sam2": _library_kind("Sam2Model"),
    "sam2_video": _library_kind("Sam2Model"),
    "edgetam": _library_kind("EdgeTamModel"),
    "edgetam_video": _library_kind("EdgeTamModel"),
}
