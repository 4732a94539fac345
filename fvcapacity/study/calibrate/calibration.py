"""A calibration: what was estimated, how good it is, and the topology that comes of it.

::

    CALIBRATION/
      calibration.json   what it comes from, arrivals, findings, and the tables below
      topology.yaml      the scenario's topology with the measured numbers
      traffic.csv.gz     the measured traffic by the minute, as rates for these arrivals; a scenario's `traffic.file`
      tables/NAME.csv    quality, demands, memory, visits, dispersion, variability, hourly_bias,
                         fit_hours
      plots/             measured against predicted CPU, residuals, bias by hour
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from fvcapacity.frozen import Frozen, asdict
from fvcapacity.inputs.measurements import TRAFFIC, empty, write_traffic
from fvcapacity.results.scenario_text import plain
from fvcapacity.scenario.topology import Topology
from fvcapacity.scenario.traffic import ClusteredArrivals
from fvcapacity.tabular import directory as directories
from fvcapacity.tabular.storage import write_csv

SCHEMA_VERSION = "fvcapacity.calibration/1"
_IN_DOCUMENT = ("quality", "demands", "memory", "visits", "dispersion", "variability", "hourly_bias")


class Finding(Frozen):
    """Something that a reader of the numbers has to know."""

    rule: str
    message: str
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What measurements say of a topology's numbers.

    Attributes
    ----------
    topology
        With the measured numbers; what could not be told is as it was.
    arrivals
        Clustered arrivals for rates by the minute, or None when burstiness could not be told.
    tables
        By name; see ``fvcapacity.study.calibrate.tables``.
    findings
        Differences from the call graph, routes that move together, biased hours.
    traffic
        As in measurements: expected requests by the minute, without the chance that arrivals add.
    source
        Where the measurements come from, start, end, interval.
    header
        Comment above the topology that is written.
    """

    topology: Topology
    arrivals: ClusteredArrivals | None
    tables: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]
    source: Mapping[str, Any]
    traffic: pd.DataFrame = field(default_factory=lambda: empty(TRAFFIC), repr=False)
    header: str = field(default="", repr=False)

    def topology_yaml(self) -> str:
        """Return the topology as YAML, numbers with their source.

        Returns
        -------
        str
            YAML text that a scenario can name as its topology.
        """
        data = plain(self.topology, only_set=True)
        text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
        return self.header + text

    def to_json(self) -> str:
        """Return everything but the topology as JSON, the same to the byte in every repetition.

        Returns
        -------
        str
            JSON text, indented, with a line break at its end.
        """
        document = {
            "schema_version": SCHEMA_VERSION,
            "source": dict(self.source),
            "arrivals": None if self.arrivals is None else plain(self.arrivals),
            "findings": [asdict(item) for item in self.findings],
            "tables": {name: records(self.tables[name]) for name in _IN_DOCUMENT},
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def save(self, directory: str | Path, *, plots: bool = True) -> Path:
        """Write the calibration as a directory, all of it or nothing.

        Parameters
        ----------
        directory
            Where to. One of ours that stands there is replaced.
        plots
            Draw the figures into it as well (PNG and SVG).

        Returns
        -------
        Path
            The directory that was written.

        Raises
        ------
        InputError
            When something that is not ours stands there, or it cannot be written.
        """
        target = Path(directory)
        check_replaceable(target)
        return directories.write_directory(target, lambda work: self._write(work, plots=plots))

    def _write(self, directory: Path, *, plots: bool) -> None:
        (directory / "calibration.json").write_text(self.to_json(), encoding="utf-8")
        (directory / "topology.yaml").write_text(self.topology_yaml(), encoding="utf-8")
        write_traffic(self.traffic, directory / "traffic.csv.gz")
        (directory / "tables").mkdir()
        for name, table in self.tables.items():
            write_csv(table, directory / "tables" / f"{name}.csv")
        if plots:
            from fvcapacity.plots.calibration import write_calibration_plots  # matplotlib, only when it is needed

            write_calibration_plots(self.tables, directory / "plots")


def check_replaceable(directory: Path) -> None:
    """Check that a calibration may be written here: nothing, an empty directory, or one of ours.

    Raises
    ------
    InputError
        When something else stands there.
    """
    directories.check_replaceable(directory, "calibration.json", SCHEMA_VERSION, "calibration")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON has it: numbers to six digits, nothing for what does not exist."""
    return [{str(key): _json(value) for key, value in row.items()} for row in table.to_dict("records")]


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


class _Dumper(yaml.SafeDumper):
    """Writes every list and mapping where it stands, without aliases, and small mappings of numbers in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    flat = not any(isinstance(value, dict | list) for value in data.values())
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flat)


_Dumper.add_representer(dict, _mapping)
