"""Fixtures for all tests. Files of helpers/ (tiny_bundle.py, bad_inputs.py) can be imported by name."""

import os

import pytest

# Before numpy and torch are imported: pytest-xdist runs a worker a core, and more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tiny_bundle import write_bundle


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """What is kept between runs (chronosight.engines.compact.bundle_config) stays out of the user's own cache."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    """Weights of the compact engine with known answers (tests/helpers/tiny_bundle.py)."""
    return write_bundle(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture(scope="session")
def qwen_folder(tmp_path_factory):
    """A tiny random Qwen2.5-VL (tests/helpers/tiny_qwen.py)."""
    from tiny_qwen import write_tiny_qwen

    return write_tiny_qwen(tmp_path_factory.mktemp("qwen") / "tiny")
