"""Libraries of the extras ``review`` and ``report``, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fvcapacity.errors import InputError, Problem


def structural_model() -> Any:
    """Return the class of structural time-series models of statsmodels.

    Raises
    ------
    InputError
        When it is not installed.
    """
    return needed("statsmodels.tsa.statespace.structural", "statsmodels").UnobservedComponents


def needed(module: str, distribution: str, extra: str = "review") -> Any:
    """Return a module of an extra.

    Raises
    ------
    InputError
        When it is not installed, with what to install.
    """
    try:
        return import_module(module)
    except ImportError as error:
        hint = f"pip install 'fvcapacity[{extra}]'"
        raise InputError(Problem(f"{distribution} cannot be imported: {error.msg}", hint=hint)) from None
