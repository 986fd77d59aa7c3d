"""The interface's icons: one-colour line drawings that take the colour of the text."""

from __future__ import annotations

from types import MappingProxyType

SHAPES = MappingProxyType(
    {
        "sun": '<circle cx="12" cy="12" r="4.2"/><path d="M12 2.5v2.2M12 19.3v2.2M2.5 '
        "12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M5.3 18.7l1.5-1.5M17.2 "
        '6.8l1.5-1.5"/>',
        "moon": '<path d="M20 14.2A8.3 8.3 0 0 1 9.8 4a8.3 8.3 0 1 0 10.2 10.2z"/>',
        "chip": '<rect x="6.5" y="6.5" width="11" height="11" rx="2"/><path d="M10 2.8v3.7M14 '
        '2.8v3.7M10 17.5v3.7M14 17.5v3.7M2.8 10h3.7M2.8 14h3.7M17.5 10h3.7M17.5 14h3.7"/>',
        "send": '<path d="M5 12h13M12.5 6l6 6-6 6"/>',
        "close": '<path d="M6 6l12 12M18 6L6 18"/>',
        "pin": '<path d="M9 3.5h6l-.8 6 3.3 3v2H6.5v-2l3.3-3zM12 14.5V21"/>',
        "paper": '<path d="M7 3.5h7l4 4v13H7zM14 3.5v4h4M10 12h5M10 16h5"/>',
        "warning": '<path d="M12 4l9 16H3zM12 10v4.5M12 17.2v.3"/>',
        "plus": '<path d="M12 5v14M5 12h14"/>',
        "minus": '<path d="M5 12h14"/>',
        "box": '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4"/>',
        "brush": '<path d="M19.5 4.500c-4 2-8.5 6.2-10.3 9.300l1.9 1.900c3.1-1.8 6.9-6.7 '
        '8.4-11.200zM8.3 15c-2.3.2-3 1.6-3.3 4.5 2.7-.1 4.6-.8 5.1-2.8"/>',
        "eraser": '<path d="M13.5 4.800l5.7 5.7-8.2 8.200H7.700l-3.5-3.500zM9 9.300l5.7 5.700M11 '
        '18.700h9"/>',
        "undo": '<path d="M8.5 5.500L4.5 9.500l4 4M5 9.500h9a5.2 5.2 0 0 1 0 10.400H9.5"/>',
        "redo": '<path d="M15.5 5.500l4 4-4 4M19 9.500h-9a5.2 5.2 0 0 0 0 10.400h4.5"/>',
        "zoom_in": '<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5 5M10.5 8v5M8 10.500h5"/>',
        "zoom_out": '<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5 5M8 10.500h5"/>',
        "fit": '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/><rect x="8.5" y="8.5" '
        'width="7" height="7" rx="1.5"/>',
        "keys": '<rect x="2.8" y="6.5" width="18.4" height="11" rx="2.5"/><path d="M6.5 10h.1M10 '
        '10h.1M13.5 10h.1M17.2 10h.1M8 14h8"/>',
        "picture": '<rect x="3.5" y="4.5" width="17" height="15" rx="2.5"/><circle cx="9" '
        'cy="9.8" r="1.6"/><path d="M4 17l5-4.5 3.5 3 3-2.5 5 4"/>',
        "eye": '<path d="M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z"/>'
        '<circle cx="12" cy="12" r="2.8"/>',
        "eye_off": '<path d="M4 4l16 16M9.5 6.200A9 9 0 0 1 12 5.800c6 0 9.5 6.2 9.5 6.200a16 16 '
        '0 0 1-3 3.600M6 7.700A15 15 0 0 0 2.5 12s3.5 6.2 9.5 6.200a9 9 0 0 0 3.7-.8"/>',
        "lock": '<rect x="5.5" y="10.5" width="13" height="9.5" rx="2"/><path d="M8.5 '
        '10.500V8a3.5 3.5 0 0 1 7 0v2.5"/>',
        "unlock": '<rect x="5.5" y="10.5" width="13" height="9.5" rx="2"/><path d="M8.5 '
        '10.500V7.500a3.5 3.5 0 0 1 6.8-1.2"/>',
        "trash": '<path d="M4.5 7h15M9.5 7V4.500h5V7M6.5 7l.8 12.500h9.400L17.5 7M10 '
        '10.500v5.500M14 10.500v5.5"/>',
        "check": '<path d="M5 12.500l4.5 4.500L19 7.5"/>',
        "edit": '<path d="M4.5 19.500l1-4.200L16 4.800l3.2 3.200L8.7 18.500zM13.8 7l3.2 3.2"/>',
        "palette": '<path d="M12 3.500a8.5 8.5 0 1 0 0 17c1.5 0 2-1 1.6-2-.5-1.3.3-2.5 '
        '1.7-2.500H18c1.7 0 2.5-1.5 2.5-4 0-4.7-3.8-8.5-8.5-8.500z"/><path d="M8 11h.1M11 '
        '7.500h.1M15.5 8.500h.1"/>',
        "merge": '<rect x="3.5" y="3.5" width="11" height="11" rx="2" fill="currentColor" '
        'fill-opacity=".35"/><rect x="9.5" y="9.5" width="11" height="11" rx="2" '
        'fill="currentColor" fill-opacity=".35"/>',
        "subtract": '<path d="M14.5 9.500v-4a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 '
        '2h4v-3a2 2 0 0 1 2-2z" fill="currentColor" fill-opacity=".35"/><rect x="9.5" '
        'y="9.5" width="11" height="11" rx="2" stroke-dasharray="2 2.5"/>',
        "intersect": '<rect x="3.5" y="3.5" width="11" height="11" rx="2"/><rect x="9.5" y="9.5" '
        'width="11" height="11" rx="2"/><path d="M9.5 9.500h5v5h-5z" fill="currentColor"/>',
        "download": '<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.500M4.5 20h15"/>',
        "code": '<path d="M8.5 7L3.5 12l5 5M15.5 7l5 5-5 5"/>',
        "folder": '<path d="M3.5 18.500v-12A1.5 1.5 0 0 1 5 5h4l2 2.500h8A1.5 1.5 0 0 1 20.500 9'
        'v9.500A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.500-1.500z"/>',
        "copy": '<rect x="8.5" y="8.5" width="11" height="11.5" rx="2"/><path d="M15.5 8.500V6a2 '
        '2 0 0 0-2-2H6.500a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>',
        "point": '<circle cx="12" cy="12" r="6.5"/><path d="M12 2.800v5M12 16.200v5M2.8 12h5M16.2 '
        '12h5"/>',
        "stop": '<rect x="6.5" y="6.5" width="11" height="11" rx="2" fill="currentColor"/>',
        "dice": '<rect x="4" y="4" width="16" height="16" rx="4"/><path d="M8.5 8.500h.1M15.5 '
        '8.500h.1M12 12h.1M8.5 15.500h.1M15.5 15.500h.1" stroke-width="2.600"/>',
        "play": '<path d="M8.5 6v12l10-6z" fill="currentColor"/>',
        "retry": '<path d="M19 6v4.500h-4.5M18.6 10.400A7.3 7.3 0 1 0 19.300 13"/>',
        "more": '<path d="M6 12h.1M12 12h.1M18 12h.1" stroke-width="3"/>',
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
