"""One current picture travels with the visitor: "send to ..." from any tab to any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.page.held_picture import held_html
from playground.page.languages import current_request
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Session

if TYPE_CHECKING:
    from playground.page.context import Context
    from playground.page.demo import Demo

GetPicture = Callable[..., Picture]


@dataclass(frozen=True)
class _Offer:
    demo_id: str
    bar: gr.Row
    get_picture: GetPicture
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class _Receiver:
    demo_id: str
    fn: Callable[..., Any]
    outputs: Any


class Sends:
    """Who gives pictures and who takes them; wired together once every tab is built."""

    def __init__(self) -> None:
        self._offers: list[_Offer] = []
        self._receivers: list[_Receiver] = []

    def offer(self, demo_id: str, get_picture: GetPicture, inputs: Sequence[Any] = ()) -> gr.Row:
        """Place a bar of "send to ..." buttons here, for the picture shown beside it.

        Args:
            demo_id: the tab that gives; it is left out of its own bar.
            get_picture: called as ``get_picture(session, *values of inputs)``.
            inputs: components whose values it needs.

        Returns:
            The bar, so that it can be hidden while there is no picture.
        """
        bar = gr.Row(elem_classes="send-bar")
        self._offers.append(_Offer(demo_id, bar, get_picture, tuple(inputs)))
        return bar

    def receive(self, demo_id: str, fn: Callable[..., Any], outputs: Any) -> None:
        """Say that a tab takes pictures.

        Args:
            demo_id: the tab that takes.
            fn: called as ``fn(picture, request)`` after its tab was opened; may be a generator.
            outputs: the components that it answers for.
        """
        self._receivers.append(_Receiver(demo_id, fn, outputs))

    @property
    def receiver_ids(self) -> tuple[str, ...]:
        """The tabs that take pictures."""
        return tuple(receiver.demo_id for receiver in self._receivers)

    def mark(self) -> tuple[int, int]:
        """How much has been said so far, for ``back_to``."""
        return len(self._offers), len(self._receivers)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forget what a tab said that could not be built."""
        del self._offers[mark[0] :], self._receivers[mark[1] :]

    def wire(self, ctx: Context, demos: Sequence[Demo], tabs: gr.Tabs, held: gr.HTML) -> None:
        """Make the buttons and their events. Called once, inside the page, after all tabs."""
        titles = {demo.id: demo.title for demo in demos}
        for offer in self._offers:
            self._wire_offer(ctx, offer, titles, tabs, held)
        for receiver in self._receivers:
            event = getattr(held, f"send_{receiver.demo_id}")
            _hand_over(ctx, receiver, event(**_open_tab(receiver, tabs)))
        held.forget(
            ctx.handler(_forget(ctx)), None, held, show_progress="hidden", api_visibility="private"
        )

    def _wire_offer(
        self, ctx: Context, offer: _Offer, titles: dict[str, str], tabs: gr.Tabs, held: gr.HTML
    ) -> None:
        keep = ctx.handler(_keep(ctx, offer.get_picture))
        options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        with offer.bar:
            hold = gr.Button(ctx.label("send.hold"), size="sm", elem_classes="quiet")
            hold.click(keep, list(offer.inputs), held, **options)
            for receiver in self._receivers:
                if receiver.demo_id == offer.demo_id:
                    continue
                label = ctx.compose(_send_label(titles[receiver.demo_id]))
                button = gr.Button(label, size="sm", elem_classes="quiet")
                kept = button.click(keep, list(offer.inputs), held, **options)
                _hand_over(ctx, receiver, kept.success(**_open_tab(receiver, tabs)))


def _send_label(title_key: str) -> Callable[[Callable[[str], str]], str]:
    return lambda say: f"{say('send.to')} {say(title_key)}"


def _open_tab(receiver: _Receiver, tabs: gr.Tabs) -> dict[str, Any]:
    return {
        "fn": lambda: gr.Tabs(selected=receiver.demo_id),
        "outputs": tabs,
        "show_progress": "hidden",
        "api_visibility": "private",
    }


def _hand_over(ctx: Context, receiver: _Receiver, opened: Any) -> None:
    """After the tab was opened, give its function the picture that the visitor holds."""

    def hand_over(request: gr.Request) -> Any:
        yield from _as_steps(receiver.fn(held_by(ctx.session(request)), request))

    opened.success(
        ctx.handler(hand_over),
        outputs=receiver.outputs,
        show_progress="hidden",
        api_visibility="private",
    )


def _as_steps(answer: Any) -> Any:
    if hasattr(answer, "__next__"):
        yield from answer
    else:
        yield answer


def _keep(ctx: Context, get_picture: GetPicture) -> Callable[..., str]:
    def keep(*values: Any) -> str:
        request = current_request()
        session = ctx.session(request)
        session.current_picture = get_picture(session, *values)
        return held_html(ctx, request, session.current_picture)

    return keep


def _forget(ctx: Context) -> Callable[[gr.Request], str]:
    def forget(request: gr.Request) -> str:
        ctx.session(request).current_picture = None
        return ""

    return forget


def held_by(session: Session) -> Picture:
    """The picture that a visitor holds.

    Raises:
        PersonError: there is none (any more): the server was restarted, or it was forgotten.
    """
    if session.current_picture is None:
        raise PersonError("mistake.no_current_picture")
    return session.current_picture
