"""The interface's icons: one-colour line drawings that take the colour of the text."""

from __future__ import annotations

from types import MappingProxyType

SHAPES = MappingProxyType(
    {
        "sun": '<circle cx="12" cy="12" r="4.2"/><path d="M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 '
        '12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M5.3 18.7l1.5-1.5M17.2 6.8l1.5-1.5"/>',
        "moon": '<path d="M20 14.2A8.3 8.3 0 0 1 9.8 4a8.3 8.3 0 1 0 10.2 10.2z"/>',
        "chip": '<rect x="6.5" y="6.5" width="11" height="11" rx="2"/><path d="M10 2.8v3.7M14 2.8v3'
        '.7M10 17.5v3.7M14 17.5v3.7M2.8 10h3.7M2.8 14h3.7M17.5 10h3.7M17.5 14h3.7"/>',
        "send": '<path d="M5 12h13M12.5 6l6 6-6 6"/>',
        "close": '<path d="M6 6l12 12M18 6L6 18"/>',
        "pin": '<path d="M9 3.5h6l-.8 6 3.3 3v2H6.5v-2l3.3-3zM12 14.5V21"/>',
        "paper": '<path d="M7 3.5h7l4 4v13H7zM14 3.5v4h4M10 12h5M10 16h5"/>',
        "warning": '<path d="M12 4l9 16H3zM12 10v4.5M12 17.2v.3"/>',
    }
)
LOGO = (
    '<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">'
    '<rect x="3" y="3" width="18" height="18" rx="5.5" fill="currentColor" opacity=".28"/>'
    '<path d="M21 11v4.5a5.5 5.5 0 0 1-5.500 5.500H11a9 9 0 0 1 10-10z" fill="currentColor"/>'
    '<circle cx="20" cy="20" r="9" fill="none" stroke="currentColor" stroke-width="2.500"/></svg>'
)


def icon(name: str) -> str:
    """The drawing as inline SVG; hidden from screen readers, for words always stand beside it."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" '
        f'aria-hidden="true">{SHAPES[name]}</svg>'
    )
