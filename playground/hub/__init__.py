"""Published checkpoints: where they lie, what a download takes, and who allowed it."""
