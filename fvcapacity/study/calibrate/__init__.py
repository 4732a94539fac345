"""From measurements of a running system to a topology with numbers, and how far they can be trusted."""

from __future__ import annotations

from fvcapacity.study.calibrate.calibrate import CalibrationOptions, calibrate
from fvcapacity.study.calibrate.calibration import Calibration

__all__ = ["Calibration", "CalibrationOptions", "calibrate"]
