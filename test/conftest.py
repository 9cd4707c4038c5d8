"""How tests share two cores: a file's tests stay together; those that start programs or keep time
take turns, so that no two of them disturb each other."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
IN_TURN = ("integration", "system", "unit/cli", "unit/hosts")


def pytest_collection_modifyitems(items):
    for item in items:
        file = item.path.relative_to(HERE).as_posix()
        group = "in turn" if file.startswith(IN_TURN) else file
        item.add_marker(pytest.mark.xdist_group(group))
