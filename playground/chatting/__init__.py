"""Talks about pictures: what was asked and answered, kept and taken away; no models, no Gradio."""
