"""``python -m fvcapacity`` is ``fvcap``."""

from fvcapacity.cli.main import main

if __name__ == "__main__":
    main()
