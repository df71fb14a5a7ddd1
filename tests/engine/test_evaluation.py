"""`evaluate` as it is used: models of every make in one run, a page that needs nothing else, the numbers beside it."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64decode
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from engine.lab.evaluation import evaluate as evaluation
from engine.lab.evaluation import paper, report
from engine.lab.evaluation.find_sets import find_sets
from engine.lab.evaluation.results import CONSTANT
from engine.lab.evaluation.specs import parse
from engine.lab.training.data.clips import write_clip
from engine.protocol import ERRORS, ErrorCode
from tests.support import evaluation_sets as made
from tests.support.evaluation_runs import run, tiny_marigold
from tests.support.places import ENGINE, GOLDEN, ROOT


class _Sources(HTMLParser):
    """All that a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]


def pictures(page: str) -> list[np.ndarray]:
    """The pictures within a page, decoded. Nothing else may be referred to."""
    parser = _Sources()
    parser.feed(page)
    found = []
    for source in parser.found:
        match = re.fullmatch(r"data:image/(?:png|jpeg);base64,(.+)", source)
        assert match, source[:80]
        found.append(cv2.imdecode(np.frombuffer(b64decode(match[1]), dtype=np.uint8), cv2.IMREAD_COLOR))
    assert "url(" not in page and "@import" not in page and "<script" not in page
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[evaluation.Outcome, str, dict]:
    """All kinds of models on a set of films: the outcome, the page and the JSON."""
    root = tmp_path_factory.mktemp("all")
    specs = parse(
        [
            f"perfect={made.tool(root / 'good')}",
            f"mirrored={made.tool(root / 'mirrored', axes=(-1, 1, 1))}",
            "preview",
            f"crafter={GOLDEN}",
            f"marigold={tiny_marigold(root / 'tiny')}",
        ],
    )
    outcome = run(find_sets(made.clips(root / "films")), specs)
    page, numbers = report.write(outcome, out=root)
    return outcome, page.read_text(encoding="utf-8"), json.loads(numbers.read_text(encoding="utf-8"))


def test_every_kind_of_model_in_one_run(everything):
    outcome, _, numbers = everything
    (result,) = outcome.evaluation.sets
    scores = {score.model: score for score in result.scores}
    assert list(scores) == [CONSTANT, "perfect", "mirrored", "preview", "crafter", "marigold"]
    assert result.frames == 6 and result.pixels == 6 * (made.HEIGHT - 4) * made.WIDTH
    assert all(score.angular.pixels == result.pixels and score.angular.holes == 0 for score in scores.values())
    assert scores["perfect"].angular.mean < 0.03, "clips keep half precision"
    assert all(0 < scores[name].angular.mean < 180 for name in ("preview", "crafter", "marigold"))
    assert [model["kind"] for model in numbers["models"]][2:] == [
        "Preview (embedded)",
        "NormalCrafter",
        "Marigold of several steps",
    ]
    assert [model["revision"] != "" for model in numbers["models"]][2:] == [True, True, True]
    assert numbers["sets"][0]["scores"][1]["angular"]["mean"] == scores["perfect"].angular.mean


def test_a_mirrored_x_costs_what_it_must_and_is_pointed_out(everything):
    outcome, page, _ = everything
    (result,) = outcome.evaluation.sets
    mirrored = next(score for score in result.scores if score.model == "mirrored")
    wall = 2 * np.degrees(np.arcsin(0.6))
    assert mirrored.angular.median == pytest.approx(wall, abs=0.1), "most of the pixels are wall"
    assert mirrored.x_flipped < 0.1 < mirrored.first_frames
    warned = [text for text in outcome.evaluation.warnings if text.startswith("mirrored") and "x turned" in text]
    assert len(warned) == 1 and "--axes mirrored=-++" in page


def test_change_is_compared_with_that_of_the_truth(everything):
    (result,) = everything[0].evaluation.sets
    truth, perfect = result.truth.stability, result.scores[1].stability
    assert truth.pairs == 4 and 50 < truth.compared <= 100
    assert perfect.change == pytest.approx(truth.change, abs=0.02) and perfect.opw == pytest.approx(truth.opw, abs=0.001)
    assert truth.change_turned == pytest.approx(truth.change), "the camera stood still"
    constant = result.scores[0]
    assert constant.stability.change < 0.001 and constant.angular.mean > 5
    assert [len(shot.pair_changes) for shot in result.truth.shots] == [2, 2]


