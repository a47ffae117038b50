"""Fixtures for all tests. Files of helpers/ (tiny_bundle.py, bad_inputs.py) can be imported by name."""

import pytest

from tiny_bundle import write_bundle


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    """Weights of the compact engine with known answers (tests/helpers/tiny_bundle.py)."""
    return write_bundle(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture(scope="session")
def qwen_folder(tmp_path_factory):
    """A tiny random Qwen2.5-VL (tests/helpers/tiny_qwen.py)."""
    from tiny_qwen import write_tiny_qwen

    return write_tiny_qwen(tmp_path_factory.mktemp("qwen") / "tiny")
