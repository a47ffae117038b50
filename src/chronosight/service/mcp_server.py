"""`chronosight mcp`: six tools for agents, over stdio or streamable HTTP, with the official SDK.

Only files below the folders given with --root are read, and nothing is written but into the data folder.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeVar

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

import chronosight
from chronosight.engines.router import check_question
from chronosight.errors import InputError
from chronosight.reports.description_json import object_dict
from chronosight.reports.plain_text import summary_lines
from chronosight.reports.read import read_description
from chronosight.results.answer import Answer
from chronosight.service import scenes
from chronosight.service.answering import Answering, NotDescribed
from chronosight.service.conversation import reply_text
from chronosight.service.jobs import JobRequest, check_request, run_job
from chronosight.service.messages import public_message
from chronosight.service.settings import Settings
from chronosight.service.store import Job, Store
from chronosight.timeline.questions import answer_question
from chronosight.timeline.read import read_timeline
from chronosight.timeline.timeline import Timeline
from chronosight.timeline.write import track_dict

INSTRUCTIONS = (
    "Questions about satellite and aerial images. Call open_scene first: one image, or two dates of one place (the earlier "
    "first), or a video; three or more dates of one place with kind \"series\". Of two dates call describe_change, of a series "
    "compare_dates, then list_objects or get_report; ask answers single questions about any scene. "
    "Answers with confident = false are not to be relied on."
)
MAX_LISTED = 500  # objects in one answer
MAX_REPORT = 200_000  # characters
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
T = TypeVar("T")


class SceneInfo(BaseModel):
    """An opened scene."""

    scene: str = Field(description="Id of the scene, for the other tools")
    kind: str = Field(description="image, pair, video or series")
    width: int = Field(description="In pixels")
    height: int = Field(description="In pixels")
    metres_per_pixel: float | None
    times: list[str | None]
    dates: list[str] | None = Field(None, description="Of a series, the earliest first")
    corners_lonlat: list[list[float]] | None = Field(description="Upper left, then clockwise; null without a georeference")
    whole_scene: bool = Field(description="Whether it is read tile by tile; then describe_change comes before ask")
    notes: list[str]
    doubts: list[str] = Field(description="Why no confident answer can be given")


class ChangeInfo(BaseModel):
    """What changed between two dates."""

    caption: str
    changed: bool | None = Field(description="null: cannot tell")
    changed_confidence: float | None
    confident: bool = Field(description="Whether `changed` can be relied on")
    classes: list[dict[str, Any]] = Field(description="Appeared and vanished objects of each class, with places and confidence")
    object_count: int
    summary: list[str]
    notes: list[str]


class DateCounts(BaseModel):
    """Followed objects of one class at one date. Objects that never change are not counted."""

    date: str
    class_name: str
    present: int
    present_area: float
    appeared: int = Field(description="New since the date before")
    appeared_area: float
    vanished: int = Field(description="Gone since the date before")
    vanished_area: float


class QuestionAnswer(BaseModel):
    """A question of compare_dates with its answer."""

    question: str
    text: str
    confidence: float | None
    confident: bool
    notes: list[str]


class SeriesInfo(BaseModel):
    """What changed in the course of a series of dates."""

    dates: list[str] = Field(description="Dates that were compared; empty and clouded ones are left out, and a note says so")
    area_unit: str = Field(description="m2 or px")
    table: list[DateCounts]
    captions: list[str] = Field(description="One sentence for each date after the first: what changed since the date before")
    object_count: int = Field(description="Objects that came or went; list_objects lists them")
    answers: list[QuestionAnswer]
    notes: list[str]
    doubts: list[str] = Field(description="Why no confident answer can be given")


class AnswerInfo(BaseModel):
    """An answer."""

    text: str
    value: bool | int | float | str | list[str] | None = Field(description="Typed; null where there is no answer")
    unit: str | None
    task: str = Field(description='"open" where the question cannot be answered; text says why')
    confidence: float | None
    confident: bool
    interval: list[int] | None = Field(description="Of a count: the true number lies between these in 90 % of all answers")
    object_numbers: list[int] = Field(description="Changed objects that the question is about")
    notes: list[str]


class ObjectList(BaseModel):
    """Changed objects."""

    total: int = Field(description="How many fit the filters")
    objects: list[dict[str, Any]]


class ReportText(BaseModel):
    """A report as text."""

    format: str
    content: str
    cut: bool = Field(description="Whether the text was too long and ends early")


class Tools:
    """What the tools do."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        """Keeps scenes and descriptions in the data folder; each call may take so many seconds."""
        self.settings, self.seconds = settings, seconds
        self.store = Store(settings.data)
        self.answering = Answering(settings, self.store)
        self._describing = threading.Lock()

    async def open_scene(
        self,
        paths: Annotated[
            list[str],
            Field(min_length=1, max_length=64, description="One image or video, two dates with the earlier first, or with kind "
                  "three or more images; below a folder that this server may read"),
        ],
        kind: Annotated[
            Literal["series", "video"] | None,
            Field(description="Of three or more images: dates of one place, or frames of one video"),
        ] = None,
        dates: Annotated[
            list[str],
            Field(max_length=64, description='Of a series, a date for each image, "" where its metadata or name says it; none of '
                  "them where all say it"),
        ] = [],  # noqa: B006
    ) -> SceneInfo:
        """Open one image, two or more dates of one place, or a video. Returns the id that the other tools take."""
        facts, _ = await self._within(lambda: scenes.add_paths(self.store, paths, self.settings.roots, kind, dates))
        shown = {key: facts[key] for key in SceneInfo.model_fields if key in facts}
        return SceneInfo(scene=facts["id"], **shown)

    async def describe_change(self, scene: str, context: Context) -> ChangeInfo:
        """Describe what changed between the two dates of a scene: a sentence, counts by class, places, confidence."""
        job = await self._finished(scene, "describe", context)
        found = await self._within(lambda: read_description(self.store.files_of(job)))
        changed = found.changed.to_dict()
        value = changed["value"] if isinstance(changed["value"], bool) else None
        classes = [
            {
                "name": item.name, "appeared": item.appeared, "vanished": item.vanished, "places": list(item.cells),
                "confidence": round(item.confidence, 4), "interval": item.interval,
            }
            for item in found.classes
        ]  # fmt: skip
        return ChangeInfo(
            caption=reply_text(found.caption), changed=value, changed_confidence=changed["confidence"],
            confident=changed["confident"], classes=classes, object_count=len(found.objects), summary=summary_lines(found),
            notes=list(dict.fromkeys((*found.scene.notes, *found.notes))),
        )  # fmt: skip

    async def ask(
        self,
        scene: str,
        question: Annotated[str, Field(max_length=2000)],
        earlier_questions: Annotated[list[str], Field(max_length=20, description="Of this conversation, oldest first")] = [],  # noqa: B006
    ) -> AnswerInfo:
        """Answer one question about a scene in free wording: whether, how many, where, what area, which are the largest."""
        facts = self._scene(scene)
        try:
            reply = await self._within(lambda: self.answering.ask_scene(facts, [*earlier_questions, question]))
        except NotDescribed:
            tool = "compare_dates" if facts["kind"] == "series" else "describe_change"
            raise ToolError(f"this scene is not answered about at once; call {tool} first") from None
        answer = reply.answer.to_dict()
        return AnswerInfo(
            text=reply_text(reply.answer), value=answer["value"], unit=reply.answer.unit, task=answer["task"],
            confidence=answer["confidence"], confident=answer["confident"], interval=answer.get("interval"),
            object_numbers=list(reply.numbers), notes=answer["notes"],
        )  # fmt: skip

    async def compare_dates(
        self,
        scene: Annotated[str, Field(description="A scene of kind series: three or more dates of one place")],
        context: Context,
        questions: Annotated[
            list[Annotated[str, Field(max_length=2000)]],
            Field(max_length=20, description='Such as "When was the first building built?"'),
        ] = [],  # noqa: B006
    ) -> SeriesInfo:
        """Compare three or more dates of one place: which buildings and roads came or went, when, and how many there are."""
        job = await self._finished(scene, "timeline", context)
        found = await self._within(lambda: read_timeline(self.store.files_of(job)))
        answers = []
        for question in questions:
            answer = await self._within(partial(_answer, found, question))
            facts = answer.to_dict()
            answers.append(QuestionAnswer(question=question, text=answer.text, **{
                name: facts[name] for name in ("confidence", "confident", "notes")
            }))  # fmt: skip
        dates = [date.text for date in found.stack.dates]
        table = [DateCounts(**{**vars(row), "date": dates[row.date]}) for row in found.rows]
        return SeriesInfo(
            dates=dates, area_unit=found.unit, table=table, captions=list(found.captions), object_count=len(found.tracks),
            answers=answers, notes=list(found.notes), doubts=list(found.stack.doubts),
        )  # fmt: skip

    async def list_objects(
        self,
        scene: str,
        context: Context,
        class_name: Annotated[str | None, Field(description="building or road")] = None,
        direction: Literal["appeared", "vanished"] | None = None,
        min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0,
        min_area_m2: Annotated[float, Field(ge=0)] = 0.0,
        offset: Annotated[int, Field(ge=0)] = 0,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 50,
    ) -> ObjectList:
        """List changed objects of two dates or a series, the largest first: class, when it changed, area, place, confidence."""
        if self._scene(scene)["kind"] == "series":
            job = await self._finished(scene, "timeline", context)
            series = await self._within(lambda: read_timeline(self.store.files_of(job)))
            dates = [date.text for date in series.stack.dates]
            facts = [track_dict(track, dates) for track in series.tracks]
        else:
            job = await self._finished(scene, "describe", context)
            pair = await self._within(lambda: read_description(self.store.files_of(job)))
            facts = [object_dict(item) for item in pair.objects]
        chosen = [
            row
            for row in facts
            if class_name in (None, row["class"])
            and direction in (None, *_directions(row))
            and row["confidence"] >= min_confidence
            and row.get("area_m2", min_area_m2) >= min_area_m2
        ]
        chosen.sort(key=lambda row: row["area_px"], reverse=True)
        left_out = ("polygon_px", "holes_px", "id")
        rows = [{key: value for key, value in row.items() if key not in left_out} for row in chosen[offset : offset + limit]]
        return ObjectList(total=len(chosen), objects=rows)

    async def get_report(
        self, scene: str, context: Context, format: Literal["summary", "narrative", "geojson", "description"] = "summary"
    ) -> ReportText:
        """Get the report of two dates or a series as text: a summary, a narrative, the objects as GeoJSON, or all as JSON."""
        series = self._scene(scene)["kind"] == "series"
        if series and format == "narrative":
            raise ToolError("a series has no narrative; ask for the summary")
        job = await self._finished(scene, "timeline" if series else "describe", context)
        folder = self.store.files_of(job)
        if format == "summary":
            lines = (lambda: series_lines(read_timeline(folder))) if series else (lambda: summary_lines(read_description(folder)))
            text = "\n".join(await self._within(lines))
        else:
            geojson = "objects.geojson" if "objects.geojson" in job.files else "objects.pixels.json"
            whole = "timeline.json" if series else "description.json"
            name = {"narrative": "narrative.json", "geojson": geojson, "description": whole}[format]
            text = await self._within(lambda: (folder / name).read_text(encoding="utf-8"))
        return ReportText(format=format, content=text[:MAX_REPORT], cut=len(text) > MAX_REPORT)

    async def _finished(self, scene: str, kind: Literal["describe", "timeline"], context: Context) -> Job:
        """The finished description or timeline of a scene, made where there is none yet."""
        facts = self._scene(scene)
        request = JobRequest(scene=scene, type=kind)
        try:
            check_request(request, facts)
        except InputError as error:
            raise ToolError(str(error)) from None
        known = self.store.finished(scene, kind)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def progress(done: int, total: int) -> None:
            if not stop.is_set():
                asyncio.run_coroutine_threadsafe(context.report_progress(done, total), loop)
            elif kind == "describe":
                raise TimeoutError("stopped")  # an OSError: what is done of a whole scene is kept, and the next call goes on
            # A timeline keeps nothing half-done: it is finished after the call has ended, and the next call finds it.

        def run() -> Job:
            with self._describing:
                known = self.store.finished(scene, kind)
                if known is not None:
                    return known
                job = self.store.begin_job(scene, kind, {"scene": scene, "type": kind}, os.getpid())
                try:
                    notes, files = run_job(self.store, job, self.answering.engine(), progress)
                except BaseException as error:
                    self.store.finish(job.id, "failed", public_message(Exception(error)), [], [])
                    raise
                self.store.finish(job.id, "done", None, notes, files)
                return self.store.job(job.id) or job

        return await self._within(run, stop)

    def _scene(self, scene: str) -> dict[str, Any]:
        facts = self.store.scene(scene)
        if facts is None:
            raise ToolError("no scene of that id; call open_scene")
        return facts

    async def _within(self, work: Callable[[], T], stop: threading.Event | None = None) -> T:
        """Runs work in a thread, for the seconds that a call may take. Raises ToolError with one line for what goes wrong."""
        try:
            with anyio.fail_after(self.seconds):
                return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
        except TimeoutError:
            raise ToolError(f"this took more than {self.seconds:g} seconds; call again, or give a smaller scene") from None
        except (InputError, OSError) as error:
            raise ToolError(public_message(error)) from None
        except MemoryError:
            raise ToolError("not enough memory for this scene; give a part of it, or a smaller version") from None
        finally:
            if stop is not None:
                stop.set()


def series_lines(timeline: Timeline) -> list[str]:
    """A timeline in sentences, one a line: what changed since the date before, then the notes.

    Args:
        timeline: The timeline.

    Returns:
        Such as "2015, since 2012: 3 buildings appeared."
    """
    steps = zip(pairwise(date.text for date in timeline.stack.dates), timeline.captions, strict=True)
    lines = [f"{after}, since {before}: {text}." for (before, after), text in steps]
    return lines + [f"Note: {note}" for note in (*timeline.notes, *timeline.stack.doubts)]


def _answer(timeline: Timeline, question: str) -> Answer:
    return answer_question(timeline, check_question(question))


def _directions(facts: dict[str, Any]) -> list[str]:
    """Which ways an object changed: one of two dates, one or more of a series."""
    return [facts["direction"]] if "direction" in facts else [event["direction"] for event in facts["events"]]


def build(settings: Settings, seconds: float) -> MCPServer[Any]:
    """The server with its tools.

    Args:
        settings: Folders that may be read, the data folder and the engine.
        seconds: Longest time of one call.
    """
    tools = Tools(settings, seconds)
    server: MCPServer[Any] = MCPServer(
        "chronosight", title="Chronosight", instructions=INSTRUCTIONS, version=chronosight.__version__, log_level="WARNING"
    )
    described: list[tuple[Callable[..., Awaitable[BaseModel]], str]] = [
        (tools.open_scene, "Open images"),
        (tools.describe_change, "Describe what changed"),
        (tools.compare_dates, "Compare a series of dates"),
        (tools.ask, "Ask about a scene"),
        (tools.list_objects, "List changed objects"),
        (tools.get_report, "Get the report"),
    ]
    for tool, title in described:
        server.add_tool(tool, title=title, annotations=READ_ONLY, structured_output=True)
    return server


def run_stdio(settings: Settings, seconds: float) -> None:
    """Serves one client over standard input and output.

    Args:
        settings: Settings of the server.
        seconds: Longest time of one tool call.
    """
    build(settings, seconds).run("stdio")


def run_http(settings: Settings, seconds: float) -> None:
    """Serves over streamable HTTP at /mcp, behind the same protection as `chronosight serve`.

    Args:
        settings: Settings of the server.
        seconds: Longest time of one tool call.
    """
    import uvicorn
    from mcp.server.transport_security import TransportSecuritySettings

    from chronosight.service.protection import Protection

    # Host, origin and key are checked by Protection, for every address alike.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = build(settings, seconds).streamable_http_app(transport_security=unchecked)
    uvicorn.run(Protection(app, settings), host=settings.host, port=settings.port, log_level="info", server_header=False)
