"""Requests written for `vllm run-batch`, and its replies read: the rows are those of a server that replies the same."""

import json

import pytest

from bad_inputs import texture, write_tiff
from chronosight.batch.job import Job
from chronosight.batch.row import Row
from chronosight.batch.run import run_batch
from chronosight.batch.vllm_files import write_requests
from chronosight.errors import InputError


@pytest.fixture
def rows(tmp_path):
    made = []
    for i in range(2):
        before, after = texture(seed=i), texture(seed=i)
        after[20:36, 8:24] = 255
        files = write_tiff(tmp_path / f"{i}a.tif", before), write_tiff(tmp_path / f"{i}b.tif", after)
        made.append(Row(f"p{i}", str(files[0]), str(files[1]), questions=("How many buildings are new?",)))
    return made


def reply(line: dict) -> dict:
    """As vLLM writes it, to a question of yes or no, a number or words."""
    text = json.dumps(line["body"]["messages"]).lower()
    said = "3" if "how many" in text else "a house has been built"
    body = {"choices": [{"message": {"content": said}, "finish_reason": "stop"}]}
    return {"id": "x", "custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def test_requests_out_and_replies_in(rows, bundle_folder, tmp_path):
    job = Job("changevg", "some/model", {"guide": str(bundle_folder)}, files=True)
    count, errors = write_requests([*rows, Row("bad", "absent.tif", "absent.tif")], job, tmp_path / "requests.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert len(lines) == count == len({line["custom_id"] for line in lines}) and [name for name, _ in errors] == ["bad"]
    assert all(line["url"] == "/v1/chat/completions" and line["body"]["model"] == "some/model" for line in lines)
    assert "data:image/png;base64," in json.dumps(lines[0])
    replies = tmp_path / "replies.jsonl"
    replies.write_text("".join(json.dumps(reply(line)) + "\n" for line in reversed(lines)))
    answered = Job("changevg", "some/model", {"guide": str(bundle_folder)}, files=True, replies=str(replies))
    done, _, _ = run_batch(rows, answered, tmp_path / "out")
    assert done.failed == 0
    found = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert all(row["error"] is None and row["buildings_appeared"] is not None for row in found)


def test_a_missing_reply_is_the_error_of_its_row_alone(rows, bundle_folder, tmp_path):
    (tmp_path / "replies.jsonl").write_text("")
    job = Job("changevg", "some/model", {"guide": str(bundle_folder)}, files=True, replies=str(tmp_path / "replies.jsonl"))
    done, _, _ = run_batch(rows[:1], job, tmp_path / "out")
    assert done.failed == 1 and "has no reply" in (tmp_path / "out" / "results.jsonl").read_text()


def test_other_engines_have_no_requests(rows, tmp_path):
    with pytest.raises(InputError, match="--engine changevg"):
        write_requests(rows, Job(), tmp_path / "requests.jsonl")
