"""Tables 1 to 3 of the NormalCrafter paper (arXiv 2504.11427v1), quoted: mean, median, percent below 11.25, 22.5 and 30 degrees.

None of it was measured here. NYUv2, iBims-1 and Sintel are those of `dsine_eval`; ScanNet is the authors' own 20 scenes of 50
consecutive frames, whose list is not published, so a ScanNet of another choice can't be compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "NormalCrafter, arXiv 2504.11427v1"
COLUMNS = ("mean", "median", "< 11.25", "< 22.5", "< 30", "rank")
SETS = {"nyuv2": "NYUv2", "ibims": "iBims-1", "scannet": "ScanNet", "sintel": "Sintel"}

Figures = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Table:
    """`rows`: a name and, for each of `sets`, the figures in the order of `COLUMNS`."""

    title: str
    sets: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Figures, ...]], ...]


TABLE_1 = Table(
    title="Table 1: models",
    sets=("nyuv2", "ibims", "scannet", "sintel"),
    rows=(
        (
            "DSINE",
            (
                (16.4, 8.4, 59.6, 77.7, 83.5, 4.8),
                (17.1, 6.1, 67.4, 79.0, 82.3, 5.0),
                (15.5, 8.0, 62.4, 79.5, 84.9, 5.4),
                (34.9, 28.1, 21.5, 41.5, 52.7, 4.6),
            ),
        ),
        (
            "GeoWizard",
            (
                (18.6, 12.0, 46.4, 76.1, 83.0, 7.0),
                (20.5, 10.9, 51.5, 75.2, 80.1, 7.0),
                (18.9, 13.1, 41.7, 75.1, 83.0, 7.0),
                (37.6, 32.0, 11.7, 32.8, 46.8, 6.4),
            ),
        ),
        (
            "GenPercept",
            (
                (16.4, 8.0, 60.9, 78.3, 83.7, 3.2),
                (16.3, 6.3, 69.5, 81.1, 84.1, 2.4),
                (14.5, 7.2, 66.0, 81.8, 86.7, 3.4),
                (34.6, 26.2, 18.4, 43.8, 55.8, 3.6),
            ),
        ),
        (
            "StableNormal",
            (
                (17.7, 10.3, 54.2, 78.1, 84.1, 4.6),
                (17.0, 7.0, 68.0, 80.9, 84.2, 3.4),
                (15.9, 10.0, 57.0, 81.9, 87.0, 4.4),
                (38.8, 32.7, 17.9, 36.1, 46.6, 6.6),
            ),
        ),
        (
            "Lotus-D",
            (
                (16.2, 8.4, 59.8, 78.0, 83.9, 3.4),
                (17.1, 6.8, 66.4, 79.4, 83.0, 5.2),
                (14.3, 7.1, 65.6, 81.4, 86.5, 3.8),
                (32.3, 25.5, 22.4, 44.9, 57.0, 2.0),
            ),
        ),
        (
            "Marigold-E2E-FT",
            (
                (16.2, 7.6, 61.4, 77.9, 83.5, 2.8),
                (15.8, 5.5, 69.9, 80.6, 83.9, 1.8),
                (14.1, 6.3, 67.6, 81.7, 86.4, 2.6),
                (33.5, 27.0, 21.5, 43.0, 54.3, 3.6),
            ),
        ),
        (
            "NormalCrafter",
            (
                (15.4, 7.9, 61.4, 79.4, 85.1, 1.2),
                (16.1, 5.9, 68.9, 80.4, 83.7, 3.0),
                (13.3, 6.8, 67.4, 82.9, 87.9, 1.4),
                (30.7, 23.9, 23.5, 47.5, 60.1, 1.0),
            ),
        ),
    ),
)

TABLE_2 = Table(
    title="Table 2: what each part of the training does",
    sets=("scannet", "sintel"),
    rows=(
        ("without VAE fine-tuning", ((13.4, 6.8, 67.3, 82.8, 87.8, 1.8), (30.8, 23.9, 23.4, 47.4, 60.1, 1.8))),
        ("without stage 1", ((13.4, 6.8, 67.3, 82.8, 87.6, 2.0), (30.7, 24.2, 21.5, 46.9, 60.0, 2.6))),
        ("without stage 2", ((14.2, 8.1, 63.7, 82.0, 87.4, 4.8), (31.6, 25.3, 19.7, 44.6, 57.9, 5.0))),
        ("without SFR", ((13.7, 7.0, 67.1, 82.5, 87.4, 4.0), (31.1, 24.7, 21.4, 45.8, 58.9, 4.0))),
        ("full", ((13.3, 6.8, 67.4, 82.9, 87.9, 1.0), (30.7, 23.9, 23.5, 47.5, 60.1, 1.0))),
    ),
)

TABLE_3 = Table(
    title="Table 3: where the semantic features are regularised",
    sets=("scannet", "sintel"),
    rows=(
        ("none", ((13.7, 7.0, 67.1, 82.5, 87.4, 7.0), (31.1, 24.7, 21.4, 45.8, 58.9, 6.2))),
        ("Down1", ((13.5, 6.8, 67.6, 82.5, 87.4, 3.8), (31.0, 24.3, 21.4, 46.6, 59.6, 3.8))),
        ("Down2", ((13.6, 6.8, 67.2, 82.4, 87.3, 6.4), (31.2, 24.9, 21.2, 45.7, 58.7, 7.8))),
        ("Down3", ((13.5, 6.8, 67.4, 82.5, 87.5, 4.2), (31.1, 24.5, 21.2, 46.2, 59.3, 6.0))),
        ("Mid", ((13.5, 6.8, 67.5, 82.7, 87.7, 3.4), (31.0, 24.3, 21.5, 46.6, 59.7, 3.2))),
        ("Up0", ((13.4, 6.8, 67.5, 82.8, 87.8, 2.4), (30.7, 23.8, 21.5, 47.5, 60.5, 1.4))),
        ("Up1 (used)", ((13.3, 6.8, 67.4, 82.9, 87.9, 2.0), (30.7, 23.9, 23.5, 47.5, 60.1, 1.4))),
        ("Up2", ((13.4, 6.7, 67.8, 82.9, 87.8, 1.4), (31.1, 24.3, 21.7, 46.7, 59.5, 3.6))),
    ),
)

TABLES = (TABLE_1, TABLE_2, TABLE_3)


def quoted(name: str) -> tuple[tuple[str, Figures], ...]:
    """Return the rows of Table 1 for the set of that name; none where the paper doesn't have it."""
    if name not in TABLE_1.sets:
        return ()
    column = TABLE_1.sets.index(name)
    return tuple((model, figures[column]) for model, figures in TABLE_1.rows)