def test_a_camera_that_rolls_is_turned_back_where_its_poses_are_known(tmp_path):
    """The picture turns about its middle with the camera; all normals are turned in the camera's axes, none in the world."""
    frame, normals = made.scene(8)
    degrees, middle = 3.0, ((made.WIDTH - 1) / 2, (made.HEIGHT - 1) / 2)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    frames, fields, poses = [frame], [normals], [np.eye(4), np.eye(4)]
    matrix = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    size = (made.WIDTH, made.HEIGHT)
    frames.append(cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    fields.append(cv2.warpAffine(normals, matrix, size, flags=cv2.INTER_NEAREST) @ turn.T)
    poses[1][:3, :3] = turn.T
    write_clip(tmp_path / "films" / "roll", frames=np.stack(frames), normals=np.stack(fields), poses=np.stack(poses))
    (result,) = run(find_sets(tmp_path / "films"), []).evaluation.sets
    stability = result.truth.stability
    assert stability.change > 1.5 and stability.change_turned < 0.5 * stability.change
    assert result.truth.shots[0].pair_changes == pytest.approx((stability.change_turned,))


def test_the_page_needs_nothing_else_and_shows_what_it_should(everything):
    outcome, page, numbers = everything
    shown = pictures(page)
    models, films, plots = 5, 2, 3
    depths = 1 + films * (2 + 1)  # the preview's
    sheets, slices, worst = films * (2 + 2 * models), films * (3 + models), models * films * 4
    assert len(shown) == plots + sheets + slices + depths + worst and all(picture is not None for picture in shown)
    assert page.count("(quoted)") == 0, "the paper has no figures for a set of ours"
    for table in paper.TABLES:
        assert table.title in page
    assert "nothing here was measured by this tool" in page and numbers["quoted"]["source"] == paper.SOURCE
    curve = np.array(numbers["sets"][0]["scores"][2]["shares"])
    assert (np.diff(curve) >= 0).all() and len(curve) == len(numbers["sets"][0]["curve_degrees"])
    worst_frames = outcome.findings[0].galleries["preview"].worst_frames
    assert [kept.mean for kept in worst_frames] == sorted(
        (max(shot.frame_means) for shot in outcome.evaluation.sets[0].scores[3].shots), reverse=True
    )


def test_published_figures_stand_beside_a_published_set(tmp_path, preview):
    folder = made.dsine(tmp_path / "dsine_eval", "sintel", scenes={"alley_1": 2})
    outcome = run(find_sets(folder), parse(["preview"]))
    page = report.write(outcome, out=tmp_path)[0].read_text(encoding="utf-8")
    assert page.count("(quoted)") == len(paper.TABLE_1.rows) and "30.7" in page
    row = re.search(r'<tr class="quoted"><td>NormalCrafter \(quoted\)</td>(.*?)</tr>', page, re.S)[1]
    cells = [cell for cell in re.findall(r"<td>(.*?)</td>", row) if cell]
    assert cells == ["30.7", "23.9", "23.5", "47.5", "60.1"]
    assert "2 of the 1064 frames of the published set" in page
    assert outcome.evaluation.sets[0].truth.stability.change_turned is None, "no poses, no turning back"


def test_pictures_that_are_no_films_have_no_change(tmp_path):
    folder = made.dsine(tmp_path, "nyuv2", scenes={"test": 2})
    for index in range(2):
        normals = made.scene(2.0 * index)[1] + np.float32([0, 0, 1e-3])
        made.write_exr(tmp_path / "tool" / "test" / f"{index * 30:06d}.exr", normals, names=("R", "G", "B"))
    outcome = run(find_sets(folder), parse([str(tmp_path / "tool")]))
    (result,) = outcome.evaluation.sets
    assert result.truth.stability is None and result.scores[1].stability is None
    assert result.scores[1].angular.mean < 0.5, "eight bits of truth"
    assert "y-t slices" not in report.write(outcome, out=tmp_path)[0].read_text(encoding="utf-8")


def engine(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f'ulimit -f {limit}; exec "$@"', "bash"] if limit else []
    return subprocess.run(
        [*command, *ENGINE, "evaluate", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_command_writes_the_report_and_says_the_figures(tmp_path):
    films, tool = made.clips(tmp_path / "films"), made.tool(tmp_path / "tool")
    done = engine("--data", films, "--model", f"Other tool={tool}", "--out", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii() and "Other tool" in done.stdout and "best constant" in done.stdout
    assert "window 3/3" in done.stderr
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--data", "{films}", "--model", "{tool}", "--out", "/proc/x"), ErrorCode.OUTPUT_NOT_WRITABLE),
        (("--data", "{nowhere}", "--model", "{tool}", "--out", "{out}"), ErrorCode.SOURCE_MISSING),
    ],
)
def test_its_errors_have_a_sentence_a_remedy_and_a_code(tmp_path, arguments, code):
    places = {"films": made.clips(tmp_path / "films", frames=1), "tool": made.tool(tmp_path / "tool", frames=1)}
    done = engine(*(text.format(**places, nowhere=tmp_path / "nowhere", out=tmp_path / "out") for text in arguments))
    assert done.returncode == ERRORS[code].exit_code and ERRORS[code].remedy in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_fills_up_leaves_no_half_report(tmp_path):
    films, tool = made.clips(tmp_path / "films", frames=1), made.tool(tmp_path / "tool", frames=1)
    done = engine("--data", films, "--model", tool, "--out", tmp_path / "out", limit=60)
    assert done.returncode == ERRORS[ErrorCode.DISK_FULL].exit_code, done.stderr
    assert "report.html" in done.stderr and not (tmp_path / "out" / "report.html").exists()
    assert not [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]
