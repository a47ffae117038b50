"""A room imports only the rooms its row names: the table of docs/architecture.md reads downwards."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "chronosight"

# Package -> packages it may import.
MAY_IMPORT = {
    "errors": set(),
    "limits": set(),
    "files": {"errors"},
    "scenes": set(),
    "tasks": set(),
    "models": {"tasks"},
    "results": {"scenes", "tasks"},
    "engines": {"scenes", "tasks", "models", "results"},
    "reports": {"scenes", "results", "tasks"},
    "datasets": {"scenes", "tasks"},
    "synthetic": {"tasks"},
    "metrics": set(),
    "evaluation": {"synthetic", "datasets", "metrics", "tasks", "engines", "results", "scenes"},
    "training": {"evaluation", "models", "synthetic", "datasets", "metrics", "tasks", "engines", "results", "scenes"},
    "cli": {"datasets", "metrics", "results", "scenes", "tasks", "models", "engines", "reports", "synthetic", "training",
            "evaluation"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def imported_modules(path: Path) -> list[str]:
    """Full names of what a file imports, at the top or inside functions; relative imports made absolute."""
    package = ["chronosight", *path.relative_to(SOURCE).parts[:-1]]
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def faults(path: Path) -> list[str]:
    room = room_of(path)
    if room == "__init__":  # the package's own front door hands out what the rooms hold
        return []
    allowed = MAY_IMPORT[room] | {room, "errors", "files", "limits"}
    found = []
    for name in imported_modules(path):
        parts = name.split(".")
        if parts[0] != "chronosight" or len(parts) == 1 or not any(SOURCE.glob(f"{parts[1]}*")):
            continue  # another library, or a name of the front door
        if not {parts[1], ".".join(parts[1:3])} & allowed:
            found.append(f"{path.relative_to(SOURCE)} imports {name}; {room} may import {sorted(allowed)}")
    return found


def test_every_folder_is_a_known_room():
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert rooms <= set(MAY_IMPORT), "name the new room here and in docs/architecture.md"


@pytest.mark.parametrize("room", [*MAY_IMPORT])
def test_rooms_import_only_downwards(room):
    assert [fault for path in FILES if room_of(path) == room for fault in faults(path)] == []


def test_a_fault_is_found(tmp_path, monkeypatch):
    """The rule itself: an import that goes up is named, inside a function too."""
    for name in ("scenes", "engines", "reports"):
        (tmp_path / name).mkdir()
    upwards = tmp_path / "scenes" / "new.py"
    upwards.write_text("def f():\n    from chronosight.engines import answer\n")
    sideways = tmp_path / "reports" / "new.py"
    sideways.write_text("from chronosight.results.answer import Answer\nfrom ..engines import compact\n")
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    assert len(faults(upwards)) == 1
    assert [fault.split(";")[0] for fault in faults(sideways)] == ["reports/new.py imports chronosight.engines.compact"]


@pytest.mark.parametrize("room", ["scenes", "tasks", "reports", "engines/compact", "results"])
def test_no_torch_where_the_core_install_runs(room):
    paths = [p for p in FILES if p.relative_to(SOURCE).as_posix().startswith(room)]
    heavy = [(p.name, n) for p in paths for n in imported_modules(p) if n.split(".")[0] in ("torch", "transformers")]
    assert heavy == []
