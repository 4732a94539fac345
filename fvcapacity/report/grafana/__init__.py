"""A Grafana dashboard that holds the simulated cluster against the real one.

``panels`` is the list of what is shown, with its PromQL; ``dashboard`` puts it into Grafana's JSON.
"""
