"""Click to segment, without the page: prompts, what is kept, and the program that repeats it."""
