"""The stock MCP client over stdio and over streamable HTTP."""

import os
import sys

import anyio
import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from large_scenes import Drawn, write_pair, write_series
from served import Served

TOOLS = ["open_scene", "describe_change", "compare_dates", "ask", "list_objects", "get_report"]


def over_stdio(images, weights, work, *options):
    """Runs work(client) against a server over standard input and output."""
    arguments = ["-m", "chronosight.cli", "mcp", "--root", str(images), "--weights", str(weights), *options]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env={**os.environ, "OMP_NUM_THREADS": "1"})

    async def main():
        async with Client(stdio_client(parameters)) as client:
            return await work(client)

    return anyio.run(main)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pair, and a series of dates."""
    folder = tmp_path_factory.mktemp("images")
    write_pair(folder, 128, 128, [Drawn(20, 20, 24, 16), Drawn(70, 84, 30, 20), Drawn(10, 100, 40, 9, "road")])
    built = {"2012": [], "2015": [Drawn(20, 20, 24, 16)], "2018": [Drawn(70, 84, 30, 20), Drawn(10, 100, 40, 9, "road")]}
    write_series(folder, 128, 128, built)
    return folder


def test_six_tools_from_images_to_reports(folder, bundle_folder):
    """One server process for both: of two dates, and of a series of dates."""

    async def work(client):
        await of_two_dates(client, folder)
        await of_a_series(client)

    over_stdio(folder, bundle_folder, work)


async def of_two_dates(client, folder):
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == TOOLS
    assert all(tool.annotations.read_only_hint and tool.output_schema and tool.description for tool in tools)

    async def call(name, **arguments):
        result = await client.call_tool(name, arguments, progress_callback=progress)
        assert not result.is_error, result
        return result.structured_content

    steps = []

    async def progress(done, total, message):
        steps.append((done, total))

    opened = await call("open_scene", paths=["before.tif", "after.tif"])
    scene = opened["scene"]
    assert (opened["kind"], opened["width"]) == ("pair", 128)
    described = await call("describe_change", scene=scene)
    assert described["object_count"] == 3 and steps and steps[-1][0] == steps[-1][1]
    listed = await call("list_objects", scene=scene, class_name="building", limit=1)
    assert listed["total"] == 2 and len(listed["objects"]) == 1 and listed["objects"][0]["class"] == "building"
    asked = await call("ask", scene=scene, question="How many new buildings are there?")
    assert asked["value"] == 2 and len(asked["object_numbers"]) == 2
    earlier = ["How many new buildings are there?"]
    follow = await call("ask", scene=scene, question="And the roads?", earlier_questions=earlier)
    assert follow["value"] == 1
    report = await call("get_report", scene=scene, format="geojson")
    assert '"FeatureCollection"' in report["content"] and not report["cut"]
    assert (await call("get_report", scene=scene))["content"].count("\n") >= 2

    async def refused(name, words, **arguments):
        result = await client.call_tool(name, arguments)
        assert result.is_error and words in result.content[0].text, result
        assert str(folder) not in result.content[0].text

    await refused("open_scene", "not below a folder", paths=["../other.tif"])
    await refused("open_scene", "not below a folder", paths=["/etc/passwd"])
    await refused("ask", "call open_scene", scene="none", question="?")
    single = await call("open_scene", paths=["before.tif"])
    await refused("describe_change", "two dates", scene=single["scene"])


async def of_a_series(client):
    paths, steps = [f"place_{year}.tif" for year in (2012, 2015, 2018)], []

    async def progress(done, total, message):
        steps.append((done, total))

    async def call(name, **arguments):
        result = await client.call_tool(name, arguments, progress_callback=progress)
        assert not result.is_error, result
        return result.structured_content

    async def refused(name, words, **arguments):
        result = await client.call_tool(name, arguments)
        assert result.is_error and words in result.content[0].text, result

    await refused("open_scene", "dates of one place", paths=paths)
    opened = await call("open_scene", paths=paths[::-1], kind="series")
    scene = opened["scene"]
    assert (opened["kind"], opened["dates"]) == ("series", ["2012", "2015", "2018"])
    await refused("ask", "call compare_dates first", scene=scene, question="What changed?")
    await refused("describe_change", "a series of dates", scene=scene)
    compared = await call("compare_dates", scene=scene, questions=["When was the first building built?"])
    assert compared["captions"] == ["1 building appeared", "1 building appeared, 1 road appeared"]
    assert [row["present"] for row in compared["table"] if row["class_name"] == "building"] == [0, 1, 2]
    assert compared["answers"][0]["text"] == "The first building was built between 2012 and 2015"
    assert compared["object_count"] == 3 and steps[-1] == (3, 3)
    asked = await call("ask", scene=scene, question="How many roads are there in 2018?")
    assert asked["value"] == 1 and len(asked["object_numbers"]) == 1
    listed = await call("list_objects", scene=scene, class_name="building", direction="appeared")
    assert listed["total"] == 2 and [row["first_seen"] for row in listed["objects"]] == ["2018", "2015"]
    report = await call("get_report", scene=scene)
    assert report["content"].startswith("2015, since 2012: 1 building appeared.\n2018, since 2015: 1 building")
    assert '"FeatureCollection"' in (await call("get_report", scene=scene, format="geojson"))["content"]
    assert '"chronosight.timeline/1"' in (await call("get_report", scene=scene, format="description"))["content"]
    await refused("get_report", "no narrative", scene=scene, format="narrative")


class Reports:
    """Plays the context of a call: keeps the progress that it reports."""

    def __init__(self):
        self.steps = []

    async def report_progress(self, done, total):
        self.steps.append((done, total))


def test_a_call_ends_at_its_limit_and_the_next_one_goes_on(tmp_path, bundle_folder, monkeypatch):
    from mcp.server.mcpserver.exceptions import ToolError

    from chronosight.scenes.large import choose
    from chronosight.service.mcp_server import Tools
    from chronosight.service.settings import Settings
    monkeypatch.setattr(choose, "LARGE_PIXELS", 500_000)
    write_pair(tmp_path / "images", 720, 720, [])
    tools = Tools(Settings(tmp_path / "data", weights=str(bundle_folder), roots=(tmp_path / "images",)), 60.0)

    async def main():
        scene = (await tools.open_scene(["before.tif", "after.tif"])).scene
        with pytest.raises(ToolError, match="describe_change first"):
            await tools.ask(scene, "Has anything changed?")
        tools.answering.engine()
        whole = Reports()
        tools.seconds = 0.02
        with pytest.raises(ToolError, match="more than"):
            await tools.describe_change(scene, Reports())
        tools.seconds = 60.0
        described = await tools.describe_change(scene, whole)
        assert described.object_count == 0
        assert not whole.steps or whole.steps[-1][0] == whole.steps[-1][1]  # none where the job ended between both calls
        assert tools.store.counts() == {"done": 1}, "the job that was stopped went on"

    anyio.run(main)


def test_streamable_http_with_a_key(tmp_path, pair, bundle_folder):
    key = "a-key-of-this-test-0123456789"
    options = ("--http", "--root", str(pair[0].parent))
    server = Served(tmp_path / "data", *options, weights=bundle_folder, command="mcp", CHRONOSIGHT_SERVICE_KEY=key).start("/mcp")
    try:
        assert httpx.post(f"{server.url}/mcp", json={}, trust_env=False).status_code == 401

        async def main():
            from mcp.client.streamable_http import streamable_http_client

            async with (
                httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60) as http,
                Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
            ):
                assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
                opened = await client.call_tool("open_scene", {"paths": ["before.tif", "after.tif"]})
                assert opened.structured_content["kind"] == "pair"

        anyio.run(main)
    finally:
        server.stop()


def test_without_a_root_it_does_not_start():
    from typer.testing import CliRunner

    from chronosight.cli.main import app

    done = CliRunner().invoke(app, ["mcp"])
    assert done.exit_code != 0 and "--root" in str(done.exception)


@pytest.mark.parametrize("path", ["link.tif", "folder/../../outside.tif"])
def test_links_out_of_a_root_are_not_followed(tmp_path, path):
    from chronosight.errors import InputError
    from chronosight.service.scenes import below

    (tmp_path / "root" / "folder").mkdir(parents=True)
    (tmp_path / "outside.tif").write_bytes(b"x")
    (tmp_path / "root" / "link.tif").symlink_to(tmp_path / "outside.tif")
    with pytest.raises(InputError, match="not below a folder"):
        below([tmp_path / "root"], path)
