import json
import re
from pathlib import Path

import pytest

from fvcapacity.report.grafana.dashboard import dashboard, dashboard_text, expressions
from fvcapacity.report.grafana.panels import OFFSET, PANELS, SELECTOR

ROOT = Path(__file__).resolve().parents[4]


def test_the_file_that_is_shipped_is_in_step():
    assert (ROOT / "data/grafana/real-against-simulated.json").read_text() == dashboard_text()


def test_every_panel_asks_both_sources():
    for panel in json.loads(dashboard_text())["panels"]:
        sources = [target["datasource"]["uid"] for target in panel["targets"]]
        assert sorted(set(sources)) == ["${real}", "${simulated}"], panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(sources)
        assert len({target["legendFormat"] for target in panel["targets"]}) == len(sources)


def test_every_variable_that_is_used_is_declared():
    declared = {variable["name"] for variable in dashboard()["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", dashboard_text()))
    assert used == declared


def test_panels_do_not_overlap():
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard()["panels"]]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_side_names_its_run_in_every_selector_and_shifts_the_real_one(panel):
    for text in expressions(panel, simulated=True):
        assert text.count("{") == text.count('run_id=~"$run"') > 0
        assert "offset" not in text
    for text in expressions(panel, simulated=False):
        assert text.count("{") == text.count('run_id=""') == text.count("offset $shift")
    assert SELECTOR not in dashboard_text()
    assert OFFSET not in dashboard_text()
