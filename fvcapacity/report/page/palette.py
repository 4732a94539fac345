"""Colours of the page, light and dark: those of Okabe and Ito (2008), lightened for a dark ground."""

from __future__ import annotations

from collections.abc import Mapping

from fvcapacity.plots.style import BLUE, GREEN, ORANGE, PURPLE, RED, SKY

LIGHT: Mapping[str, str] = {
    "c0": BLUE,
    "c1": RED,
    "c2": GREEN,
    "c3": PURPLE,
    "c4": "#8A6100",
    "other": "#6B7280",
    "bad": RED,
    "good": GREEN,
    "calm": SKY,
    "warm": ORANGE,
    "ink": "#1B2430",
    "soft": "#5B6472",
    "grid": "#E3E7EC",
    "band": "#F1EFE6",
    "ground": "#FFFFFF",
}
DARK: Mapping[str, str] = {
    "c0": "#5BB6F2",
    "c1": "#FF8A4C",
    "c2": "#3DD6A7",
    "c3": "#E8A3CB",
    "c4": "#F2C14E",
    "other": "#9AA5B4",
    "bad": "#FF8A4C",
    "good": "#3DD6A7",
    "calm": "#5BB6F2",
    "warm": "#F2B84B",
    "ink": "#E9EDF2",
    "soft": "#A3AEBD",
    "grid": "#2C3643",
    "band": "#1F2730",
    "ground": "#171E27",
}
LINES = ("c0", "c1", "c2", "c3", "c4")
"""Tokens of lines that stand side by side, in order."""
