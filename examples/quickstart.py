"""A run in six lines: python examples/quickstart.py "click Save" http://127.0.0.1:8000/ ."""

import sys

from handrail.tasks.run import BrowserTarget, PolicyChoice, RunRequest, run

goal, url = sys.argv[1:]
policy = PolicyChoice(profile="unattended")  # looks, moves and types; what commits is denied
end = run(RunRequest(goal, BrowserTarget(url), policy=policy))
print(end.result.kind, end.folder.report)
