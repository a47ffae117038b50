"""The project's own promises: light to import, the README's commands as written, the files a user looks for."""

import ast
import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAVY = ("torch", "transformers", "onnxruntime", "onnx", "scipy", "rasterio", "av", "shapely", "PIL.Image")


def command(name: str) -> str:
    """The README's one-line command after the comment "command: NAME", found as .ci/run finds it."""
    found = re.search(rf"<!-- command: {name} -->\n```bash\n(.+)\n```\n", README)
    assert found, f"README.md has no one-line command marked {name}"
    return found.group(1)


def heavy_modules_after(code: str) -> list[str]:
    script = f"{code}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_import_is_light():
    assert heavy_modules_after("import chronosight") == []


def test_help_of_every_command_loads_nothing_heavy():
    code = """
import sys
from chronosight.cli.main import app, main
commands = [c.name or c.callback.__name__ for c in app.registered_commands]
assert {"describe", "ask", "chat", "eval"} <= set(commands), commands
for command in (None, *commands):
    sys.argv = ["chronosight", *([command] if command else []), "--help"]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
"""
    assert heavy_modules_after(code) == []


def test_help_of_the_installed_command_is_quick():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "chronosight.cli", "--help"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0 and "describe" in done.stdout
    # Processor time, not wall time: busy neighbours do not count. A quiet machine takes under 0.3 s of either.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.9


def test_readme_has_two_commands_that_each_do_all_set_up():
    main, tests = command("main"), command("tests")
    for line in (main, tests):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert "http" not in line
    assert "chronosight describe" in main and "--out" in main
    assert "[dev]" in tests and tests.endswith("pytest")


def test_files_named_in_the_readme_are_there():
    before, after = re.findall(r"examples/\S+", command("main"))
    links = re.findall(r"\]\(([^)]+)\)", README)
    missing = [name for name in (before, after, *links) if not (ROOT / name).exists()]
    assert missing == []


def test_ci_runs_the_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "command_of main" in script and "command_of tests" in script


def test_core_install_has_no_torch():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = [re.split(r"[<>=!\[ ]", requirement)[0] for requirement in project["dependencies"]]
    assert not {"torch", "transformers", "torchvision", "timm"} & set(core)
    torch = next(r for r in project["optional-dependencies"]["models"] if r.startswith("torch"))
    assert "<" in torch, "without an upper bound pip takes a build with gigabytes of CUDA"


def test_constraints_name_no_host_and_cover_the_core():
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    names = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert {"numpy", "pillow", "rasterio", "onnxruntime", "torch", "transformers", "pytest"} <= names


def test_nothing_speaks_of_this_machine():
    """No path of a developer's machine in what is shipped."""
    files = [p for folder in ("src", "docs", "recipes", "benchmarks", "tests") for p in (ROOT / folder).rglob("*")]
    text_files = [p for p in files if p.suffix in {".py", ".md", ".yaml", ".json", ".html"}]
    at_home = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w")
    assert [str(p.relative_to(ROOT)) for p in text_files if at_home.search(p.read_text(encoding="utf-8"))] == []
