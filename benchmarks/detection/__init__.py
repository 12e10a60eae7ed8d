"""How well discharges at rest are found, counted and sorted, beside other software on the same files."""
