"""Speed and accuracy beside peers and the limit; tables, no assertions about time."""
