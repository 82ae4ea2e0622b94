"""Results are whole, and every table in a document says what its result says."""

import datetime
import json
import subprocess
from pathlib import Path

import pytest

from handrail.tasks.results.errors import ResultsError, ResultUnreadable, TableBroken
from handrail.tasks.results.machine import commit, hardware, versions
from handrail.tasks.results.published import NAME, Comparison, comparison, made_tables
from handrail.tasks.results.result import (
    Figure,
    Result,
    measured,
    read_result,
    read_results,
    share,
    write_result,
)
from handrail.tasks.results.tables import documents, fill, named, table

ROOT = Path(__file__).resolve().parents[1]


def a_result(name: str = "grounding", value: float = 0.75) -> Result:
    figures = (
        Figure(name="seconds a step", value=1.42, unit="s"),
        Figure(name="point in box", value=value, unit="share", count=1000, chance=0.05),
    )
    return measured(name, "Grounding", "make bench", 7, figures)


def test_every_result_in_the_repository_is_whole() -> None:
    results = read_results(ROOT / "results")
    for result in results.values():
        assert result.date <= datetime.datetime.now(datetime.UTC)


def test_the_tables_of_the_documents_agree_with_the_results() -> None:
    results = read_results(ROOT / "results")
    ready = made_tables(ROOT / "results", results)
    for path in documents(ROOT):
        text = path.read_text(encoding="utf-8")
        made = fill(text, results, path.name, ready)
        assert text == made, f"{path.name}: run .venv/bin/python -m handrail.tasks.results"


def test_every_result_is_shown_somewhere() -> None:
    shown = {name for path in documents(ROOT) for name in named(path.read_text(encoding="utf-8"))}
    assert set(read_results(ROOT / "results")) <= shown


def test_a_result_survives_the_disk(tmp_path: Path) -> None:
    result = a_result()
    path = write_result(result, tmp_path / "results")
    assert path.name == "grounding.json"
    assert read_result(path) == result
    assert json.loads(path.read_text(encoding="utf-8"))["seed"] == 7


def test_a_result_says_what_it_ran_on() -> None:
    result = a_result()
    assert result.versions == versions()
    assert result.versions["python"].startswith("3.")
    assert result.hardware.cores >= 1
    assert result.hardware.memory_gib > 0
    assert hardware().processor


def test_an_installed_package_has_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == "unknown"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not a result"),
        ('{"name": "x"}', "is not a result"),
        (a_result("other").model_dump_json(), "holds the result 'other'"),
    ],
)
def test_a_broken_file_is_named(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ResultUnreadable, match=says) as caught:
        read_results(tmp_path)
    assert "broken.json" in str(caught.value)


def test_a_share_has_its_wilson_interval() -> None:
    figure = share("point in box", 8, 10, chance=0.05)
    assert figure.value == 0.8
    assert (figure.low, figure.high) == (0.4902, 0.9433)
    assert share("none", 0, 10).low == 0.0
    assert share("all", 10, 10).high == 1.0


@pytest.mark.parametrize(("hits", "count"), [(1, 0), (3, 2), (-1, 2)])
def test_what_is_not_a_share_is_refused(hits: int, count: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        share("x", hits, count)


def test_a_share_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Figure(name="x", value=75.0, unit="share")


def test_a_table_shows_its_figures_and_where_they_come_from() -> None:
    shown = table(a_result())
    assert "| seconds a step | 1.42 s |  |  |" in shown
    assert "| point in box | 75.0 % | 5.0 % | 1,000 |" in shown
    assert "`make bench`, seed 7" in shown
    assert "`results/grounding.json`" in shown


def test_a_table_is_made_between_its_markers_and_only_there() -> None:
    text = "before\n<!-- result: grounding -->\nold\n<!-- /result -->\nafter\n"
    results = {"grounding": a_result()}
    made = fill(text, results, "README.md")
    assert made.startswith("before\n<!-- result: grounding -->\n\n**Grounding**")
    assert made.endswith("<!-- /result -->\nafter\n")
    assert "old" not in made
    assert fill(made, results, "README.md") == made
    assert fill(made, {"grounding": a_result(value=0.8)}, "README.md") != made


@pytest.mark.parametrize(
    "text",
    [
        "<!-- result: grounding -->\n",
        "<!-- /result -->\n",
        "<!-- result: grounding -->\n<!-- result: grounding -->\n<!-- /result -->\n",
        "<!-- result: nowhere -->\n<!-- /result -->\n",
    ],
)
def test_broken_markers_are_named_with_their_line(text: str) -> None:
    with pytest.raises(TableBroken, match="README"):
        fill(text, {"grounding": a_result()}, "README.md")
    assert issubclass(TableBroken, ResultsError)


def test_results_alone_are_no_changes(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *names, *arguments], check=True)

    (tmp_path / "results").mkdir()
    for name in ("pyproject.toml", "results/step.json"):
        (tmp_path / name).write_text("{}")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "first")
    clean = commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "results/step.json").write_text("[]")
    assert commit(tmp_path) == clean
    (tmp_path / "pyproject.toml").write_text("[]")
    assert commit(tmp_path) == f"{clean}+changes"


def a_comparison(checked: bool) -> Comparison:
    row = {
        "promise": "P6",
        "says": "It | survives",
        "best": "60",
        "source": "OSDI",
        "checked": checked,
    }
    bare = {"promise": "P60", "says": "More", "best": "no published count"}
    return Comparison.model_validate({"row": [row, bare], "limits": ["root"]})


def test_our_counts_stand_beside_the_published_ones() -> None:
    figures = (
        Figure(name="P6+P9 kills at points. Killed", value=0, count=1_200),
        Figure(name="P6 cuts. Cut. P60", value=2, count=50),
        Figure(name="P16 stops. Stop", value=9, count=9),
    )
    shown = comparison(a_comparison(True), figures).splitlines()
    assert shown[2] == "| P6 It \\| survives | 2 of 1,250 failed | 60 | OSDI |"
    assert shown[3] == "| P60 More | not counted yet | no published count | - |"
    assert shown[-1] == "- root"
    assert "OSDI (not checked) |" in comparison(a_comparison(False), figures)


def test_a_comparison_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert made_tables(tmp_path, {}) == {}
    (tmp_path / f"{NAME}.toml").write_text("[[row]]\npromise = 6\n", encoding="utf-8")
    with pytest.raises(ResultUnreadable, match=r"published\.toml is no comparison"):
        made_tables(tmp_path, {})
