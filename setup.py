"""ament_python package; libraries from PyPI are listed in requirements.txt."""

from glob import glob

from setuptools import find_packages, setup

NAME = "lupex_rover"
SHARE = f"share/{NAME}"

setup(
    name=NAME,
    version="0.1.0",
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
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="lupex_rover maintainers",
    maintainer_email="maintainers@lupex-rover.example.org",
    description="Flight software for a lunar polar rover, and the simulator it is tested in.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "lupex = lupex_rover.cli.app:main",
            "lupex_node = lupex_rover.programs.flight:main",
            "lupex_cameras = lupex_rover.programs.cameras:main",
            "lupex_simulator = lupex_rover.programs.simulator:main",
        ]
    },
)
