"""Which files are installed where, as ament_python wants it; the rest is said in pyproject.toml."""

from glob import glob

from setuptools import find_packages, setup

NAME = "lupex_rover"
SHARE = f"share/{NAME}"

setup(
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={
        f"{NAME}.core": ["py.typed"],
        f"{NAME}.dictionary": ["registry/*.csv"],
        f"{NAME}.ephemeris": ["table.npz"],
        f"{NAME}.craters": ["*.npz"],
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (SHARE, ["package.xml"]),
        (f"{SHARE}/launch", glob("launch/*.launch.py")),
        (f"{SHARE}/config", [*glob("config/*.yaml"), "config/foxglove.json", "config/lupex.rviz"]),
        (f"{SHARE}/config/systemd", glob("config/systemd/*")),
        (f"{SHARE}/config/udev", glob("config/udev/*")),
        (f"{SHARE}/config/scenarios", glob("config/scenarios/*.yaml")),
        (f"{SHARE}/config/campaigns", glob("config/campaigns/*.yaml")),
        (f"{SHARE}/urdf", glob("urdf/*")),
    ],
    zip_safe=True,
    python_requires=">=3.10",  # in pyproject.toml it becomes an object that colcon stumbles over
    license="Apache-2.0",  # not in pyproject.toml, where old and new setuptools want other forms
)
