"""What is handed over: overlays, reports and metrics, from what others worked out."""
