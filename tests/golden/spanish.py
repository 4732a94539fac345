"""Whether a text is Spanish whole: headings, remarks and figures."""

import re

ENGLISH = re.compile(
    r"\b(routes?|requests|errors|cause|service|replicas?|limit|throttled|visit|restarts|memory|scaling|money|backups|"
    r"bottleneck|nodes?|maximum|pending|window|compute|storage|network|served|items|means|replications?|confidence|"
    r"cores|queued|objectives?|left|seed|plane|rules|interrupted|figures?|tables|verdict|differences?|narrowed|pairs|"
    r"stopped|asked|worst|the|of|and|with|are|is|its|from|to|at|in|was|were|"
    r"mon|tue|wed|thu|fri|sat|sun|jan|apr|aug|dec)\b",
    re.IGNORECASE,
)
NAMES = re.compile(r"\b(frontend|[a-z]+-[a-z]+(-[a-z]+)*|queue_full|timeout)\b|control plane")
"""Names of services, routes and causes: not words of ours."""
FIGURE = re.compile(r"\d,\d{3}\b|\d\.\d{1,2}(?!\d)")
"""1,234 or 1.5: in Spanish 1.234 and 1,5."""
VERSION = re.compile(r"Kubernetes \d\.\d+")


def assert_spanish(text: str) -> None:
    """Find no word and no figure that is written in English."""
    text = VERSION.sub("", NAMES.sub("", text))
    assert not (word := ENGLISH.search(text)), text[word.start() - 30 : word.end() + 30]
    assert not (figure := FIGURE.search(text)), figure.group()
