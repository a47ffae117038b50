"""Questions answered at once, in this process: the engine, the scenes it has read, and a bounded queue before it.

A scene is known by the content of its files, so that every further question about it, in whatever request, finds it read and
encoded. Conversations are kept too, so that a turn costs one answer; one that was dropped is made again from its questions.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from chronosight import pipeline
from chronosight.engines.asked_about import objects_asked_about
from chronosight.engines.router import check_question
from chronosight.errors import InputError
from chronosight.limits import MAX_ANSWER_SECONDS, MAX_SERVICE_PIXELS
from chronosight.pipeline import Opening
from chronosight.reports.geojson import lonlat_collection, pixel_collection
from chronosight.reports.read import read_description
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.description import Description
from chronosight.results.evidence import Evidence
from chronosight.scenes.files import file_format
from chronosight.scenes.lonlat import scene_corners
from chronosight.service.scenes import files_of, in_shown_names, open_small, stored_names
from chronosight.service.settings import Settings
from chronosight.service.store import Store
from chronosight.tasks.parsing import TAKEN, in_conversation

if TYPE_CHECKING:
    from chronosight.engines.engine import Conversation, Engine
    from chronosight.results.answer import Answer
    from chronosight.results.changed_object import ChangedObject
    from chronosight.results.zones import ZoneTable
    from chronosight.scenes.scene import Scene

KEPT_PIXELS = 4 * MAX_SERVICE_PIXELS  # of the frames of all scenes that are kept: 300 MB
SHOWN = ("id", "kind", "width", "height", "metres_per_pixel", "times", "georeference", "corners_lonlat", "notes", "doubts")
AS_SENT = Opening(video=True)  # several images were sent as one series
KEPT_SCENES = 16
KEPT_CONVERSATIONS = 64
REPLAYED = 6  # earlier questions that a conversation is made again from: a follow-up leans on the last few
REMOTE_THREADS = 8  # questions at a time behind an endpoint, whose server batches them
log = logging.getLogger("chronosight.service")
T = TypeVar("T")


class Busy(Exception):
    """The queue is full."""


class Late(Exception):
    """The answer took too long."""


class NotDescribed(Exception):
    """A whole scene that has no finished description yet, or a series without a finished timeline; says what to do."""


@dataclass(frozen=True)
class Reply:
    """An answer, with the objects it is about.

    Attributes:
        answer: as the engine gave it.
        scene: facts of the scene as JSON types: "id", "kind", "width", "height", "georeference", ...
        numbers: of the objects that the question is about.
        objects: those objects: GeoJSON where the scene has a place on the Earth, else features in pixels; None for an image
            or a video.
    """

    answer: Answer
    scene: dict[str, Any]
    numbers: tuple[int, ...] = ()
    objects: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The namespaced field `chronosight` of an answer."""
        evidence = None if self.objects is None else {"object_numbers": list(self.numbers), "objects": self.objects}
        return {"version": 1, "answer": self.answer.to_dict(), "scene": self.scene, "evidence": evidence}


