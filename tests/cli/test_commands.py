"""Commands as a user types them, in a process of their own or in this one; always with the tiny weights."""

import ast
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import chronosight
from bad_inputs import BAD_INPUTS
from chronosight.cli import main as cli
from chronosight.cli.options import parse_bands
from chronosight.errors import InputError
from large_scenes import Drawn, write_pair
from small_scenes import ground


@pytest.fixture
def files(tmp_path):
    """Two plain pictures with one new building in the top left corner."""
    frames = ground(96, 120)
    rng = np.random.default_rng(0)
    frames = frames + rng.integers(0, 12, frames.shape[1:], np.uint8) + np.linspace(0, 60, 120, dtype=np.uint8)[:, None]
    frames[1, 10:30, 12:40] = 220
    paths = [tmp_path / "before.png", tmp_path / "after.png"]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path)
    return [str(path) for path in paths]


@pytest.fixture
def run(monkeypatch, capsys, bundle_folder):
    """run("ask", ...) -> (exit code, stdout, stderr)."""

    def call(*arguments, stdin="", weights=True):
        extra = ["--weights", str(bundle_folder)] if weights else []
        monkeypatch.setattr(sys, "argv", ["chronosight", *arguments, *extra])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


def one_line_error(result):
    code, out, err = result
    lines = err.strip().splitlines()
    return code == 2 and out == "" and len(lines) == 1 and lines[0].startswith("error: ")


