"""Our own look on Gradio's variables; what a variable cannot say stands in assets/css."""

from __future__ import annotations

import gradio as gr

FONT = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans TC",
    "PingFang TC",
    "Microsoft JhengHei",
    "Noto Sans CJK TC",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
ACCENT = gr.themes.Color(
    name="accent",
    c50="#eef4ff",
    c100="#dbe7ff",
    c200="#bdd3ff",
    c300="#8fb5ff",
    c400="#6a9bff",
    c500="#2f6bf2",
    c600="#1f57db",
    c700="#1a48b5",
    c800="#1a3e90",
    c900="#1a3672",
    c950="#122147",
)
GREY = gr.themes.Color(
    name="grey",
    c50="#f5f6f8",
    c100="#eceef2",
    c200="#dfe2e8",
    c300="#c6cbd4",
    c400="#969eab",
    c500="#69727f",
    c600="#4d5561",
    c700="#363d47",
    c800="#22272e",
    c900="#181c21",
    c950="#0f1114",
)
# One row for each variable: its value in light and in dark.
COLOURS: dict[str, tuple[str, str]] = {
    "body_background_fill": ("#f5f6f8", "#0f1114"),
    "body_text_color": ("#14181f", "#e9ecf1"),
    "body_text_color_subdued": ("#59626f", "#a3acb9"),
    "background_fill_primary": ("#ffffff", "#181c21"),
    "background_fill_secondary": ("#f5f6f8", "#0f1114"),
    "border_color_primary": ("#dfe2e8", "#2b313a"),
    "border_color_accent": ("#2f6bf2", "#6a9bff"),
    "color_accent_soft": ("#eef4ff", "#1b2740"),
    "block_background_fill": ("#ffffff", "#181c21"),
    "block_border_color": ("#dfe2e8", "#2b313a"),
    "block_label_background_fill": ("#ffffff", "#181c21"),
    "block_label_text_color": ("#59626f", "#a3acb9"),
    "block_title_text_color": ("#14181f", "#e9ecf1"),
    "block_info_text_color": ("#59626f", "#a3acb9"),
    "panel_background_fill": ("#ffffff", "#181c21"),
    "input_background_fill": ("#ffffff", "#12151a"),
    "input_background_fill_focus": ("#ffffff", "#12151a"),
    "input_border_color": ("#c6cbd4", "#3a424d"),
    "input_border_color_focus": ("#2f6bf2", "#6a9bff"),
    "input_placeholder_color": ("#69727f", "#8b95a3"),
    "button_primary_background_fill": ("#1f57db", "#6a9bff"),
    "button_primary_background_fill_hover": ("#1a48b5", "#8fb5ff"),
    "button_primary_text_color": ("#ffffff", "#0b1530"),
    "button_primary_border_color": ("transparent", "transparent"),
    "button_secondary_background_fill": ("#eceef2", "#262c34"),
    "button_secondary_background_fill_hover": ("#dfe2e8", "#313843"),
    "button_secondary_text_color": ("#14181f", "#e9ecf1"),
    "button_secondary_border_color": ("transparent", "transparent"),
    "slider_color": ("#1f57db", "#6a9bff"),
    "link_text_color": ("#1f57db", "#8fb5ff"),
    "link_text_color_hover": ("#1a48b5", "#bdd3ff"),
    "link_text_color_visited": ("#1f57db", "#8fb5ff"),
    "checkbox_background_color_selected": ("#1f57db", "#6a9bff"),
    "checkbox_border_color_selected": ("#1f57db", "#6a9bff"),
    "checkbox_label_background_fill": ("#eceef2", "#262c34"),
    "checkbox_label_background_fill_selected": ("#dbe7ff", "#1b2740"),
    "checkbox_label_text_color_selected": ("#14181f", "#e9ecf1"),
    "error_background_fill": ("#fff1f0", "#331a1a"),
    "error_border_color": ("#f0b4ae", "#7c3a36"),
    "error_text_color": ("#a1261c", "#ffb4ab"),
}
SHAPES = {
    "block_border_width": "1px",
    "block_shadow": "none",
    "block_shadow_dark": "none",
    "block_radius": "16px",
    "container_radius": "16px",
    "input_radius": "12px",
    "button_large_radius": "12px",
    "button_medium_radius": "12px",
    "button_small_radius": "999px",
    "button_border_width": "0px",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "0 0 0 3px var(--color-accent-soft)",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
    "button_large_text_size": "16px",
    "button_large_text_weight": "600",
    "button_medium_text_weight": "600",
    "button_small_text_size": "14px",
    "button_small_text_weight": "500",
    "input_text_size": "16px",
    "block_label_text_size": "14px",
    "block_title_text_size": "15px",
    "block_title_text_weight": "600",
    "block_info_text_size": "14px",
    "prose_text_size": "16px",
    "layout_gap": "16px",
    "form_gap_width": "0px",
    "section_header_text_size": "16px",
}


def theme() -> gr.themes.Base:
    """The theme: one accent colour, grey for the rest, the system's own fonts."""
    colours = {name: light for name, (light, _) in COLOURS.items()}
    colours |= {f"{name}_dark": dark for name, (_, dark) in COLOURS.items()}
    base = gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=GREY,
        text_size=gr.themes.sizes.text_lg,
        font=list(FONT),
        font_mono=list(MONO),
    )
    return base.set(**colours, **SHAPES)
