"""The conversation with the engine: a real one, and small child processes that speak wrongly or not at all."""

from __future__ import annotations

import os
import sys
import time

import pytest

GREETING = '{"jsonrpc":"2.0","id":1,"result":{"protocol":3,"engine":"e"}}'
HELLO = f"import sys, time\nsys.stdin.readline()\nprint({GREETING!r}, flush=True)\n"


@pytest.fixture
def start(part, installed):
    """Starts a client of a command; whatever is still alive at the end is killed."""
    clients = []

    def run(*command: str, **options):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        clients.append(part("link.client").Client(command, cwd=installed, env=environment, **options))
        return clients[-1]

    yield run
    for client in clients:
        client.kill()


@pytest.fixture
def peer(start):
    """A client of a Python script."""
    return lambda code, **options: start(sys.executable, "-c", code, **options)


def until(condition, client, *, seconds=20.0):
    """Poll until the condition holds; returns all events."""
    events, deadline = [], time.monotonic() + seconds
    while True:
        client.poll(events.append)
        if condition():
            return events
        assert time.monotonic() < deadline, f"nothing after {seconds} s; {client.failure!r}"
        time.sleep(0.01)


def ask(client, message):
    answers = []
    client.request(message, on_result=answers.append, on_error=answers.append)
    return answers


def test_the_real_engine_says_hello_and_lists_its_models(part, start, engine_python):
    contract = part("contract")
    client = start(engine_python, "-m", "engine", "serve")
    answers = ask(client, contract.ListModels())
    events = until(lambda: answers, client)
    assert client.ready and "Platelight" in client.engine and not events
    assert {"preview", "normalcrafter"} <= {model.name for model in answers[0].models}
    client.close()
    assert not client._process.running


def test_an_error_of_the_real_engine_comes_back_as_itself(part, start, engine_python):
    contract = part("contract")
    client = start(engine_python, "-m", "engine", "serve")
    answers = ask(client, contract.Cancel(job="nobody's"))
    until(lambda: answers, client)
    assert answers[0].code is contract.ErrorCode.UNKNOWN_JOB and client.failure is None


def test_another_protocol_is_refused(part, peer):
    contract = part("contract")
    client = peer(HELLO.replace('"protocol":3', '"protocol":7') + "time.sleep(60)")
    answers = ask(client, contract.ListModels())
    until(lambda: answers, client)
    assert answers[0].code is contract.ErrorCode.PROTOCOL_MISMATCH and "7" in answers[0].detail


def test_unknown_fields_in_hello_mean_another_version(part, peer):
    contract = part("contract")
    client = peer(HELLO.replace('"engine":"e"', '"engine":"e","mood":"good"') + "time.sleep(60)")
    until(lambda: client.failure, client)
    assert client.failure.code is contract.ErrorCode.PROTOCOL_MISMATCH


def test_garbage_is_told_and_the_conversation_goes_on(part, peer):
    contract, link = part("contract"), part("link.client")
    noise = 'print(\'Downloading shards: 100%\'); print(\'{"jsonrpc":"2.0","method":"sing","params":{}}\', flush=True)\n'
    answer = '{"jsonrpc":"2.0","id":2,"result":{"models":[]}}'
    client = peer(
        f"{noise}{HELLO}{noise}import sys, time\nsys.stdout.buffer.write(b'\\xff\\xfe\\n')\n"
        f"sys.stdin.readline()\nprint({answer!r}, flush=True)\ntime.sleep(60)"
    )
    answers = ask(client, contract.ListModels())
    events = until(lambda: answers, client)
    assert answers[0] == contract.ListModelsResult(models=())
    assert len(events) == 5 and all(isinstance(event, link.Garbage) for event in events)
    assert "Downloading shards" in events[0].text and "sing" in events[1].text


def test_what_is_said_before_an_answer_is_heard_before_it(part, peer):
    contract = part("contract")
    note = '{"jsonrpc":"2.0","method":"notice","params":{"job":"1","text":"NaN"}}'
    answer = '{"jsonrpc":"2.0","id":2,"result":{"models":[]}}'
    client = peer(HELLO + f"sys.stdin.readline()\nprint({note!r}, {answer!r}, {note!r}, sep='\\n', flush=True)\ntime.sleep(60)")
    answers, answered_at = ask(client, contract.ListModels()), []
    deadline = time.monotonic() + 20
    while len(answered_at) < 2 and time.monotonic() < deadline:
        client.poll(lambda event: answered_at.append(bool(answers)))
        time.sleep(0.2)
    assert answered_at == [False, True]


def test_an_answer_of_the_wrong_shape_is_an_error_of_that_request(part, peer):
    contract = part("contract")
    wrong = '{"jsonrpc":"2.0","id":2,"result":{"models":5}}'
    client = peer(HELLO + f"sys.stdin.readline()\nprint({wrong!r}, flush=True)\ntime.sleep(60)")
    answers = ask(client, contract.ListModels())
    until(lambda: answers, client)
    assert answers[0].code is contract.ErrorCode.BAD_MESSAGE and client.failure is None


def test_an_engine_that_cannot_read_us_ends_the_wait(part, peer):
    contract = part("contract")
    line = '{"jsonrpc":"2.0","id":null,"error":{"code":10,"message":"m","data":{"code":"bad_message","detail":"Estimate.mood"}}}'
    client = peer(HELLO + f"sys.stdin.readline()\nprint({line!r}, flush=True)\ntime.sleep(60)")
    answers = ask(client, contract.ListModels())
    until(lambda: answers, client)
    assert answers[0].code is contract.ErrorCode.BAD_MESSAGE and "mood" in answers[0].detail


