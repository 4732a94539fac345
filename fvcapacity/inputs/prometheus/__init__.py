"""Read a running system's past from Prometheus and what speaks its API (Thanos, Mimir, VictoriaMetrics)."""
