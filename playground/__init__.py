"""What the tabs share: the models, the cache, the visitors and the page."""
