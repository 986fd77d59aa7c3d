"""Drawing pictures from words, without a page."""
