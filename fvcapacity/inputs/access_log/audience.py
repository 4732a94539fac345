"""Who asks: customers, or health checks and robots, told by their user agents and by the paths of probes."""

from __future__ import annotations

import re
from typing import Literal

from fvcapacity.inputs.access_log.fields import Cache, Text

Audience = Literal["health-checks", "bots"]
AUDIENCES: tuple[Audience, ...] = ("health-checks", "bots")

_CHECKERS = re.compile(
    r"kube-probe|GoogleHC|ELB-HealthChecker|Amazon-Route53-Health|Azure Traffic Manager|Edge Health Probe|HealthCheck"
    r"|Prometheus/|Blackbox|UptimeRobot|Pingdom|StatusCake|Better Uptime|Site24x7|Consul Health|HAProxy",
    re.IGNORECASE,
)
_BOTS = re.compile(
    r"bot\b|bots\b|crawl|spider|slurp|scrap(?:er|y)|facebookexternalhit|BingPreview|Mediapartners|archiver|Lighthouse"
    r"|HeadlessChrome|PetalBot|zgrab|masscan|nikto|nuclei",
    re.IGNORECASE,
)
_CHECK_PATH = re.compile(
    rb"(?:GET|HEAD) /(?:[^ ?]*/)?_?(?:healthz?|health-?check|livez|readyz|liveness|readiness|live|ready"
    rb"|ping|nginx_status|stub_status|metrics)/?",
    re.IGNORECASE,
)


def _agent(agent: Text) -> int:
    text = agent.decode("latin-1") if isinstance(agent, bytes) else agent
    if _CHECKERS.search(text):
        return 1
    return 2 if _BOTS.search(text) else 0


audience_of_agent = Cache(_agent)
"""0 for anybody, else the position in `AUDIENCES` from 1, by user agent."""
audience_of_request = Cache(lambda request: 1 if _CHECK_PATH.fullmatch(request) else 0)
"""The same by method and path."""
