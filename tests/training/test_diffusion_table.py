from training.diffusion_scores import DrawingScores, Yardstick
from training.diffusion_table import table_of


def test_the_table_shows_each_score_once_beside_what_is_possible() -> None:
    english = DrawingScores(0.811, 0.522, 0.833, 0.744, 1.25)
    chinese = DrawingScores(0.815, 0.526, 0.837, 0.748, 1.35)
    decoded = Yardstick(0.95, 0.855, 0.97, 0.25, 0.02)
    best = Yardstick(0.98, 0.92, 0.99, 0.15, 0.01)
    table = table_of((english, chinese), (decoded, best), 24.6, (160, 100, 48))
    assert {line.count("|") for line in table.splitlines()} == {6}
    shown = "81.1% 52.2% 83.3% 74.4% 1.25 81.5% 52.6% 83.7% 74.8% 1.35"
    shown += " 95.0% 85.5% 97.0% 0.25 2.0% 98.0% 92.0% 99.0% 0.15 1.0%"
    for score in [*shown.split(), "24.6 dB"]:
        assert table.count(f"| {score} |") == 1, score
