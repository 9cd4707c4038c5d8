"""Parameters of the vision matcher."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class MatcherParams:
    """Lengths in `px` here are cells of the sheet on which image and map are compared."""

    window_sigma: float = param(
        3.0, "half width of the search window round the prior, in its sigmas",
        unit="1", low=1, high=10,
    )  # fmt: skip
    coarse_px: int = param(
        64, "width of the sheet that the coarse search compares", unit="px", low=32, high=512,
    )  # fmt: skip
    patch_sheet_px: int = param(
        128, "width of the sheet that patches are compared on", unit="px", low=48, high=512,
    )  # fmt: skip
    fine_px: int = param(
        380, "width of the sheet in the last step of the full-view fit",
        unit="px", low=64, high=1024,
    )  # fmt: skip
    early_px: int = param(
        224, "width of the sheet in the steps of the full-view fit before the last one",
        unit="px", low=64, high=1024,
    )  # fmt: skip
    finest_cell: float = param(
        0.5, "finest cell of the sheet, over the map cell", unit="1", low=0.1, high=2,
    )  # fmt: skip
    patch_px: int = param(21, "greatest width of a patch, an odd number", unit="px", low=9, high=65)
    tries: int = param(
        12, "number of peaks of the coarse search that are looked at", low=1, high=50,
    )  # fmt: skip
    clear_log_chance: float = param(
        -3.0, "decimal logarithm of the chance agreement of a peak's first patches below which"
        " the peak is followed at once; on other ground 2 to 5 in 100 peaks come so far",
        unit="1", high=0,
    )  # fmt: skip
    clear_rounds: int = param(
        4, "number of further rounds of patches where a clear peak gave no fix", low=0, high=9,
    )  # fmt: skip
    maybe_log_chance: float = param(
        -0.3, "decimal logarithm of the chance agreement of a peak's first patches below which"
        " the peak is followed when no peak was clear", unit="1", high=0,
    )  # fmt: skip
    followed: int = param(
        3, "greatest number of peaks that are followed when no peak was clear", low=0, high=50,
    )  # fmt: skip
    # the second look, where the first gave no fix
    settled: int = param(
        8, "number of peaks from which the full view is fitted in the second look, where the"
        " first gave no fix", low=0, high=50,
    )  # fmt: skip
    settled_followed: int = param(
        2, "number of peaks fitted in the second look that are followed, the best first",
        low=0, high=50,
    )  # fmt: skip
    settled_correlation: float = param(
        0.15, "least correlation of a peak fitted in the second look that is followed",
        unit="1", low=-1, high=1,
    )  # fmt: skip
    followed_late: int = param(
        3, "number of further peaks that are followed in the second look", low=0, high=50,
    )  # fmt: skip
    min_lit: float = param(
        0.03, "least part of the picture that must be in the Sun", unit="1", low=0, high=1,
    )  # fmt: skip
    min_covered: float = param(
        0.3, "least part of the view that the map must cover", unit="1", low=0, high=1,
    )  # fmt: skip
    min_inliers: int = param(
        9, "least number of patches that must agree with the pose", low=4, high=200,
    )  # fmt: skip
    min_inlier_part: float = param(
        0.3, "least part of the patches that must agree with the pose", unit="1", low=0, high=1,
    )  # fmt: skip
    max_log_nfa: float = param(
        0.0, "a fix is accepted if the decimal logarithm of the number of agreeing patches"
        " expected by chance (NFA) is at most this; wrong ground has given 2.5 at least",
        unit="1", high=2, source="a contrario validation, Desolneux, Moisan and Morel 2008",
    )  # fmt: skip
    min_patch_score: float = param(
        0.2, "least correlation of a patch that is used", unit="1", low=-1, high=1,
    )  # fmt: skip
    inlier_px: float = param(
        1.5, "greatest distance at which a patch agrees with the pose", unit="px", low=0.2, high=10,
    )  # fmt: skip
    max_drift_px: float = param(
        0.5, "greatest common offset of the agreeing patches", unit="px", low=0.1, high=5,
    )  # fmt: skip
    min_correlation: float = param(
        0.35, "least correlation of all cells in the last step with which a fix is accepted;"
        " wrong ground has given 0.14 at most where it was wide enough to tell",
        unit="1", low=-1, high=1,
    )  # fmt: skip
    sure_correlation: float = param(
        0.5, "correlation from which the looser limits `sure_*` on the patches hold",
        unit="1", low=-1, high=1,
    )  # fmt: skip
    known_correlation: float = param(
        0.28, "least correlation with which a fix is accepted where the pose is known to"
        " `known_sigma_cell`", unit="1", low=-1, high=1,
    )  # fmt: skip
    known_sigma_cell: float = param(
        0.75, "greatest sigma of the pose, over the map cell, with which `known_correlation` is"
        " enough; 413 wrong poses were known to 0.94 at best", unit="1", low=0, high=9,
    )  # fmt: skip
    sure_inlier_part: float = param(
        0.18, "least part of the patches that must agree where the correlation reaches"
        " `sure_correlation`", unit="1", low=0, high=1,
    )  # fmt: skip
    sure_max_log_nfa: float = param(
        2.5, "decimal logarithm of the greatest number of chance agreements where the"
        " correlation reaches `sure_correlation`", unit="1", high=3,
    )  # fmt: skip
    sure_max_drift_px: float = param(
        0.8, "greatest common offset of the agreeing patches where the correlation reaches"
        " `sure_correlation`", unit="px", low=0.1, high=5,
    )  # fmt: skip
    again_sigma_cell: float = param(
        0.6, "sigma of the pose, over the map cell, above which the pose is fitted again from"
        " another start", unit="1", low=0, high=9,
    )  # fmt: skip
    again_correlation: float = param(
        0.25, "least correlation of image and map with which a pose is fitted again",
        unit="1", low=-1, high=1,
    )  # fmt: skip
    again_rounds: int = param(
        2, "greatest number of times that a pose is fitted again", low=0, high=9,
    )  # fmt: skip
    max_sigma_cell: float = param(
        1.05, "sigma of the pose, over the map cell, above which no fix is reported",
        unit="1", low=0.1, high=9,
    )  # fmt: skip
    certain_correlation: float = param(
        0.7, "correlation from which a fix with a sigma up to `certain_sigma_cell` is reported",
        unit="1", low=-1, high=1,
    )  # fmt: skip
    certain_sigma_cell: float = param(
        1.6, "greatest sigma of the pose, over the map cell, where the correlation reaches"
        " `certain_correlation`", unit="1", low=0.1, high=9,
    )  # fmt: skip
    prior_gate_sigma: float = param(
        4.5, "greatest difference of solved height and attitude from the prior, in sigmas",
        unit="1", low=2, high=20,
    )  # fmt: skip
    min_footprint_cells: float = param(
        24.0, "least number of map cells that the image must span", unit="1", low=5, high=500,
    )  # fmt: skip
    point_sigma_cell: float = param(
        0.25, "least error of a patch, over the map cell", unit="1", low=0.01, high=5,
    )  # fmt: skip
    shared_floor_cell: float = param(
        0.01, "error that all cells of a view share, one sigma, over the cell of the sheet",
        unit="1", low=0, high=5,
    )  # fmt: skip
    shared_misfit_cell: float = param(
        0.18, "growth of the shared error where the map hides ground that the picture shows:"
        " over the cell of the lit map, times one minus the correlation", unit="1", low=0, high=5,
    )  # fmt: skip
    sunward_cell: float = param(
        0.025, "bias of the pose toward the Sun, over the map cell, that is taken off: a map"
        " that averages crests makes shadows too short", unit="1", low=0, high=1,
        source="scenes of three renderers on maps of 3 and 6 times the ground's cell: 0.055,"
        " 0.035 (600 scenes) and -0.04 (two)",
    )  # fmt: skip
    sunward_sigma_cell: float = param(
        0.05, "remaining error along the Sun's azimuth, one sigma, over the map cell, after"
        " `sunward_cell` is taken off", unit="1", low=0, high=1,
    )  # fmt: skip
    covariance_scale: float = param(
        1.0, "factor on the covariance that the fit computes", unit="1", low=0.3, high=30,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "clear_log_chance", "maybe_log_chance")
        ordered(self, "settled_followed", "settled")
        ordered(self, "min_correlation", "sure_correlation", "certain_correlation")
        ordered(self, "max_sigma_cell", "certain_sigma_cell")
        ordered(self, "max_log_nfa", "sure_max_log_nfa")
        if self.patch_px % 2 == 0:
            raise UserError(f"patch_px: {self.patch_px} is even; give an odd number")
