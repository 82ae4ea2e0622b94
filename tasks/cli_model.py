"""``handrail model``: pull, list, show, check, quantize and tune checkpoints."""

import argparse
import os
from pathlib import Path

from handrail.tasks.cli_output import say
from handrail.tasks.errors import ExitCode
from handrail.tasks.models import from_the_hub, models_folder, pull, pulled
from handrail.tasks.tuning import command


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its verbs."""
    model = sub.add_parser("model", help="pull, list, show, check, quantize and tune models")
    verbs = model.add_subparsers(title="verbs", metavar="VERB", required=True)
    fetch = verbs.add_parser("pull", help="download a model by its name on the Hugging Face Hub")
    fetch.add_argument("name", metavar="OWNER/NAME")
    fetch.set_defaults(handler=_pull)
    listed = verbs.add_parser("list", help="name the models that are here")
    listed.set_defaults(handler=_list)
    for verb, handler, words in (
        ("show", _show, "tell a model's sizes and the memory it needs"),
        ("check", _check, "read every tensor: is the model whole?"),
    ):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("model", metavar="PATH_OR_NAME")
        one.set_defaults(handler=handler)
    small = verbs.add_parser("quantize", help="write a copy in 8 or 4 bits")
    small.add_argument("source", metavar="SRC", help="a folder or a name")
    small.add_argument("target", type=Path, metavar="DST")
    small.add_argument("--bits", type=int, choices=(8, 4), required=True)
    small.add_argument(
        "--keep", choices=("vision", "nothing"), default="vision",
        help="what keeps its precision beside embedding and head (default: vision)",
    )  # fmt: skip
    small.set_defaults(handler=_quantize)
    command.register(verbs)


def _pull(arguments: argparse.Namespace) -> int:
    say(str(pull(arguments.name, models_folder(os.environ), from_the_hub)))
    return ExitCode.SUCCESS


def _list(arguments: argparse.Namespace) -> int:
    say("pocket")
    for name in pulled(models_folder(os.environ)):
        say(name)
    return ExitCode.SUCCESS


def _show(arguments: argparse.Namespace) -> int:
    from handrail.model.inspection import CONTEXT, inspect
    from handrail.model.memory import SCREEN
    from handrail.tasks.run_model import model_folder

    found = inspect(model_folder(arguments.model))
    experts = f", {found.experts} experts" if found.experts else ""
    say(f"{found.kind}: {found.layers} layers of width {found.width}{experts}")
    say(f"reads up to {found.longest:,} tokens; quantization: {found.quantization}")
    for dtype, size in found.bytes_by_dtype.items():
        say(f"  {_mib(size):>12}  {dtype}")
    say(f"memory: {_mib(found.weights)} for weights, {_mib(found.cache_bytes)} per 1,024 tokens")
    prompt = f"{CONTEXT:,} tokens with a picture of {SCREEN[0]}x{SCREEN[1]}"
    say(f"a process that reads {prompt} takes about {_mib(found.peak)}")
    return ExitCode.SUCCESS


def _check(arguments: argparse.Namespace) -> int:
    from handrail.model.inspection import verify
    from handrail.tasks.model_hashes import compare
    from handrail.tasks.run_model import model_folder

    folder = model_folder(arguments.model)
    count = verify(folder)
    files = compare(folder if folder.is_dir() else folder.parent)
    say(f"whole: {count} tensors fit config.json and can be read")
    if files.same:
        say(f"{files.same} files are as published")
        for name in files.strangers:
            say(f"not published with them, and used all the same: {name}")
    else:
        say("no hashes are known: it was not pulled by its name")
    return ExitCode.SUCCESS


def _quantize(arguments: argparse.Namespace) -> int:
    from handrail.model.quantizer import quantize
    from handrail.tasks.run_model import model_folder

    source = model_folder(arguments.source)
    done = quantize(source, arguments.target, arguments.bits, arguments.keep)
    after = sum(file.stat().st_size for file in arguments.target.glob("*.safetensors"))
    say(f"{_mib(done.before)} -> {_mib(after)}, groups of {done.group_size}")
    for kind, error in done.errors.items():
        say(f"  {error:8.2%} off  {kind}")
    return ExitCode.SUCCESS


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
