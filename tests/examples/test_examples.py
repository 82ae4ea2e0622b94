"""Every example runs as it stands."""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageDraw

from handrail.tasks.runs import list_runs, runs_root

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str, state: Path, *arguments: str) -> list[str]:
    """Run an example and return what it printed, by words."""
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        env={**os.environ, "XDG_STATE_HOME": str(state)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_own_proposer_works_the_screen(tmp_path: Path) -> None:
    assert example("own_proposer.py", tmp_path) == ["success", "Ada"]


def test_a_secret_is_typed_and_left_nowhere(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('site = "Tr0ub4dor&3"')
    secrets.chmod(0o600)
    assert example("secret.py", tmp_path, str(secrets)) == ["success", "11", "False"]


def test_quickstart_leaves_a_run_with_a_report(tmp_path: Path) -> None:
    page = "data:text/html,<title>hello</title><button>Save</button>"
    kind, report = example("quickstart.py", tmp_path, "click Save", page)
    (run,) = list_runs(runs_root({"XDG_STATE_HOME": str(tmp_path)}, Path.home()))
    assert kind in {"success", "failed", "denied", "budget", "environment"}
    assert Path(report) == run.report
    assert "click Save" in run.report.read_text()


def test_find_points_at_a_name(tmp_path: Path) -> None:
    image = Image.new("RGB", (640, 448), "white")
    button = (200, 300, 300, 330)
    draw = ImageDraw.Draw(image)
    draw.rectangle(button, fill="#e0e0e0", outline="#505050")
    draw.text((225, 307), "Save as", fill="black", font_size=14)
    image.save(tmp_path / "screen.png")
    there, x, y, *_ = example("find.py", tmp_path, str(tmp_path / "screen.png"), "Save as")
    assert there == "True"
    assert button[0] < float(x) * 640 < button[2]
    assert button[1] < float(y) * 448 < button[3]
