"""Imports once what the code of this checkout imports, so that Python keeps it compiled.

uv installs no bytecode, unlike pip, and where PYTHONDONTWRITEBYTECODE is set, as it often is in
containers, none would ever be written: each start would compile NumPy, SciPy and numba anew.
`./lupex` calls this after it has installed libraries; compiling all of them would take far longer.

    python tools/first_imports.py FOLDER...
"""

import ast
import importlib
import pathlib
import sys

ALSO = ("pytest", "_pytest.terminal", "pytest_cov.plugin", "pytest_timeout", "xdist.plugin")
OURS = ("lupex_rover", "benchmarks", "lupex_rover_interfaces")


def imported(folders):
    """Names of modules that the files in `folders` import, but for ours and Python's own."""
    found = set(ALSO)
    for path in (p for folder in folders for p in sorted(pathlib.Path(folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    skipped = sys.stdlib_module_names | set(OURS)
    return sorted(name for name in found if name.split(".")[0] not in skipped)


def main(folders):
    for name in imported(folders):
        try:
            importlib.import_module(name)
        except BaseException as error:  # a library may do anything, and none is needed here
            print(f"{name}: {type(error).__name__}: {error}"[:200])


if __name__ == "__main__":
    main(sys.argv[1:])
