"""Torch's threads sleep where they have nothing to do, unless the user says otherwise."""

import os
import subprocess
import sys

import pytest

LOADED = """
from handrail.model.engine import Engine
print(any("libgomp" in line for line in open("/proc/self/maps")))
"""


@pytest.mark.parametrize(("said", "policy"), [(None, "PASSIVE"), ("active", "ACTIVE")])
def test_threads_without_work_sleep(said: str | None, policy: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    environment |= {"OMP_DISPLAY_ENV": "true"} | ({} if said is None else {"OMP_WAIT_POLICY": said})
    command = [sys.executable, "-c", LOADED]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    if ended.stdout.strip() != "True":
        pytest.skip("torch has brought another OpenMP than GNU's here")
    assert f"OMP_WAIT_POLICY = '{policy}'" in ended.stderr
