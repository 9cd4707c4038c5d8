"""`python -m lupex_rover.cli`."""

import sys

try:
    from lupex_rover.cli.app import main
except KeyboardInterrupt:  # while libraries are read; `main` sees to the rest
    sys.exit(130)

if __name__ == "__main__":
    main()