class Answering:
    """The engine of one process, and what it remembers."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Loads nothing yet."""
        self.settings, self.store = settings, store
        self.failure: str | None = None
        threads = REMOTE_THREADS if "endpoint" in settings.options else 1
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._most, self.waiting = settings.queue + threads, 0
        self._engine: Engine | None = None
        self._loading, self._lock = threading.Lock(), threading.Lock()
        self._scenes: OrderedDict[str, Scene] = OrderedDict()
        self._conversations: OrderedDict[tuple[str, tuple[str, ...]], Conversation] = OrderedDict()
        self._found: OrderedDict[str, tuple[ChangedObject, ...]] = OrderedDict()

    def start(self) -> None:
        """Loads the engine in the background."""
        self._pool.submit(self._load_or_say)

    def stop(self) -> None:
        """Lets no further question in."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether the engine is loaded."""
        return self._engine is not None

    async def run(self, work: Callable[[], T]) -> T:
        """Runs work in the queue before the engine.

        Args:
            work: The work.

        Returns:
            What the work returns.

        Raises:
            Busy: The queue is full.
            Late: The work took longer than MAX_ANSWER_SECONDS.
        """
        if self.waiting >= self._most:
            raise Busy
        self.waiting += 1
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._left(loop))
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), MAX_ANSWER_SECONDS)
        except TimeoutError:
            raise Late from None

    def ask_content(self, content: Sequence[bytes], questions: Sequence[str]) -> Reply:
        """Answers the last of some questions about images in memory; the others are the conversation before it.

        Args:
            content: The files, in date order.
            questions: At least one, oldest first.

        Raises:
            InputError: The images or the question cannot be used.
        """
        digest = hashlib.sha256("\n".join(hashlib.sha256(file).hexdigest() for file in content).encode()).hexdigest()[:32]
        return self._ask(digest, lambda: _open_content(content), questions)

    def ask_scene(self, facts: dict[str, Any], questions: Sequence[str], opening: Opening = AS_SENT) -> Reply:
        """Answers the last of some questions about a scene of the store.

        Args:
            facts: Facts of the scene.
            questions: The conversation, oldest question first; the last one is answered.
            opening: How the files are opened; a whole scene and a series are answered from their jobs, whatever this says.

        Returns:
            The reply.

        Raises:
            InputError: The files or the question cannot be used.
            NotDescribed: A whole scene has no finished description, or a series no finished timeline.
        """
        if facts["kind"] == "series":
            return self._ask_timeline(facts, questions[-1])
        if facts["whole_scene"]:
            return self._ask_described(facts, questions)
        # Files opened in another way are another scene to everything that is remembered.
        digest = facts["id"] if opening == AS_SENT else f"{facts['id']} {opening}"
        try:
            reply = self._ask(digest, lambda: open_small(files_of(self.store, facts), opening), questions)
        except InputError as error:
            raise InputError(in_shown_names(facts, str(error))) from None
        notes = {key: [in_shown_names(facts, line) for line in reply.scene[key]] for key in ("notes", "doubts")}
        answer = replace(reply.answer, notes=tuple(in_shown_names(facts, note) for note in reply.answer.notes))
        return replace(reply, answer=answer, scene={**reply.scene, **notes, "id": facts["id"]})

    def engine(self) -> Engine:
        """The engine, loaded when first needed. Raises InputError where it cannot be."""
        from chronosight.engines.compact.engine import CompactEngine

        with self._loading:
            if self._engine is None:
                engine = self.settings.load_engine()
                if isinstance(engine, CompactEngine):
                    engine.remembered = KEPT_SCENES
                self._engine = engine
            return self._engine

    def _ask(self, digest: str, open_scene: Callable[[], Scene], questions: Sequence[str]) -> Reply:
        engine, scene = self.engine(), self._scene(digest, open_scene)
        *earlier, question = questions
        conversation = self._conversation(digest, tuple(earlier), scene, engine)
        answer = conversation.ask(question)
        self._keep_conversation((digest, tuple(questions)), conversation)
        facts = scene_facts(digest, scene)
        if scene.kind != "pair":
            return Reply(answer, facts)
        objects = answer.evidence.objects if answer.evidence else self._objects(digest, scene, engine)
        return _with_objects(answer, facts, scene, objects, question)

    def _ask_described(self, facts: dict[str, Any], questions: Sequence[str]) -> Reply:
        job = self.store.finished(facts["id"], "describe")
        if job is None:
            raise NotDescribed(
                "questions about a scene of this size are answered from its description, which is not finished; describe the "
                "changes first (a job of type describe), then ask again"
            )
        folder = self.store.files_of(job)
        description = read_description(folder)
        zones = [row.name for row in description.zones.rows] if description.zones else []
        question = in_conversation(questions, "pair", zones)
        answer = pipeline.ask([folder], [question], self.engine).answers[0]
        if question != questions[-1]:
            answer = replace(answer, notes=(TAKEN + question, *answer.notes))
        shown = {key: facts[key] for key in SHOWN}
        return _with_objects(answer, shown, description.scene, description.objects, question, description.zones)

    def _ask_timeline(self, facts: dict[str, Any], question: str) -> Reply:
        from chronosight.timeline.questions import answer_with_objects
        from chronosight.timeline.read import read_timeline

        job = self.store.finished(facts["id"], "timeline")
        if job is None:
            raise NotDescribed(
                "questions about a series are answered from its timeline, which is not finished; compare the dates first (a job "
                "of type timeline), then ask again"
            )
        folder = self.store.files_of(job)
        answer, numbers = answer_with_objects(read_timeline(folder), check_question(question))
        name = next(name for name in ("objects.geojson", "objects.pixels.json") if name in job.files)
        objects = json.loads((folder / name).read_text(encoding="utf-8"))
        objects["features"] = [feature for feature in objects["features"] if feature["id"] in numbers]
        return Reply(answer, {key: facts[key] for key in SHOWN}, numbers, objects)

    def _objects(self, digest: str, scene: Scene, engine: Engine) -> tuple[ChangedObject, ...]:
        """The objects of a pair whose answer brought none."""
        from chronosight.engines.compact.engine import CompactEngine

        if digest not in self._found:
            # To describe costs several replies of a large model, so that there the guide alone is asked.
            compact = isinstance(engine, CompactEngine)
            self._found[digest] = engine.describe(scene).objects if compact else engine.guide_facts(scene)[0].objects
            while len(self._found) > KEPT_SCENES:
                self._found.popitem(last=False)
        return self._found[digest]

    def _scene(self, digest: str, open_scene: Callable[[], Scene]) -> Scene:
        with self._lock:
            known = self._scenes.get(digest)
            if known is not None:
                self._scenes.move_to_end(digest)
                return known
        scene = open_scene()
        with self._lock:
            self._scenes[digest] = scene
            while len(self._scenes) > 1 and (len(self._scenes) > KEPT_SCENES or self._pixels() > KEPT_PIXELS):
                gone, _ = self._scenes.popitem(last=False)
                for key in [key for key in self._conversations if key[0] == gone]:
                    del self._conversations[key]
        return scene

    def _pixels(self) -> int:
        return sum(scene.frames.size // 3 for scene in self._scenes.values())

    def _conversation(self, digest: str, earlier: tuple[str, ...], scene: Scene, engine: Engine) -> Conversation:
        with self._lock:
            known = self._conversations.pop((digest, earlier), None)
        if known is not None:
            return known
        conversation = engine.chat(scene)
        for question in earlier[-REPLAYED:]:
            conversation.ask(question)
        return conversation

    def _keep_conversation(self, key: tuple[str, tuple[str, ...]], conversation: Conversation) -> None:
        with self._lock:
            self._conversations[key] = conversation
            while len(self._conversations) > KEPT_CONVERSATIONS:
                self._conversations.popitem(last=False)

    def _left(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.call_soon_threadsafe(self._count_down)
        except RuntimeError:  # the server has stopped
            return

    def _count_down(self) -> None:
        self.waiting -= 1

    def _load_or_say(self) -> None:
        try:
            self.engine()
        except InputError as error:
            self.failure = str(error)
            log.error("the engine cannot be loaded: %s", error)


def scene_facts(digest: str, scene: Scene) -> dict[str, Any]:
    """The facts of a scene that answers about it carry.

    Args:
        digest: Id of the scene.
        scene: The scene.

    Returns:
        The facts, as JSON types.
    """
    from chronosight.reports.description_json import scene_dict

    facts = scene_dict(scene, float(scene.valid.mean()))
    del facts["sources"]
    return {"id": digest, **facts, "notes": list(scene.notes), "doubts": list(scene.doubts)}


def _with_objects(
    answer: Answer, facts: dict[str, Any], scene: Scene, objects: tuple[ChangedObject, ...], question: str,
    zones: ZoneTable | None = None,
) -> Reply:  # fmt: skip
    """The answer with those of a pair's objects that it is about."""
    corners = scene_corners(scene)
    metric = corners is not None or scene.metres_per_pixel is not None
    summary = ChangeSummary(objects, scene.width, scene.height, metric, 0.5, corners, zones)
    # A follow-up, such as "And the roads?", is about what the note says it was taken as.
    taken = next((note.removeprefix(TAKEN) for note in answer.notes if note.startswith(TAKEN)), question)
    chosen = tuple(objects_asked_about(summary, taken))
    none = np.zeros((0, 0), np.uint8)
    shown = Description(answer, answer, (), Evidence((), none, none, none, chosen), scene=scene)
    return Reply(answer, facts, tuple(item.number for item in chosen), lonlat_collection(shown) or pixel_collection(shown))


def _open_content(content: Sequence[bytes]) -> Scene:
    """Opens files in memory by way of a folder that is gone afterwards: the decoders read files."""
    with tempfile.TemporaryDirectory(prefix="chronosight-") as folder:
        raw = [Path(folder) / f"image {number}" for number in range(1, len(content) + 1)]
        for path, data in zip(raw, content, strict=True):
            path.write_bytes(data)
        names = stored_names([file_format(path) for path in raw])
        paths = [path.rename(path.with_name(name)) for path, name in zip(raw, names, strict=True)]
        scene = open_small(paths)
    scene.sources = tuple(path.name for path in paths)
    return scene
