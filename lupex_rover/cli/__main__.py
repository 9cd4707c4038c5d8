"""`python -m lupex_rover.cli`."""

import sys

try:
    from lupex_rover.cli.app import main
except KeyboardInterrupt:  # while libraries are read; `main` sees to the rest
    sys.exit(130)
except ImportError as error:  # a Python without our libraries, or with broken ones
    print(f"lupex: {error}; call ./lupex, which has its own libraries", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    main()
