"""What is looked at before and after a quarter, and before a change: money against budget and objectives."""
