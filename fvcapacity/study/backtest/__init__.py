"""How far a calibrated model can be trusted: calibrated on one part of the history, held against another."""

from __future__ import annotations

from fvcapacity.study.backtest.backtest import Backtest, BacktestOptions, backtest

__all__ = ["Backtest", "BacktestOptions", "backtest"]
