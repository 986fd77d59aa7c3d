"""What others published for ScienceQA, to stand beside what was measured here."""

from __future__ import annotations

from dataclasses import dataclass

from playground.vqa.science_qa import COLUMNS


@dataclass(frozen=True)
class PublishedRow:
    """A row of ScienceQA's own leaderboard, test split, in percent.

    Attributes:
        method: As the leaderboard calls it.
        citation: Who published it.
        url: Where.
        percents: In the order of `science_qa.COLUMNS`.
    """

    method: str
    citation: str
    url: str
    percents: tuple[float, ...]

    def percent(self, column: str) -> float:
        """Returns the number of one column."""
        return self.percents[COLUMNS.index(column)]


_SCIENCE_QA = ("Lu et al. 2022", "https://arxiv.org/abs/2209.09513")
_COT = ("Zhang et al. 2023", "https://arxiv.org/abs/2302.00923")
_LLAVA = ("Liu et al. 2023", "https://arxiv.org/abs/2304.08485")
_ADAPTER = ("Zhang et al. 2023", "https://arxiv.org/abs/2303.16199")
_CHAMELEON = ("Lu et al. 2023", "https://arxiv.org/abs/2304.09842")

# Source: leaderboard of the ScienceQA repository (lupantech/ScienceQA, README), read 2026-11.
PUBLISHED_ROWS: tuple[PublishedRow, ...] = (
    PublishedRow(
        "Random chance",
        *_SCIENCE_QA,
        (40.28, 46.13, 29.25, 47.45, 40.08, 33.66, 39.35, 40.67, 39.83),
    ),
    PublishedRow(
        "MCAN", *_SCIENCE_QA, (56.08, 46.23, 58.09, 59.43, 51.17, 55.40, 51.65, 59.72, 54.54)
    ),
    PublishedRow(
        "ViLT", *_SCIENCE_QA, (60.48, 63.89, 60.27, 63.20, 61.38, 57.00, 60.72, 61.90, 61.14)
    ),
    PublishedRow(
        "VisualBERT",
        *_SCIENCE_QA,
        (59.33, 69.18, 61.18, 62.71, 62.17, 58.54, 62.96, 59.92, 61.87),
    ),
    PublishedRow(
        "GPT-3 (zero-shot)",
        *_SCIENCE_QA,
        (75.04, 66.59, 78.00, 74.24, 65.74, 79.58, 76.36, 69.87, 74.04),
    ),
    PublishedRow(
        "UnifiedQA (CoT)",
        *_SCIENCE_QA,
        (71.00, 76.04, 78.91, 66.42, 66.53, 81.81, 77.06, 68.82, 74.11),
    ),
    PublishedRow(
        "GPT-3 (CoT)",
        *_SCIENCE_QA,
        (75.44, 70.87, 78.09, 74.68, 67.43, 79.93, 78.23, 69.68, 75.17),
    ),
    PublishedRow(
        "Multimodal-CoT (base)",
        *_COT,
        (87.52, 77.17, 85.82, 87.88, 82.90, 86.83, 84.65, 85.37, 84.91),
    ),
    PublishedRow(
        "LLaMA-Adapter",
        *_ADAPTER,
        (84.37, 88.30, 84.36, 83.72, 80.32, 86.90, 85.83, 84.05, 85.19),
    ),
    PublishedRow(
        "Chameleon (GPT-4)",
        *_CHAMELEON,
        (89.83, 74.13, 89.82, 88.27, 77.64, 92.13, 88.03, 83.72, 86.54),
    ),
    PublishedRow(
        "Human average",
        *_SCIENCE_QA,
        (90.23, 84.97, 87.48, 89.60, 87.50, 88.10, 91.59, 82.42, 88.40),
    ),
    PublishedRow("LLaVA", *_LLAVA, (90.36, 95.95, 88.00, 89.49, 88.00, 90.66, 90.93, 90.90, 90.92)),
    PublishedRow(
        "LLaVA + GPT-4", *_LLAVA, (91.56, 96.74, 91.09, 90.62, 88.99, 93.52, 92.73, 92.16, 92.53)
    ),
)
