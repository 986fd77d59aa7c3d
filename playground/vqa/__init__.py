"""Visual question answering, measured: question sets, metrics, the runner, the leaderboard."""
