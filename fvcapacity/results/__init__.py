"""What a run leaves: tables, estimates, the verdict, and the directory that holds them."""
