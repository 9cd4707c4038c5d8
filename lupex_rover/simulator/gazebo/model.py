"""The rover as a Gazebo model: `urdf/lupex_rover.gazebo.xacro` made plain, and model.config."""

from __future__ import annotations

from pathlib import Path
from xml.parsers.expat import ExpatError

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.simulator.gazebo.params import GazeboParams

NAME = "lupex_rover"
CONFIG = f"""<?xml version="1.0"?>
<model>
  <name>{NAME}</name>
  <version>1.0</version>
  <sdf version="1.9">{NAME}.urdf</sdf>
  <author><name>lupex_rover</name></author>
  <description>Lunar polar rover with four steerable crawlers.</description>
</model>
"""


def urdf_text(params: GazeboParams, cameras: bool) -> str:
    """The rover's URDF with Gazebo's extensions; Gazebo turns it into SDF as it reads it.

    Raises
    ------
    UserError
        The description is missing or not valid xacro.
    """
    import xacro

    path = shipped(f"urdf/{NAME}.gazebo.xacro")
    values = {
        "friction": str(params.friction),
        "step_s": str(params.step_s),
        "cameras": str(cameras).lower(),
    }
    try:
        return str(xacro.process_file(str(path), mappings=values).toprettyxml(indent="  "))
    except (xacro.XacroException, ExpatError) as error:
        raise UserError(f"{path}: not valid xacro ({error})") from None


def write_model(folder: Path, params: GazeboParams, cameras: bool) -> Path:
    """Write `folder/lupex_rover`; returns it."""
    model = folder / NAME
    model.mkdir(parents=True, exist_ok=True)
    (model / f"{NAME}.urdf").write_text(urdf_text(params, cameras), encoding="utf-8")
    (model / "model.config").write_text(CONFIG, encoding="utf-8")
    return model
