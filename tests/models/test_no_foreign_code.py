"""No code of a model folder is ever run: not by any call of ours, and not whatever is typed when a library asks."""

import ast
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from chronosight.errors import InputError

SOURCE = Path(__file__).parents[2] / "src" / "chronosight"
FILES = sorted(SOURCE.rglob("*.py"))
LOADERS = ("from_pretrained", "from_config")
OWN = ("ChangeVGProcessor", "super()")  # loaders of ours, which pass it on themselves
NO_LOADERS = ("register", "for_model")  # of the Auto classes: they read no folder


def unsafe_calls(source: str) -> list[str]:
    """Loader calls without a literal `trust_remote_code=False`, and every mention of True or of a pickle reader."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, name = ast.unparse(node.func.value), node.func.attr
        auto = owner.rpartition(".")[2].startswith("Auto") and name not in NO_LOADERS
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if (name in LOADERS or auto) and owner not in OWN and keywords.get("trust_remote_code") != "False":
            found.append(f"{owner}.{name}, line {node.lineno}")
        if (owner, name) == ("torch", "load") and keywords.get("weights_only") != "True":
            found.append(f"torch.load, line {node.lineno}")
        unpickles = (owner, name) == ("np", "load") and keywords.get("allow_pickle", "False") != "False"
        if unpickles or owner in ("pickle", "dill", "cloudpickle", "joblib"):
            found.append(f"{owner}.{name}, line {node.lineno}")
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SOURCE)) for path in FILES])
def test_every_loader_refuses_foreign_code(path):
    assert unsafe_calls(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "AutoModel.from_pretrained(f)", "transformers.AutoConfig.from_pretrained(f, trust_remote_code=True)",
        "Guide.from_pretrained(f, trust_remote_code=trusted)", "AutoModel.from_config(c)", "torch.load(f)", "pickle.load(f)",
        "np.load(f, allow_pickle=True)", "AutoTokenizer.from_something(f)",
    ],
)  # fmt: skip
def test_an_unsafe_call_is_found(source):
    assert len(unsafe_calls(source)) == 1


def test_safe_calls_are_not():
    safe = "AutoModel.from_pretrained(f, trust_remote_code=False)\nAutoConfig.register(n, c)\ntorch.load(f, weights_only=True)"
    assert unsafe_calls(safe) == []


@pytest.fixture
def hostile(tmp_path):
    """A folder with code of its own, an unknown model type and an auto_map."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "unheard_of", "auto_map": {"AutoConfig": "theirs.C"}, "architectures": ["X"]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "theirs.py").write_text(
        f"open({str(tmp_path / 'RAN')!r}, 'w').close()\nfrom transformers import PretrainedConfig\n\n\n"
        "class C(PretrainedConfig):\n    model_type = 'unheard_of'\n"
    )
    for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    return folder


@pytest.mark.parametrize("engine", ["changevg", "unirs"])
def test_a_folder_with_code_of_its_own_is_refused_whatever_is_typed(hostile, engine, monkeypatch, bundle_folder):
    from chronosight.engines import load

    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 9))
    options = {"guide": bundle_folder} if engine == "changevg" else {"device": "cpu"}
    with pytest.raises(InputError, match="unheard_of"):
        load(engine, weights=hostile, **options)
    assert not (hostile.parent / "RAN").exists()


def test_an_auto_map_beside_a_known_model_runs_nothing(qwen_folder, tmp_path):
    """In whichever file it stands; one process for all, as importing the libraries takes longest."""
    import shutil

    folders = []
    for where in ("tokenizer_config.json", "preprocessor_config.json", "config.json"):
        folder = tmp_path / where.removesuffix(".json")
        shutil.copytree(qwen_folder, folder)
        (folder / "theirs.py").write_text(f"open({str(folder / 'RAN')!r}, 'w').close()\nclass C: pass\n")
        values = json.loads((folder / where).read_text())
        values["auto_map"] = dict.fromkeys(
            ("AutoConfig", "AutoModel", "AutoModelForImageTextToText", "AutoImageProcessor"), "theirs.C"
        ) | {"AutoTokenizer": ["theirs.C", "theirs.C"]}
        (folder / where).write_text(json.dumps(values))
        folders.append(folder)
    code = (
        "import sys\nfrom pathlib import Path\nfrom chronosight.errors import InputError\n"
        "from chronosight.models.changevg.loading import load_model\n"
        "from chronosight.models.changevg.processing import ChangeVGProcessor\n"
        "for folder in sys.argv[1:]:\n"
        "    for read in (ChangeVGProcessor.from_pretrained, lambda name: load_model(Path(name))):\n"
        "        try:\n            read(folder)\n        except InputError:\n            print('refused', folder)\n"
        "    print('done', folder)\n"
    )
    command = [sys.executable, "-c", code, *map(str, folders)]
    done = subprocess.run(command, input=b"y\n" * 20, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count(b"done") == 3
    assert not any((folder / "RAN").exists() for folder in folders)


def test_an_adapter_that_names_a_module_to_import_is_refused(tmp_path):
    from chronosight.models.changevg.adapter import read_adapter_config

    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "megatron_config": {}, "megatron_core": "antigravity"})
    )
    with pytest.raises(InputError, match="module to import"):
        read_adapter_config(tmp_path)


def test_no_endless_answer_on_standard_input_runs_code(hostile, tmp_path, bundle_folder):
    """`yes y | chronosight ask ... --engine changevg`: refused in one line, with the code not run.

    One process for all answers, as importing the libraries takes longest; each gets a standard input of its own.
    """
    import numpy as np
    from PIL import Image

    pair = [str(tmp_path / name) for name in ("a.png", "b.png")]
    for name in pair:
        Image.fromarray(np.random.default_rng(len(name)).integers(0, 255, (64, 64, 3), np.uint8)).save(name)
    engine = ["--engine", "changevg", "--weights", str(hostile), "--guide", str(bundle_folder)]
    ask, describe = ["ask", *pair, "What changed?", *engine], ["describe", *pair, *engine]
    cases = [(ask, "y"), (ask, "yes"), (describe, "1"), (ask, "")]
    code = (
        "import json, os, subprocess, sys\n"
        "from chronosight.cli.main import main\n"
        "for words, answer in json.loads(sys.argv.pop()):\n"
        "    answers = subprocess.Popen(['yes', answer], stdout=subprocess.PIPE)\n"
        "    os.dup2(answers.stdout.fileno(), 0)\n"
        "    sys.stdin, sys.argv = os.fdopen(os.dup(0)), ['chronosight', *words]\n"
        "    try:\n        main()\n"
        "    except SystemExit as ended:\n        print('ended', ended.code, flush=True)\n"
        "    answers.kill()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, json.dumps(cases)], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == ["ended 2"] * len(cases), done.stderr[-500:]
    errors = done.stderr.splitlines()
    assert len(errors) == len(cases) and all("unheard_of" in line for line in errors), done.stderr[-500:]
    assert not (tmp_path / "RAN").exists()
