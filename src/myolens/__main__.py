"""``python -m myolens`` is the command line."""

from myolens.cli import main

if __name__ == "__main__":
    main()
