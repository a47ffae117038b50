"""The commands of docs/service.md as they stand there, and the commands of the container files."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import rasterio
import yaml
from typer.testing import CliRunner

from chronosight.cli.main import app

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.M | re.S)


def test_the_commands_of_the_docs(served, tmp_path):
    """In order, in one shell, with this server's address in place of the one in the docs, on smaller examples."""
    shrink_examples(tmp_path / "examples")
    script = "set -euo pipefail\n"
    count = 0
    for language, block in BLOCK.findall(DOCS):
        text = block.replace("http://127.0.0.1:8080", served.url)
        if language == "python":
            (tmp_path / "block.py").write_text(text)
            text = f"{shlex.quote(sys.executable)} block.py\n"
        # Every request must succeed: curl -f makes an error of an error.
        script += text.replace("curl -s", "curl --fail-with-body -s")
        count += text.count("curl -s") + (language == "python")
        if "JOB=$(curl" in text:  # the docs read the events to their end before they ask for results
            assert text.index("/events") < text.index("/results")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert count > 12
    assert "event: done" in done.stdout and '"description' in done.stdout
    assert (tmp_path / "frame.jpg").stat().st_size > 1000 and "Feature" in (tmp_path / "objects.geojson").read_text()


def shrink_examples(folder):
    """The examples, of the pair the upper left corner alone."""
    folder.mkdir()
    for path in (ROOT / "examples").iterdir():
        if path.suffix != ".tif":
            (folder / path.name).symlink_to(path)
            continue
        with rasterio.open(path) as file:
            profile = {"crs": file.crs, "transform": file.transform, "count": file.count, "dtype": "uint8"}
            with rasterio.open(folder / path.name, "w", driver="GTiff", width=128, height=128, **profile) as corner:
                corner.write(file.read(window=((0, 128), (0, 128))))


def options_of(command):
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    assert done.exit_code == 0
    return set(re.findall(r"--[a-z][a-z-]+", done.stdout))


def check_command(arguments):
    command, *rest = arguments
    known = options_of(command)
    given = {part.partition("=")[0] for part in rest if part.startswith("--")}
    assert given <= known, f"chronosight {command} has no option {given - known}"


def test_the_compose_file():
    compose = yaml.safe_load((ROOT / "containers" / "compose.yaml").read_text(encoding="utf-8"))
    own = {name: service for name, service in compose["services"].items() if "build" in service}
    assert set(own) == {"chronosight", "changevg"} and compose["services"]["vllm"]["profiles"] == ["vllm"]
    for name, service in own.items():
        check_command(service["command"])
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert "CHRONOSIGHT_SERVICE_KEY" in service["environment"], f"{name} can be reached from other machines"
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "profiles" not in own["chronosight"] and own["changevg"]["profiles"] == ["vllm"]
    named = {volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert named == set(compose["volumes"])


def test_the_container_file():
    text = (ROOT / "containers" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    words = {line.split()[0] for line in lines}
    assert words <= {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "ENV", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    for line in lines:
        if line.startswith("COPY"):
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line
    command = yaml.safe_load(next(line for line in lines if line.startswith("CMD")).removeprefix("CMD"))
    check_command(command)
    assert any(line.startswith("USER") and "root" not in line for line in lines)
    check = yaml.safe_load(re.search(r"CMD (\[.*\])", next(line for line in lines if "HEALTHCHECK" in line)).group(1))
    compile(check[2], "healthcheck", "exec")


def test_commands_named_in_the_docs_exist():
    for command in re.findall(r"`chronosight (serve|mcp)((?: --[a-z-]+(?: [A-Z]+)?)*)", DOCS):
        check_command([command[0], *command[1].split()])
    options = options_of("serve") | options_of("mcp")
    assert set(re.findall(r"`(--[a-z-]+)", DOCS)) <= options
