"""Trains the built-in mini models on emoji scenes; nothing here is needed to run the playground."""
