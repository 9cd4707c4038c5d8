"""What a matcher is to the landing component, and how one from outside is named.

    nodes:
      landing: {image_matcher: "gradient_matcher.matcher:MATCHER"}

The value is `module:attribute`, or the name of an entry point of the group `lupex_rover.matchers`;
it is a `MatcherPlugin`. Without it the component takes `matching.matcher.Matcher`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.plugins import find
from lupex_rover.landing.camera_pose import Camera, Prior
from lupex_rover.landing.matching.matcher import Match
from lupex_rover.terrain.dem import Dem

GROUP = "lupex_rover.matchers"


class ImageMatcher(Protocol):
    """Says where the camera was, from one picture; silent rather than wrong."""

    def match(
        self,
        image: np.ndarray,
        camera: Camera,
        prior: Prior,
        sun_azimuth_rad: float,
        sun_elevation_rad: float,
    ) -> Match:
        """One try.

        Parameters
        ----------
        image : ndarray, shape (H, W)
            uint8, grey.
        camera : Camera
            Pinhole of the picture.
        prior : Prior
            `map_T_camera` and its sigmas.
        sun_azimuth_rad : float
            From grid north, clockwise.
        sun_elevation_rad : float
            Above the horizontal of `map`.

        Returns
        -------
        Match
            Accepted with code LND-000, else with the code of `landing.codes` that says why not. The
            filter takes position and covariance, and `inliers` as the number of independent parts
            of the picture that agree.
        """


@dataclass(frozen=True)
class MatcherPlugin:
    """A matcher from outside.

    Parameters
    ----------
    make : Callable[[Dem, Any], ImageMatcher]
        From the onboard map and an instance of `params`; does at once what the first match would
        wait for.
    params : type
        Frozen dataclass of `core.params.param` fields, filled from `image_matcher_params`.
    """

    make: Callable[[Dem, Any], ImageMatcher]
    params: type


def make_matcher(
    reference: str, dem: Dem, values: Mapping[str, Any], where: str
) -> ImageMatcher | None:
    """The matcher that `reference` names, or None where it is empty.

    Raises
    ------
    UserError
        It names the key, what the matcher was to be loaded from, and what is wrong.
    """
    if not reference:
        if values:
            raise UserError(f"{where}.image_matcher_params: there is no image_matcher to take them")
        return None
    at = f"{where}.image_matcher"
    plugin = find(reference, GROUP, MatcherPlugin, at)
    settings: Any = params.load(plugin.params, values, f"{at}_params")
    try:
        made = plugin.make(dem, settings)
    except UserError:
        raise
    except Exception as error:  # whatever foreign code does
        text = f"{type(error).__name__}: {error}"
        raise UserError(f"{at}: {reference!r} cannot be made ({text})") from error
    if not callable(getattr(made, "match", None)):
        raise UserError(f"{at}: {reference!r} makes a {type(made).__name__} without `match`")
    return made
