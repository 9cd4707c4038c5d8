"""Parameters of the vision matcher."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class MatcherParams:
    """Lengths in `px` here are cells of the sheet on which image and map are compared."""

    window_sigma: float = param(3.0, "search this far from the prior", unit="1", low=1, high=10)
    coarse_px: int = param(64, "sheet width of the coarse search", unit="px", low=32, high=512)
    patch_sheet_px: int = param(128, "sheet width of the patches", unit="px", low=48, high=512)
    fine_px: int = param(380, "sheet width of the last step", unit="px", low=64, high=1024)
    early_px: int = param(224, "sheet width of the steps before it", unit="px", low=64, high=1024)
    finest_cell: float = param(0.5, "finest sheet cell over map cell", unit="1", low=0.1, high=2)
    patch_px: int = param(21, "patch width, at most, odd", unit="px", low=9, high=65)
    tries: int = param(12, "peaks of the coarse search that are looked at", low=1, high=50)
    clear_log_chance: float = param(
        -3.0, "log10 of the chance of what the first patches say: followed at once; of other ground"
        " 2 to 5 in 100 come so far", high=0,
    )  # fmt: skip
    clear_rounds: int = param(4, "of patches more, where what was clear is no fix", low=0, high=9)
    maybe_log_chance: float = param(-0.3, "followed when nothing clear was found", high=0)
    followed: int = param(3, "of these, at most", low=0, high=50)
    # the second look, where the first gave no fix
    settled: int = param(8, "peaks from which the whole view is settled", low=0, high=50)
    settled_followed: int = param(2, "of these, the best that are followed", low=0, high=50)
    settled_correlation: float = param(
        0.15, "with at least this correlation", unit="1", low=-1, high=1
    )
    followed_late: int = param(3, "more peaks whose patches may agree", low=0, high=50)
    min_lit: float = param(0.03, "least part of the picture in the Sun", unit="1", low=0, high=1)
    min_covered: float = param(0.3, "least part of the view on the map", unit="1", low=0, high=1)
    min_inliers: int = param(9, "patches that agree with the pose", low=4, high=200)
    min_inlier_part: float = param(0.3, "part of the patches that agree", unit="1", low=0, high=1)
    max_log_nfa: float = param(
        0.0, "log10 of the expected number of such agreements by chance, bounded from above;"
        " other ground has given 2.5 at least", high=2,
        source="a contrario validation, Desolneux, Moisan and Morel 2008",
    )  # fmt: skip
    min_patch_score: float = param(0.2, "a patch below this is not used", unit="1", low=-1, high=1)
    inlier_px: float = param(1.5, "a patch agrees within this", unit="px", low=0.2, high=10)
    max_drift_px: float = param(
        0.5, "the agreeing patches may be off together by this", unit="px", low=0.1, high=5
    )
    min_correlation: float = param(
        0.35, "of all cells in the last step; other ground has given 0.14 at most where it was"
        " wide enough to tell", unit="1", low=-1, high=1,
    )  # fmt: skip
    sure_correlation: float = param(
        0.5, "from here on fewer patches will do:", unit="1", low=-1, high=1
    )
    known_correlation: float = param(
        0.28, "enough where the pose is known to the next figure", unit="1", low=-1, high=1
    )
    known_sigma_cell: float = param(
        0.75, "map cells; 413 wrong poses were known to 0.94 at best", unit="1", low=0, high=9
    )
    sure_inlier_part: float = param(0.18, "part of the patches", unit="1", low=0, high=1)
    sure_max_log_nfa: float = param(2.5, "log10 of the number by chance", high=3)
    sure_max_drift_px: float = param(0.8, "off together by this", unit="px", low=0.1, high=5)
    again_sigma_cell: float = param(
        0.6, "a pose known less well is fitted again from elsewhere", unit="1", low=0, high=9
    )
    again_correlation: float = param(
        0.25, "where image and map correlate by so much", unit="1", low=-1, high=1
    )
    again_rounds: int = param(2, "so often at most", low=0, high=9)
    max_sigma_cell: float = param(
        1.05, "a pose known less well than so many map cells is silent", unit="1", low=0.1, high=9
    )
    certain_correlation: float = param(
        0.7, "but of so well correlated ones", unit="1", low=-1, high=1
    )
    certain_sigma_cell: float = param(
        1.6, "one known to so many is told", unit="1", low=0.1, high=9
    )
    prior_gate_sigma: float = param(
        4.5, "solved height and attitude against prior", unit="1", low=2, high=20
    )
    min_footprint_cells: float = param(
        24.0, "the image must span this many map cells", unit="1", low=5, high=500
    )
    point_sigma_cell: float = param(
        0.25, "least error of a patch, over map cell", unit="1", low=0.01, high=5
    )
    shared_floor_cell: float = param(
        0.01, "error all over the view, over the cell of the sheet", unit="1", low=0, high=5
    )
    shared_misfit_cell: float = param(
        0.18, "more of it where the map hides ground that the picture shows, over the cell of the"
        " lit map, times one minus the correlation", unit="1", low=0, high=5,
    )  # fmt: skip
    sunward_cell: float = param(
        0.025, "a map that averages crests makes shadows too short, and the pose is drawn toward"
        " the Sun by so many map cells; taken off", unit="1", low=0, high=1,
        source="scenes of three renderers on maps of 3 and 6 times the ground's cell: 0.055, 0.035"
        " (600 scenes) and -0.04 (two)",
    )  # fmt: skip
    sunward_sigma_cell: float = param(
        0.05, "what of that remains, 1 sigma: how far these differ", unit="1", low=0, high=1
    )
    covariance_scale: float = param(1.0, "of what the fit itself says", unit="1", low=0.3, high=30)

    def check(self) -> None:
        ordered(self, "clear_log_chance", "maybe_log_chance")
        ordered(self, "settled_followed", "settled")
        ordered(self, "min_correlation", "sure_correlation", "certain_correlation")
        ordered(self, "max_sigma_cell", "certain_sigma_cell")
        ordered(self, "max_log_nfa", "sure_max_log_nfa")
        if self.patch_px % 2 == 0:
            raise UserError(f"patch_px: {self.patch_px} is even; give an odd number")