def test_silence_ends_in_an_error_and_the_end_of_the_child(part, peer):
    contract = part("contract")
    client = peer("import time, sys\nprint('loading slowly', file=sys.stderr, flush=True)\ntime.sleep(60)")
    answers = ask(client, contract.Doctor())
    until(client._process.tail, client)
    assert not answers
    client._deadline = time.monotonic()
    until(lambda: answers, client)
    assert answers[0].code is contract.ErrorCode.ENGINE_SILENT and "loading slowly" in answers[0].detail
    until(lambda: not client._process.running, client)


@pytest.mark.parametrize(
    ("last_words", "code", "said"),
    [
        ("sys.exit(3)", "engine_died", "exit code 3"),
        ("print('oh no', file=sys.stderr); os.kill(os.getpid(), 11)", "engine_died", "SIGSEGV; its last words: oh no"),
        ("os.kill(os.getpid(), 9)", "engine_died", "killed (out of memory?)"),
        ("os.close(1); time.sleep(60)", "engine_died", "it closed its output"),
    ],
)
def test_the_end_of_the_engine_says_how(part, peer, last_words, code, said):
    contract = part("contract")
    client = peer(f"import os\n{HELLO}sys.stdin.readline()\n{last_words}")
    answers = ask(client, contract.Doctor())
    until(lambda: answers, client)
    assert answers[0].code == code and said in answers[0].detail
    late = ask(client, contract.Doctor())
    until(lambda: late, client)
    assert late[0] is answers[0]


def test_a_missing_package_is_named(part, peer):
    contract = part("contract")
    client = peer("import torch_that_is_not_there")
    until(lambda: client.failure, client)
    assert (client.failure.code, client.failure.detail) == (contract.ErrorCode.ENGINE_INCOMPLETE, "torch_that_is_not_there")


@pytest.mark.parametrize("program", ["/nowhere/python", "/tmp"])
def test_a_command_that_cannot_start_says_so(part, start, program):
    contract = part("contract")
    with pytest.raises(contract.PlatelightError) as caught:
        start(program, "-m", "engine", "serve")
    assert caught.value.code is contract.ErrorCode.ENGINE_MISSING and program in caught.value.detail


def test_a_deaf_child_and_its_own_children_are_killed(part, peer, tmp_path):
    note = tmp_path / "grandchild"
    code = (
        "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    client = peer(code)
    until(lambda: note.exists() and note.read_text(), client)
    began = time.monotonic()
    client._process.stop(last_words="goodbye\n", grace=0.3)
    assert time.monotonic() - began < 20 and not client._process.running
    deadline = time.monotonic() + 20
    while not _is_gone(int(note.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stderr_goes_to_a_log_and_a_short_tail(part, peer, tmp_path):
    log = tmp_path / "engine.log"
    client = peer(f"{HELLO}\nfor i in range(500): print('line', i, file=sys.stderr)\nsys.exit(1)", log=log)
    until(lambda: client.failure, client)
    assert log.read_text().splitlines() == [f"line {i}" for i in range(500)]
    assert client.failure.detail.endswith("line 497 | line 498 | line 499")
    assert len(client._process.tail(1000)) == 40


def test_the_next_engine_keeps_the_log_of_the_one_that_died(part, peer, tmp_path):
    log = tmp_path / "engine.log"
    for words in ("it broke", "all is well"):
        client = peer(f"{HELLO}\nprint({words!r}, file=sys.stderr)\nsys.exit(1)", log=log)
        until(lambda client=client: client.failure, client)
    assert log.read_text() == "all is well\n"
    assert part("link.process").previous(log).read_text() == "it broke\n"


def test_a_log_has_a_limit_and_keeps_what_was_said_last(part, peer, tmp_path):
    process, log = part("link.process"), tmp_path / "engine.log"
    size = process.LARGEST_LOG
    client = peer(f"{HELLO}for i in range({3 * size // 1000}): print('x' * 990, i, file=sys.stderr)\nsys.exit(1)", log=log)
    until(lambda: client.failure, client, seconds=120)
    kept = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(kept) == 2 and max(kept) <= size
    assert log.read_text().splitlines()[-1].endswith(f" {3 * size // 1000 - 1}")
    assert len(client.failure.detail) < 5000


def test_a_line_without_an_end_takes_no_memory_and_is_told(part, peer):
    limit = part("contract").LONGEST_LINE
    client = peer(f"{HELLO}for _ in range(64): sys.stdout.write('x' * {limit})\nprint(flush=True)\ntime.sleep(60)")
    seen = []
    deadline = time.monotonic() + 60
    while not seen:
        client.poll(seen.append)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(seen) == 1 and str(limit) in seen[0].text and client.failure is None


def test_a_flood_holds_nobody_up(part, peer):
    module = part("link.client")
    client = peer(f"{HELLO}\nwhile True: print('noise', flush=True)")
    until(lambda: client.ready, client)
    seen = []
    while client._process.lines.qsize() < part("link.process").MOST_WAITING:
        time.sleep(0.01)
    client.poll(seen.append)
    assert len(seen) == module.MOST_AT_ONCE


def _is_gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
