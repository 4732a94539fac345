"""What a pull gives: figures that become files in little memory, or tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fvcapacity.frozen import Frozen
from fvcapacity.inputs.measured_files import LATENCY, TRAFFIC, USAGE, save_measured
from fvcapacity.inputs.prometheus.assemble import Figures
from fvcapacity.inputs.prometheus.growth import Grid
from fvcapacity.inputs.prometheus.tables import latency_parts, traffic_parts, usage_parts
from fvcapacity.inputs.provenance import Provenance
from fvcapacity.tabular.arrow import Part
from fvcapacity.tabular.columns import TableSpec

if TYPE_CHECKING:
    import pandas as pd

    from fvcapacity.inputs.measurements import Measurements


class Pulled(Frozen, eq=False):
    """What was read, before it becomes tables."""

    provenance: Provenance
    figures: Figures
    grid: Grid

    def measurements(self) -> Measurements:
        """Return it as tables; only now pandas is loaded."""
        import pandas as pd

        from fvcapacity.inputs.measurements import Measurements, joined

        def frame(spec: TableSpec, parts: Iterable[Part]) -> pd.DataFrame:
            return joined(spec, [pd.DataFrame(dict(part)) for part in parts])

        return Measurements(
            self.provenance,
            frame(TRAFFIC, traffic_parts(self.figures, self.grid)),
            frame(USAGE, usage_parts(self.figures, self.grid)),
            frame(LATENCY, latency_parts(self.figures, self.grid)),
        )

    def save(self, directory: str | Path) -> Path:
        """Write it as `Measurements.save` does, in the memory of a few series.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        return save_measured(
            directory,
            self.provenance,
            traffic_parts(self.figures, self.grid),
            usage_parts(self.figures, self.grid),
            latency_parts(self.figures, self.grid),
        )
