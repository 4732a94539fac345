"""Studies: questions that take many runs. Each picks scenarios, replays them through ``run``, and draws conclusions."""