def test_help_needs_nothing_heavy():
    script = (
        "import sys; sys.argv = ['chronosight', '--help']\n"
        "from chronosight.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code\n"
        "heavy = ('numpy', 'rasterio', 'onnxruntime', 'tokenizers', 'scipy', 'PIL', 'torch')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "describe" in done.stdout
    assert ast.literal_eval(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version(run, argument):
    code, out, _ = run(argument, weights=False)
    assert (code, out) == (0, f"{chronosight.__version__}\n") and out[0].isdigit()


def test_describe_prints_sentences_and_writes_the_report(run, files, tmp_path):
    out_folder = tmp_path / "report"
    code, out, _ = run("describe", *files, "--out", str(out_folder))
    assert code == 0
    assert out.splitlines()[0] == "Several villas are built beside the road."
    assert "Changed: yes" in out
    assert {"mask.png", "overlay.png", "description.json", "report.html"} <= {path.name for path in out_folder.iterdir()}


def test_describe_json_is_one_line_and_says_what_python_says(run, files, bundle_folder):
    code, out, _ = run("describe", *files, "--json")
    described = json.loads(out)
    found = chronosight.load(weights=bundle_folder).describe(chronosight.open(*files))
    assert code == 0
    assert out.count("\n") == 1
    assert described["caption"] == found.caption.to_dict()
    assert described["changed"] == found.changed.to_dict()
    assert [item["cells"] for item in described["classes"]] == [list(item.cells) for item in found.classes]
    assert described["model"] == found.model


def test_describe_quiet_is_the_caption_alone(run, files):
    assert run("describe", *files, "--quiet")[1] == "Several villas are built beside the road.\n"


@pytest.mark.parametrize("question", ["How many buildings changed?", "Where are new buildings?", "Who won the race?"])
def test_ask_says_what_python_says(run, files, bundle_folder, question):
    code, out, _ = run("ask", *files, question, "--json")
    answer = chronosight.load(weights=bundle_folder).ask(chronosight.open(*files), question)
    assert code == 0
    assert json.loads(out) == {"question": question, **answer.to_dict()}


def test_areas_are_alike_in_ask_python_and_chat(run, tmp_path, bundle_folder):
    """One router below all three: square metres, never cells."""
    paths = [str(path) for path in write_pair(tmp_path, 128, 128, [Drawn(20, 20, 40, 30), Drawn(80, 80, 20, 20)])]
    question = "What is the total area of new buildings?"
    asked = json.loads(run("ask", *paths, question, "--json")[1])
    chatted = json.loads(run("chat", *paths, "--json", stdin=f"How many new buildings?\n{question}\n")[1].splitlines()[1])
    engine, scene = chronosight.load(weights=bundle_folder), chronosight.open(*paths)
    by_engine, by_files = engine.ask(scene, question), chronosight.ask(paths, question, engine=engine)
    for answer in (asked, chatted, by_engine.to_dict(), by_files.to_dict()):
        assert (answer["task"], answer["unit"]) == ("area", "m2") and answer["value"] == pytest.approx(1600, rel=0.05)
        assert answer["text"] == asked["text"]


def test_errors_are_json_where_answers_are(run, files):
    for arguments in (("ask", *files, "x" * 3000), ("describe", files[0], "missing.png"), ("describe", *files, "--out", "")):
        code, out, err = run(*arguments, "--json")
        assert code == 2 and err == "" and out.count("\n") == 1
        assert list(json.loads(out)) == ["error"]
        assert one_line_error(run(*arguments))


def test_an_empty_out_is_refused_before_any_work(run, files, monkeypatch):
    from chronosight.engines.compact.guide import Guide

    monkeypatch.setattr(Guide, "predict", lambda *_: pytest.fail("worked for nothing"))
    assert "--out is empty" in run("describe", *files, "--out", "")[2]


def test_long_questions_are_no_file_names(run, files):
    japanese, english = "新しい建物はどこにありますか？" * 7, "Please tell me where the new buildings are. " * 7
    assert json.loads(run("ask", *files, japanese, "--json")[1])["task"] == "open"
    assert run("ask", *files, english, "--quiet")[0] == 0
    assert one_line_error(run("ask", *files, "/a/" * 1000))


def test_a_chat_goes_on_after_bytes_that_are_not_utf8(files, bundle_folder):
    command = [sys.executable, "-m", "chronosight.cli", "chat", *map(str, files), "--weights", str(bundle_folder)]
    done = subprocess.run(command, input=b"\xff\xfe?\nHow many new buildings?\n", capture_output=True)
    assert done.returncode == 0 and len(done.stdout.splitlines()) >= 2 and b"Traceback" not in done.stderr


def test_a_chat_goes_on_after_a_question_that_is_too_long(run, files):
    code, out, err = run("chat", *files, "--quiet", stdin=f"{'why ' * 1000}\nHow many new buildings?\n")
    assert (code, out) == (0, "1\n") and "expected at most" in err


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_consoles_that_are_not_utf_8(files, bundle_folder, encoding, tmp_path):
    paths = write_pair(tmp_path / "pair", 128, 128, [Drawn(20, 20, 40, 30)])
    command = [sys.executable, "-m", "chronosight.cli", "describe", *map(str, paths), "--weights", str(bundle_folder)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert b"New: about" in done.stdout and len(done.stdout.splitlines()) >= 4


def test_ask_of_one_image(run, files):
    assert run("ask", files[0], "What kind of place is this?", "--quiet")[1] == "storage tanks\n"
    assert "confident" in run("ask", files[0], "What kind of place is this?")[1]


def test_ask_without_a_question_or_without_a_file(run, files):
    assert one_line_error(run("ask", *files))
    assert one_line_error(run("ask", "How many buildings changed?"))


@pytest.mark.parametrize("quit_word", [":quit", "quit", "Exit"])
def test_chat_reads_lines_until_quit(run, files, quit_word):
    lines = f"How many new buildings?\n\nWhere?\n{quit_word}\nHas anything changed?\n"
    code, out, _ = run("chat", *files, "--quiet", stdin=lines)
    assert code == 0
    assert out.splitlines() == ["1", "top left corner"]


def test_chat_json_has_one_line_an_answer(run, files):
    _, out, _ = run("chat", *files, "--json", stdin="Has anything changed?\nIs it nice?\n")
    assert [json.loads(line)["task"] for line in out.splitlines()] == ["binary", "open"]


@pytest.mark.parametrize("name", [*BAD_INPUTS])
def test_bad_input_is_one_line_and_exit_code_2(run, tmp_path, name):
    paths = [str(path) for path in BAD_INPUTS[name](tmp_path)]
    assert one_line_error(run("ask", *paths, "Has anything changed?"))


def test_bad_weights_and_bad_bands_and_an_out_that_is_a_file(run, files, tmp_path):
    assert one_line_error(run("describe", *files, "--weights", str(tmp_path / "none"), weights=False))
    assert one_line_error(run("describe", *files, "--bands", "3,2"))
    (tmp_path / "taken").write_text("")
    assert one_line_error(run("describe", *files, "--out", str(tmp_path / "taken")))


@pytest.mark.parametrize("text", ["3,2", "a,b,c", "0,1,2", "1,2,3,4", ""])
def test_bands_are_three_numbers_from_one(text):
    with pytest.raises(InputError, match="expected three band numbers"):
        parse_bands(text)
    assert parse_bands("4, 3,2") == (4, 3, 2)


def test_an_interrupted_chat_ends_with_130_and_keeps_what_was_answered(files, bundle_folder):
    command = [sys.executable, "-m", "chronosight.cli", "chat", *files, "--quiet", "--weights", str(bundle_folder)]
    pipe = subprocess.PIPE

    def hear_interrupts() -> None:  # a test run in the background of a shell ignores them, and its children too
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=hear_interrupts) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"How many new buildings?\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        time.sleep(0.2)  # it waits for the next line now
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert b"Traceback" not in err
