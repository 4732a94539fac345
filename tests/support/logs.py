"""Access logs for tests: lines from (time, request, status, seconds)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

START = datetime(2026, 2, 14, 21, 0, 0, tzinfo=UTC)
SANTIAGO_SUMMER = timezone(timedelta(hours=-3))
AGENT = "Mozilla/5.0 (Linux; Android 13)"
Entry = tuple[float, str, int, float]
"""Seconds after `START`, request, status, response time."""


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).astimezone(SANTIAGO_SUMMER).strftime("%d/%b/%Y:%H:%M:%S %z")


def common(entries: Iterable[Entry]) -> list[str]:
    return [f'10.0.0.1 - - [{stamp(t)}] "{request} HTTP/1.1" {status} 512' for t, request, status, _ in entries]


def combined(entries: Iterable[Entry], agent: str = AGENT) -> list[str]:
    return [f'{line} "https://shop.example/" "{agent}"' for line in common(entries)]


def combined_timed(entries: Iterable[Entry]) -> list[str]:
    rows = list(entries)
    return [f"{line} {row[3]:.3f}" for line, row in zip(combined(rows), rows, strict=True)]


def ingress(entries: Iterable[Entry]) -> list[str]:
    rows = list(entries)
    return [
        f"{line} 420 {row[3]:.3f} [shop-api-gateway-3000] [] 10.1.2.3:3000, 10.1.2.4:3000 0, 512 0.001, {row[3]:.3f} "
        f"502, {row[2]} 3f2a91c0"
        for line, row in zip(combined(rows), rows, strict=True)
    ]


def ingress_json(entries: Iterable[Entry]) -> list[str]:
    return [
        json.dumps(
            {
                "time": (START + timedelta(seconds=t)).isoformat(),
                "request_time": seconds,
                "status": str(status),
                "path": request.split(" ")[1].partition("?")[0],
                "request_query": "token=abc",
                "method": request.split(" ")[0],
                "http_user_agent": AGENT,
            }
        )
        for t, request, status, seconds in entries
    ]


def pino(entries: Iterable[Entry]) -> list[str]:
    lines = []
    for t, request, status, seconds in entries:
        method, url = request.split(" ")
        body = {
            "level": 30,
            "time": int((START + timedelta(seconds=t)).timestamp() * 1000),
            "req": {
                "id": 1,
                "method": method,
                "url": url,
                "headers": {"user-agent": AGENT, "authorization": "Bearer x"},
            },
            "res": {"statusCode": status},
            "responseTime": seconds * 1000,
            "msg": "request completed",
        }
        lines += [json.dumps({"level": 30, "time": body["time"], "msg": "connected to the database"}), json.dumps(body)]
    return lines
