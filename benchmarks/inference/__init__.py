"""Time exact inference beside general engines, on networks of the size of ours."""
