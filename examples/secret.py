"""Type a password that no model sees: python examples/secret.py SECRETS.toml (chmod 600)."""

import sys
from pathlib import Path

from handrail.actuators.actions import Click, Terminate, Type
from handrail.actuators.base import PermitVerifier
from handrail.actuators.fake import FakeScreen, Field
from handrail.actuators.geometry import Box
from handrail.agent.proposer import Puppet
from handrail.sandbox.secret_sources import FileSecrets
from handrail.tasks.run import Crew, FakeTarget, PolicyChoice, RunRequest, run

place = Box(left=20, top=20, right=220, bottom=50)
screens: list[FakeScreen] = []


def build(verifier: PermitVerifier) -> FakeScreen:
    screens.append(FakeScreen(verifier, [Field("Password", place, secret=True)]))
    return screens[0]


# A model would say this; it knows the name, and the mask is all that it sees of the value.
model = Puppet(
    [Click(point=place.center), Type(text="{{secret:site}}"), Terminate(status="success")]
)
request = RunRequest(
    goal="sign in with {{secret:site}}",
    target=FakeTarget(build),
    policy=PolicyChoice(profile="unattended"),
    secrets=FileSecrets(Path(sys.argv[1])),  # or EnvironmentSecrets(os.environ), KeyringSecrets()
)
end = run(request, Crew(proposer=model))
typed = screens[0].named(Field, "Password").text
left = b"".join(file.read_bytes() for file in end.folder.path.rglob("*") if file.is_file())
print(end.result.kind, len(typed), typed.encode() in left)
