"""The command ``handrail``: what it offers, and how errors become one line and an exit code.

Nothing heavy is imported before the chosen command needs it: ``handrail --help`` loads no torch.
"""

import argparse
import errno
import sys
from collections.abc import Callable, Sequence
from importlib import metadata

from handrail.actuators.errors import ActuatorError
from handrail.agent.errors import AgentError
from handrail.model.errors import ModelError
from handrail.sandbox.errors import SandboxError
from handrail.tasks import (
    cli_commit,
    cli_doctor,
    cli_gc,
    cli_log,
    cli_model,
    cli_permit,
    cli_policy,
    cli_rehearse,
    cli_run,
    cli_runs,
    cli_serve,
    cli_undo,
    evaluate,
)
from handrail.tasks.cli_output import complain, encode_what_can_be, say_nothing_more, warnings_shown
from handrail.tasks.errors import ExitCode, TaskError, exit_code

Handler = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; the arguments are the process's by default."""
    encode_what_can_be(sys.stdout, sys.stderr)
    arguments = parser().parse_args(argv)
    handler: Handler = arguments.handler
    try:
        with warnings_shown():
            code = handler(arguments)
        sys.stdout.flush()  # here, where a failure can still be told
    except KeyboardInterrupt:
        return ExitCode.STOPPED
    except BrokenPipeError:
        # Whoever read the output has gone, as in `handrail runs list | head -1`.
        say_nothing_more(sys.stdout)
        return ExitCode.FAILED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        say_nothing_more(sys.stdout)
        complain("the output cannot be written: the disk is full")
        return ExitCode.ENVIRONMENT
    except (TaskError, AgentError, SandboxError, ModelError, ActuatorError) as error:
        complain(str(error))
        return exit_code(error)
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each leaves its handler in ``handler``."""
    top = argparse.ArgumentParser(
        prog="handrail",
        description="Let a local model work a screen: permission-checked, written down, stoppable.",
    )
    version = f"handrail {metadata.version('handrail')}"
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for part in (
        cli_run,
        cli_rehearse,
        cli_commit,
        cli_runs,
        cli_gc,
        cli_log,
        cli_undo,
        cli_policy,
        cli_permit,
        cli_model,
        cli_serve,
        cli_doctor,
        evaluate,
    ):
        part.register(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
