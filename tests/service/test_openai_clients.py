"""The stock OpenAI client against a real server."""

import openai
import pytest

import chronosight
from chronosight import pipeline
from served import shown

ASK = "How many new buildings are there?"


@pytest.fixture(scope="module")
def client(served):
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def local(bundle_folder):
    return chronosight.load(weights=bundle_folder)


def user_message(*parts, text):
    return {"role": "user", "content": [*parts, {"type": "text", "text": text}]}


def test_models(client):
    assert [model.id for model in client.models.list()] == ["chronosight"]
    assert client.models.retrieve("chronosight").owned_by == "chronosight"


def test_a_pair_is_answered_as_the_python_api_answers(client, local, pair):
    expected = chronosight.ask(pair, ASK, engine=local)
    assert expected.value == 2
    reply = client.chat.completions.create(model="chronosight", messages=[user_message(*shown(*pair), text=ASK)])
    assert reply.choices[0].finish_reason == "stop" and reply.choices[0].message.content.startswith("2")
    more = reply.chronosight
    assert more["answer"].items() <= expected.to_dict().items()
    assert more["scene"]["kind"] == "pair" and more["scene"]["georeference"]["crs"]
    features = more["evidence"]["objects"]["features"]
    assert [f["properties"]["class"] for f in features] == ["building"] * 2
    assert [f["id"] for f in features] == more["evidence"]["object_numbers"]
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


def test_an_unsure_answer_says_so_in_its_text(client, local, pair):
    expected = chronosight.ask(pair, ASK, engine=local)
    reply = client.chat.completions.create(model="chronosight", messages=[user_message(*shown(*pair), text=ASK)])
    assert ("not confident" in reply.choices[0].message.content) == (not expected.confident)


def test_a_follow_up_leans_on_the_question_before(client, pair):
    messages = [user_message(*shown(*pair), text=ASK)]
    first = client.chat.completions.create(model="chronosight", messages=messages)
    messages += [{"role": "assistant", "content": first.choices[0].message.content}, user_message(text="And the roads?")]
    second = client.chat.completions.create(model="chronosight", messages=messages)
    assert second.chronosight["answer"]["value"] == 1
    assert len(second.chronosight["evidence"]["object_numbers"]) == 1
    assert second.chronosight["scene"]["id"] == first.chronosight["scene"]["id"]


def test_what_they_stand_for_is_the_same_in_every_way_of_asking(client, local, pair):
    questions = (ASK, "Which of them is the largest?", "How large is it?", "And roads?", "Is there a vanished road?", "Where?")
    python = pipeline.open_conversation(pair, local)
    messages = []
    for question in questions:
        expected = python.ask(question)
        messages.append(user_message(*(shown(*pair) if not messages else ()), text=question))
        reply = client.chat.completions.create(model="chronosight", messages=messages)
        assert reply.chronosight["answer"] == expected.to_dict()
        messages.append({"role": "assistant", "content": reply.choices[0].message.content})
    assert python.history[1][1].text.startswith("The largest building")
    assert python.history[-1][1].text == "No vanished roads were found, so there is no place to name."


def test_images_of_a_later_message_are_a_new_scene(client, pair):
    messages = [user_message(*shown(*pair), text=ASK), {"role": "assistant", "content": "2"}]
    messages.append(user_message(*shown(pair[0], pair[0]), text=ASK))
    reply = client.chat.completions.create(model="chronosight", messages=messages)
    assert reply.chronosight["answer"]["value"] == 0


def test_a_stream_says_the_same_and_ends_with_usage(client, pair):
    asked = {"model": "chronosight", "messages": [user_message(*shown(*pair), text=ASK)]}
    whole = client.chat.completions.create(**asked)
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage and not chunks[-1].choices
    assert chunks[-2].choices[0].finish_reason == "stop" and chunks[-2].chronosight == whole.chronosight


def test_a_limit_of_tokens_cuts_the_text(client, pair):
    reply = client.chat.completions.create(model="chronosight", messages=[user_message(*shown(*pair), text=ASK)], max_tokens=1)
    assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == ("2", "length")


def test_responses_whole_and_streamed(client, plain_image):
    shown_image = {"type": "input_image", "image_url": shown(plain_image)[0]["image_url"]["url"]}
    asked = [{"role": "user", "content": [shown_image, {"type": "input_text", "text": "Is this place rural or urban?"}]}]
    whole = client.responses.create(model="chronosight", input=asked)
    assert whole.output_text.startswith("urban") and whole.status == "completed"
    assert whole.chronosight["scene"]["kind"] == "image"
    with client.responses.stream(model="chronosight", input=asked) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == whole.output_text
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"


def test_without_an_image_it_says_what_is_missing(client):
    reply = client.chat.completions.create(model="chronosight", messages=[{"role": "user", "content": "Hello"}])
    assert "two dates" in reply.choices[0].message.content and reply.chronosight["answer"]["confident"] is False


def test_a_scene_of_the_server_in_place_of_images(client, served, pair):
    scene = served.add(*pair)
    extra = {"chronosight": {"scene": scene["id"]}}
    reply = client.chat.completions.create(model="chronosight", messages=[user_message(text=ASK)], extra_body=extra)
    assert reply.chronosight["answer"]["value"] == 2


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": "gpt"}, openai.NotFoundError, 'the one served is "chronosight"'),
        ({"messages": []}, openai.UnprocessableEntityError, "messages"),
        ({"n": 2}, openai.UnprocessableEntityError, "n:"),
        ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "response_format"),
        ({"messages": [user_message({"type": "input_audio"}, text="?")]}, openai.BadRequestError, "input_audio"),
        ({"messages": [user_message({"type": "image_url", "image_url": {"url": "data:image/png;base64,@@"}}, text="?")]},
         openai.BadRequestError, "base64"),
        ({"messages": [user_message({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, text="?")]},
         openai.BadRequestError, "data URL"),
        ({"messages": [user_message({"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/a.png"}}, text="?")]},
         openai.BadRequestError, "not fetched from 127.0.0.1"),
        ({"messages": [user_message({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}, text="?")]},
         openai.BadRequestError, "expected PNG"),
        ({"messages": [user_message(text="word " * 500)]}, openai.BadRequestError, "2,000"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 60},
         openai.BadRequestError, "100"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(client, change, error, words):
    asked = {"model": "chronosight", "messages": [user_message(text="?")], **change}
    with pytest.raises(error) as raised:
        client.chat.completions.create(**asked)
    message = raised.value.body["message"]
    assert words in message and "\n" not in message


def test_more_images_than_a_conversation_may_have(client, plain_image):
    with pytest.raises(openai.BadRequestError, match="at most 8"):
        messages = [user_message(*shown(*[plain_image] * 9), text="What is it?")]
        client.chat.completions.create(model="chronosight", messages=messages)
