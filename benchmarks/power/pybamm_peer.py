"""PyBaMM in an environment of its own: its dependencies are many and none of them is ours.

The environment lies in the user's cache and is made at the first call (some minutes, 1 GB);
LUPEX_PYBAMM names the Python of another that has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from lupex_rover.core.cache_folder import cache_folder
from lupex_rover.core.errors import UserError

WANTED = "pybamm==26.10.1.1"
Profile = tuple[np.ndarray, np.ndarray, float]  # s, A (discharge positive), charge at the start

# Run by the other Python: FILE.npz with t_NAME, amp_NAME, soc_NAME and degc -> OUT.npz.
SCRIPT = """
import sys
import numpy as np
import pybamm

given, told = np.load(sys.argv[1]), {}
degc = float(given["degc"])
for key in [k[2:] for k in given.files if k.startswith("t_")]:
    t = given["t_" + key]
    values = pybamm.ParameterValues("Chen2020")
    current = pybamm.Interpolant(t, given["amp_" + key], pybamm.t, interpolator="linear")
    values.update({"Current function [A]": current,
                   "Ambient temperature [K]": 273.15 + degc,
                   "Initial temperature [K]": 273.15 + degc})
    run = pybamm.Simulation(pybamm.lithium_ion.DFN(), parameter_values=values,
                            solver=pybamm.IDAKLUSolver())
    solved = run.solve(t_eval=t, initial_soc=float(given["soc_" + key]))
    told[key] = np.asarray(solved["Terminal voltage [V]"](t))
    print(key, file=sys.stderr, flush=True)
np.savez(sys.argv[2], version=pybamm.__version__, **told)
"""


def volts(profiles: dict[str, Profile], degc: float) -> tuple[str, dict[str, np.ndarray]]:
    """Name of the peer, and the terminal voltage of its cell over each profile, V.

    Doyle-Fuller-Newman model, parameter set Chen2020, isothermal.

    Raises
    ------
    UserError
        PyBaMM cannot be had or failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, told = Path(folder) / "given.npz", Path(folder) / "told.npz"
        arrays = {"degc": np.array(degc)}
        for name, (t, amp, soc) in profiles.items():
            arrays |= {f"t_{name}": t, f"amp_{name}": amp, f"soc_{name}": np.array(soc)}
        np.savez(given, **arrays)  # type: ignore[arg-type]
        _call([_python(), "-c", SCRIPT, str(given), str(told)], "PyBaMM failed")
        with np.load(told) as answer:
            peer = f"PyBaMM {answer['version']}, DFN, Chen2020"
            return peer, {name: answer[name] for name in profiles}


def _python() -> str:
    """The Python that has PyBaMM; the environment is made where there is none."""
    named = os.environ.get("LUPEX_PYBAMM")
    if named is not None:
        if not Path(named).is_file():
            raise UserError(f"LUPEX_PYBAMM: {named} is no Python")
        return named
    home = cache_folder("bench", "pybamm")
    python = home / "bin" / "python"
    if not (home / "ready").is_file():
        print(f"making an environment with {WANTED} in {home}", file=sys.stderr, flush=True)
        _call([sys.executable, "-m", "venv", str(home)], "no environment for PyBaMM")
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", WANTED]
        _call([str(python), *pip], "PyBaMM cannot be installed")
        (home / "ready").touch()
    return str(python)


def _call(command: list[str], failed: str) -> None:
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    done = subprocess.run(command, env=clean, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True)  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"{failed}: {last}")
