"""From files to the money: a small shop with staging, volumes, backups and a load balancer, billed and told apart."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import fvcapacity as fv
from fvcapacity.cli.main import app
from fvcapacity.errors import ScenarioError
from tests.support.shops import SCENARIO, TOPOLOGY, write_shop

runner = CliRunner()
MONEY = """\
backups:
  - {name: daily, schedule: "0 7 * * *", method: snapshot, services: {shop: {data: 4Gi}}}
cost:
  prices: prices.yaml
  region: r1
  orders: buy
  volumes: {pictures: {used: 1Gi, logs: true}}
  staging: {manifests: [staging.yaml], pool: general, hours_a_month: 365}
"""
PRICES = """\
name: test
currency: USD
defaults: {volume: ssd}
prices:
  - &p {kind: instance, name: D2s_v5, region: r1, unit: per_hour, price: 1.2, source: test, as_of: 2026-01-01}
  - {<<: *p, kind: control_plane, name: managed, price: 0.12}
  - {<<: *p, kind: load_balancer, name: lb, price: 0.24}
  - {<<: *p, kind: volume, name: ssd, unit: per_gib_month, price: 0.73}
  - {<<: *p, kind: snapshot, name: snap, unit: per_gib_month, price: 0.365}
  - {<<: *p, kind: egress, name: internet, unit: per_gib, price: 1000}
"""
OBJECTS = """\
apiVersion: v1
kind: Service
metadata: {name: front, namespace: flowers}
spec: {type: LoadBalancer, selector: {app: shop}, ports: [{port: 80, targetPort: 3000}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: pictures, namespace: flowers}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
"""
STAGING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: staging}
spec:
  replicas: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: shop, resources: {requests: {cpu: 1, memory: 64Mi}}}]}
"""
SENDING = TOPOLOGY.replace("buy: {steps:", "buy: {response_bytes: 100k, log_bytes: 300, steps:")


def write(directory, money: str = MONEY):
    path = write_shop(directory, scenario=SCENARIO + money, topology=SENDING)
    for name, text in {"prices.yaml": PRICES, "staging.yaml": STAGING, "manifests/objects.yaml": OBJECTS}.items():
        (directory / name).write_text(text)
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    home = tmp_path_factory.mktemp("shop")
    result = fv.simulate(fv.load_scenario(write(home)))
    return result.save(home / "result"), result


def costs(result) -> dict[str, float]:
    table = result.tables["bill"]
    return dict(zip(table["item"], table["cost_usd"], strict=True))


def test_the_bill_has_everything(saved):
    """Five minutes: a twelfth of an hour. Staging's three pods of a core fit one by one on machines of 1.9 cores."""
    found = costs(saved[1])
    hour = 1 / 12
    assert found["nodes general (D2s_v5)"] == pytest.approx(1.2 * hour)
    assert found["control plane"] == pytest.approx(0.12 * hour)
    assert found["volume pictures"] == pytest.approx(10 * 0.73 * hour / 730)
    assert found["snapshots daily of shop"] == pytest.approx(4 * 2.45 * 0.365 * hour / 730)  # 30 kept, 5 % changed
    assert found["load balancer front"] == pytest.approx(0.24 * hour)
    assert found["staging: nodes general (D2s_v5)"] == pytest.approx(3 * 1.2 * hour / 2)
    assert found["staging: control plane"] == pytest.approx(0.12 * hour)


def test_the_days_are_the_bill(saved):
    tables = saved[1].tables
    assert tables["bill_days"]["cost_usd"].sum() == pytest.approx(tables["bill"]["cost_usd"].sum())
    assert set(tables["bill_days"]["day"]) == {"2026-02-14"}


def test_log_lines_fill_the_volume_that_takes_them(saved):
    tables = saved[1].tables
    pictures = tables["bill_days"].set_index("item").loc["volume pictures"]
    logged = tables["services"]["log_bytes"].sum()
    assert logged > 1000
    assert pictures["used_ratio"] == pytest.approx((2**30 + logged) / (10 * 2**30), rel=1e-12)


def test_the_directory_tells_the_same_as_the_run(saved):
    directory, result = saved
    again = fv.load_result(directory)
    assert again == result
    assert fv.cost_of(again).summary == fv.cost_of(result).summary


@pytest.mark.parametrize("by", ["route", "team", "namespace"])
def test_the_command_prints_what_adds_up(saved, by):
    directory, result = saved
    done = runner.invoke(app, ["cost", str(directory), "--by", by, "--format", "json"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    total = result.tables["bill"]["cost_usd"].sum()
    assert summary["total"]["mean"] == pytest.approx(total)
    assert sum(row["total"]["mean"] for row in summary["allocation"]) == pytest.approx(total)
    assert {row["name"] for row in summary["allocation"] if row["share"] == "shared"} >= {"staging", "control plane"}


@pytest.mark.parametrize(
    ("output", "start"), [("table", "Cost of small"), ("markdown", "# Cost of"), ("csv", "service,")]
)
def test_the_other_formats(saved, output, start):
    done = runner.invoke(app, ["cost", str(saved[0]), "--format", output])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(start)


def test_a_currency_without_a_rate_is_refused(saved, tmp_path):
    done = runner.invoke(app, ["cost", str(saved[0]), "--currency", "CLP"])
    assert done.exit_code == 2
    assert "there is no rate for CLP" in done.output
    assert "--rates" in done.output
    rates = tmp_path / "rates.yaml"
    rates.write_text("rates: [{currency: CLP, per_usd: 900, as_of: 2026-02-01, source: a bank}]\n")
    done = runner.invoke(app, ["cost", str(saved[0]), "--currency", "CLP", "--rates", str(rates)])
    assert done.exit_code == 0, done.output
    assert "CLP for the window" in done.stdout


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    wrong = MONEY.replace("orders: buy", "orders: by").replace("pool: general", "pool: generl")
    with pytest.raises(ScenarioError) as raised:
        fv.load_scenario(write(tmp_path, wrong.replace("[staging.yaml]", "[nothing.yaml]")))
    assert len(raised.value.problems) == 3
    assert all(problem.location is not None for problem in raised.value.problems[:2])
