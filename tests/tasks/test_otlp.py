"""Spans of a run at a collector: what is in them, what is not, and a collector that is gone."""

import builtins
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from handrail.actuators.actions import Type
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.journal import read_journal
from handrail.tasks.errors import ExitCode, UsageError
from handrail.tasks.otlp import collector, collector_setting
from handrail.tasks.run import Crew, FakeTarget, RunEnd, RunRequest, run
from handrail.tasks.span_export import LiveSpans
from tests.tasks.collector import collecting, values
from tests.tasks.command import call, complaint
from tests.tasks.run_world import FILL, SUCCESS, FakeClock, World
from tests.tasks.test_journal_rows import written

SECRET = "correct horse battery staple"


def carried_out(world: World, otlp: str | None) -> RunEnd:
    """Fill a form in with secrets in every text that there is, and send it."""
    request = RunRequest(
        f"Save {SECRET}", FakeTarget(world.build), runs_folder=world.folder, otlp=otlp
    )
    actions = [FILL[0], Type(text=SECRET), FILL[2], SUCCESS]
    return run(request, Crew(Puppet(actions), ScriptedApprover([True] * 9), clock=FakeClock()))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def test_a_run_sends_a_span_for_itself_and_each_action(world: World) -> None:
    with collecting() as there:
        end = carried_out(world, collector(there.address))
    assert end.exit_code == ExitCode.SUCCESS
    assert set(there.paths) == {"/v1/traces"}
    assert there.resource["service.name"] == "handrail"
    (root,) = there.named("invoke_agent handrail")
    told = values(root.attributes)
    assert (told["handrail.run"], told["handrail.outcome"]) == (end.folder.name, "success")
    steps = sorted(there.spans, key=lambda span: span.start_time_unix_nano)[1:]
    assert [span.name for span in steps] == [
        "execute_tool click", "execute_tool type", "execute_tool click", "execute_tool terminate",
    ]  # fmt: skip
    assert {span.parent_span_id for span in steps} == {root.span_id}
    assert {span.trace_id for span in there.spans} == {root.trace_id}
    sent = values(steps[2].attributes)
    assert (sent["handrail.effect"], sent["handrail.outcome"], sent["gen_ai.tool.name"]) == (
        "commit", "done", "click",
    )  # fmt: skip
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in there.spans)


def test_spans_hold_no_text_of_anybodys(world: World) -> None:
    with collecting() as there:
        end = carried_out(world, collector(there.address))
    assert SECRET in end.folder.journal.read_text()
    entries = read_journal(end.folder.journal).entries
    words = [SECRET, "Name", "Save", *(entry.hash for entry in entries)]
    words += [digest for e in entries if (digest := getattr(e.record, "digest", ""))]
    words += [screen for e in entries if (screen := getattr(e.record, "screen", ""))]
    sent = b"".join(there.bodies)
    assert len(there.spans) == 5
    assert [word for word in words if word.encode() in sent] == []


def test_a_journal_is_sent_afterwards_with_the_same_ids(
    done: RunEnd, capsys: pytest.CaptureFixture[str]
) -> None:
    with collecting() as there:
        for _ in range(2):
            assert call(["log", "export", "last", "--otlp", there.address]) == 0
    assert f"2 spans sent to {there.address}/v1/traces" in capsys.readouterr().out
    ids = [(span.trace_id, span.span_id) for span in there.spans]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2


def test_doubts_failures_and_alerts_are_told(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path)
    with collecting() as there:
        assert call(["log", "export", str(path), "--otlp", there.address]) == 0
    (click,) = there.named("execute_tool click")
    told = values(click.attributes)
    assert (told["handrail.outcome"], told["error.type"]) == ("in_doubt", "in_doubt")
    assert (told["server.address"], told["server.port"]) == ("a.test", 443)
    assert click.status.code == Status.STATUS_CODE_ERROR
    (typed,) = there.named("execute_tool type")
    assert values(typed.attributes)["handrail.decision"] == "refused"
    (root,) = there.named("invoke_agent handrail")
    events = {event.name: values(event.attributes) for event in root.events}
    assert events["alert"] == {"handrail.alert": "rate", "handrail.record": 2}
    assert events["observed"] == {"handrail.record": 2, "handrail.outcome": "not_done"}
    # A run that was cut off after an intent: in doubt, and the run ends with its last record.
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    with collecting() as there:
        assert call(["log", "export", str(path), "--otlp", there.address]) == 0
    assert [values(s.attributes).get("handrail.outcome") for s in there.spans] == [
        "in_doubt", None,
    ]  # fmt: skip


def test_a_collector_that_is_not_there_is_a_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting() as there:
        address = there.address
    started = time.monotonic()
    end = carried_out(world, collector(address))
    assert time.monotonic() - started < 30
    assert end.exit_code == ExitCode.SUCCESS
    assert world.screens[0].submitted == [{"Name": SECRET}]
    told = [r.getMessage() for r in caplog.records if r.name == "handrail.otlp"]
    assert told == [f"5 spans did not reach {address}/v1/traces"]


def test_a_collector_that_refuses_is_told(done: RunEnd, capsys: pytest.CaptureFixture[str]) -> None:
    with collecting(status=400) as there:
        assert call(["log", "export", "last", "--otlp", there.address]) == ExitCode.ENVIRONMENT
    assert "2 of 2 spans did not reach" in complaint(capsys)


def test_without_the_extra_a_run_is_only_warned(
    world: World, done: RunEnd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real = builtins.__import__

    def absent(name: str, *rest: object) -> object:
        if name.startswith(("opentelemetry", "handrail.tasks.span")):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", absent)
    end = carried_out(world, "http://127.0.0.1:9/v1/traces")
    assert end.exit_code == ExitCode.SUCCESS
    assert [r.getMessage() for r in caplog.records if "handrail[otlp]" in r.getMessage()]
    capsys.readouterr()
    assert call(["log", "export", "last", "--otlp", "http://127.0.0.1:9"]) == ExitCode.ENVIRONMENT
    assert "pip install 'handrail[otlp]'" in complaint(capsys)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/x/"}, "http://c:4318/x/v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":
             "https://b/in"},
            "https://b/in",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"}, None),
    ],
)  # fmt: skip
def test_opentelemetrys_own_settings_are_read(
    environ: Mapping[str, str], found: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert collector_setting(environ) == found
    assert bool(caplog.records) == ("nowhere" in environ.values())


@pytest.mark.parametrize(
    "url", ["", "c:4318", "ftp://c", "http://", "http://u:p@c", "http://c/?x=1", "http://c:x",
            "http://c:0", "http://c /", "http://[::1"],
)  # fmt: skip
def test_what_is_no_collector_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="collector"):
        collector(url)
    assert collector("http://[::1]:4318/") == "http://[::1]:4318/v1/traces"
    assert collector("https://c/own/path") == "https://c/own/path"


def test_a_collector_that_never_answers_holds_nothing_up(tmp_path: Path) -> None:
    reading = written(tmp_path / "journal")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # nobody accepts
        started = time.monotonic()
        spans = LiveSpans(f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces")
        for entry in reading.entries:
            spans.heard(entry)
        assert spans.close(0.5) == 3
        assert time.monotonic() - started < 4
