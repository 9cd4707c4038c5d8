"""`python -m lupex_rover.cli`."""

from lupex_rover.cli.app import main

if __name__ == "__main__":
    main()
