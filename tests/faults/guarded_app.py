"""A small Gradio app behind the guard, served on a free port of this machine."""

import socket
from contextlib import contextmanager

import gradio as gr
from starlette.middleware import Middleware

from playground.visitors.guard import Guard
from playground.visitors.guard_rules import GuardRules


def echo(text: str) -> str:
    """Say the text back.

    Args:
        text: any words
    """
    return text


def sides(picture: str) -> str:
    """Tell the bytes of a picture file.

    Args:
        picture: a picture
    """
    with open(picture, "rb") as file:
        return str(len(file.read()))


class Canvas(gr.HTML):
    """A component with a function that the browser calls outside the queue."""

    def __init__(self):
        super().__init__("<i>canvas</i>", js_on_load="", server_functions=[self.hover])

    @staticmethod
    def hover(point):
        return {"seen": point}


def remembered(state: int) -> str:
    """Tell what the server remembers of this visitor."""
    return str(state)


def page() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as blocks:
        text, said = gr.Textbox(label="words"), gr.Textbox(label="answer")
        picture = gr.Image(type="filepath", label="picture")
        state = gr.State(7)
        Canvas()
        gr.Button("echo").click(echo, text, said, api_name="echo")
        gr.Button("plain").click(echo, text, said, api_name="plain", queue=False)
        gr.Button("sides").click(sides, picture, said, api_name="sides")
        gr.Button("remembered").click(remembered, state, said, api_name="remembered", queue=False)
    return blocks


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def say(key: str, accept_language: str) -> str:
    return f"{key} for {accept_language[:10]}"


@contextmanager
def served(rules: GuardRules, **options):
    """Serves the app; gives its address, such as "http://127.0.0.1:5000"."""
    blocks = page()
    guard = Middleware(Guard, rules=rules, say=say)
    blocks.queue(max_size=120).launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size="12mb",
        app_kwargs={
            "middleware": [guard],
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
        **options,
    )
    try:
        yield f"http://127.0.0.1:{blocks.server_port}", blocks
    finally:
        blocks.close()
