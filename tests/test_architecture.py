"""The architecture: a package imports only the packages its row names, and nothing imports in a circle."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "chronosight"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
TOPS = ("src", "tests", "recipes", "benchmarks", "examples", "integrations", "containers")
BELOW = {"errors", "figures", "files", "limits"}  # everything may import these

# Package or module -> what it may import, as in docs/architecture.md.
MAY_IMPORT = {
    "errors": set(),
    "figures": set(),
    "limits": set(),
    "files": set(),
    "scenes": set(),
    "tasks": set(),
    "models": {"tasks"},
    "results": {"scenes", "tasks"},
    "engines": {"scenes", "tasks", "models", "results"},
    "reports": {"scenes", "tasks", "results"},
    "pipeline": {"scenes", "tasks", "results", "engines", "reports"},
    "display": {"scenes", "results", "reports"},
    "timeline": {"scenes", "tasks", "results", "engines", "reports", "pipeline"},
    "batch": {"scenes", "tasks", "results", "engines", "reports", "pipeline"},
    "datasets": {"scenes", "tasks"},
    "synthetic": {"datasets", "scenes", "tasks"},
    "metrics": set(),
    "evaluation": {"datasets", "synthetic", "metrics", "tasks", "engines", "results", "scenes"},
    "training": {"datasets", "synthetic", "metrics", "models", "tasks", "scenes", "results", "engines", "evaluation"},
    "service": {"scenes", "tasks", "results", "engines", "reports", "pipeline", "timeline"},
    "cli": {"service", "batch", "timeline", "scenes", "tasks", "models", "results", "engines", "reports", "pipeline", "datasets",
            "synthetic", "metrics", "training", "evaluation"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    parts = ["chronosight", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path: Path, for_types: bool = True) -> list[str]:
    """Full names of what a file imports, inside functions too; relative imports made absolute.

    for_types: with what is imported for type checkers alone.
    """
    package = ["chronosight", *path.relative_to(SOURCE).parts[:-1]]
    names = []
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8")), for_types):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def _nodes(tree: ast.AST, for_types: bool):
    for node in ast.iter_child_nodes(tree):
        if not for_types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _nodes(node, for_types)


def faults(path: Path) -> list[str]:
    package = package_of(path)
    if package in ("__init__", "__main__"):  # the public names hand out what the packages hold; python -m runs cli
        return []
    allowed = MAY_IMPORT[package] | {package} | BELOW
    found = []
    for name in imported_names(path):
        parts = name.split(".")
        if parts[0] != "chronosight" or len(parts) == 1 or not any(SOURCE.glob(f"{parts[1]}*")):
            continue  # another library, or a public name
        if parts[1] not in allowed:
            found.append(f"{path.relative_to(SOURCE)} imports {name}; {package} may import {sorted(allowed)}")
    return found


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other in a circle (strongly connected components, Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1 or node in graph[node]:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def import_graph(files: list[Path]) -> dict[str, set[str]]:
    modules = {module_of(path) for path in files}
    graph: dict[str, set[str]] = {}
    for path in files:
        names = imported_names(path, for_types=False)
        found = {name if name in modules else name.rpartition(".")[0] for name in names} & modules
        graph[module_of(path)] = found - {module_of(path)}
    return graph


def test_every_package_is_in_the_table():
    packages = {package_of(path) for path in FILES} - {"__init__", "__main__"}
    assert packages <= set(MAY_IMPORT), "add the new package here and to docs/architecture.md"


@pytest.mark.parametrize("package", [*MAY_IMPORT])
def test_packages_import_only_what_they_may(package):
    assert [fault for path in FILES if package_of(path) == package for fault in faults(path)] == []


def test_the_table_has_no_way_back():
    assert cycles({name: {other for other in below if other in MAY_IMPORT} for name, below in MAY_IMPORT.items()}) == []


def test_no_module_imports_in_a_circle():
    assert cycles(import_graph(FILES)) == []


def test_the_documented_table_is_the_one_here():
    """Each row of docs/architecture.md: | `package/` | what it holds | what it may import |."""
    rows = re.findall(r"^\| `(\w+)[/.\w]*` \|.*\| ([^|]*) \|$", ARCHITECTURE.read_text(), re.M)
    documented = {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows if name in MAY_IMPORT}
    assert documented == {**MAY_IMPORT, "cli": set()}  # its row says: anything


def test_paths_that_the_documentation_names_are_there():
    """Every .py file in docs/, README and CONTRIBUTING (NAME.py is a pattern), and each step of a way in architecture.md."""
    there = [f"/{path.relative_to(ROOT).as_posix()}" for top in TOPS for path in (ROOT / top).rglob("*")]
    missing = []
    for document in [*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"]:
        names = re.findall(r"(?<![\w/.:-])(?:[\w.-]+/)*[\w-]+\.py\b", document.read_text(encoding="utf-8"))
        missing += [(document.name, name) for name in names if not any(path.endswith(f"/{name}") for path in there)]
    assert [entry for entry in missing if not entry[1].endswith("NAME.py")] == []
    lines = re.findall(r"^    (?:-> )?(\w+/.*)$", ARCHITECTURE.read_text(encoding="utf-8"), re.M)
    steps = [step.strip() for line in lines for step in re.split(r"->|,", line)]
    assert len(steps) > 40 and [step for step in steps if step not in ("", "...") and not (SOURCE / step).exists()] == []


def test_names_in_the_architecture_are_names_of_the_code():
    """Identifiers in backticks occur in the code, and the methods of an engine have the arguments given there."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    known = set(re.findall(r"\w+", code)) | {path.stem for path in SOURCE.rglob("*")}
    assert sorted(set(re.findall(r"`(\w+)`", text)) - known) == []
    tree = ast.parse((SOURCE / "engines" / "engine.py").read_text(encoding="utf-8"))
    engine = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Engine")
    has = {node.name: [one.arg for one in node.args.args[1:]] for node in engine.body if isinstance(node, ast.FunctionDef)}
    named = re.findall(r"`(\w+)\((\w+(?:, \w+)*)\)`", text)
    wrong = [(name, args) for name, args in named if has.get(name, [])[: args.count(",") + 1] != args.split(", ")]
    assert len(named) >= 6 and wrong == []


def test_a_fault_and_a_circle_are_found(tmp_path, monkeypatch):
    """The rules themselves: an import that goes up is named, inside a function too."""
    for name in ("scenes", "engines", "reports"):
        (tmp_path / name).mkdir()
    upwards = tmp_path / "scenes" / "new.py"
    upwards.write_text("def f():\n    from chronosight.engines import load\n")
    sideways = tmp_path / "reports" / "new.py"
    sideways.write_text("from chronosight.results.answer import Answer\nfrom ..engines import compact\n")
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    assert len(faults(upwards)) == 1
    assert [fault.split(";")[0] for fault in faults(sideways)] == ["reports/new.py imports chronosight.engines.compact"]
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("package", ["scenes", "tasks", "results", "reports", "pipeline", "engines/compact"])
def test_no_torch_where_the_core_install_runs(package):
    paths = [p for p in FILES if p.relative_to(SOURCE).as_posix().startswith(package)]
    heavy = [(p.name, n) for p in paths for n in imported_names(p) if n.split(".")[0] in ("torch", "transformers")]
    assert paths and heavy == []
