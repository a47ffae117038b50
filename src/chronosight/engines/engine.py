"""What every engine offers: the one interface below the command line, the Python API and conversations.

Engines derive from these protocols and mark what they implement with `@override`; the docstrings here hold for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chronosight.results.answer import Answer
    from chronosight.results.change_probabilities import ChangeProbabilities
    from chronosight.results.description import Description
    from chronosight.results.evidence import Evidence
    from chronosight.results.zones import Zone
    from chronosight.scenes.scene import Scene
    from chronosight.tasks.clue import GuideFacts
    from chronosight.tasks.parsing import ParsedQuestion
    from chronosight.tasks.question import Question

Progress = Callable[[int, int], None]  # (tiles done, tiles in all)


class Conversation(Protocol):
    """Questions about one scene, which is encoded once; a short question leans on the one before it."""

    history: list[tuple[str, Answer]]

    def ask(self, text: str) -> Answer:
        """Answers the next question and adds it to the history.

        Args:
            text: The question; a short one refers to the one before it.

        Returns:
            The answer.

        Raises:
            InputError: The question is too long.
        """
        ...


class Engine(Protocol):
    """Answers questions about scenes. Scenes are known by identity: do not edit one between questions."""

    @property
    def maps_land_cover(self) -> bool:
        """Whether `describe` may give land-cover change."""
        ...

    def ask(
        self, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None
    ) -> Answer:
        """Answers a question in free wording.

        Args:
            scene: An image, a pair or a video.
            text: The question; one that fits no task gets an answer of task "open" that says what can be asked.
            progress: Called with (tiles done, tiles in all) while a pair is compared.
            zones: Districts that the question may name, of a pair.

        Returns:
            The answer.

        Raises:
            InputError: The question or the scene cannot be used.
        """
        ...

    def answer_parsed(self, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None) -> Answer:
        """Answers a parsed question by the model.

        Args:
            scene: An image, a pair or a video.
            parsed: The question (`tasks.parsing.parse_question`).
            progress: Called with (tiles done, tiles in all) while a pair is compared.

        Returns:
            The answer. A question that fits no task gets an answer of task "open": why, or the reply of an open model.
        """
        ...

    def answer(self, scene: Scene, question: Question, progress: Progress | None = None) -> Answer:
        """Answers a question of a known task.

        Args:
            scene: An image, a pair or a video.
            question: The question, of a task that suits the scene.
            progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.

        Returns:
            The answer.

        Raises:
            InputError: The task is asked of another kind of scene.
        """
        ...

    def describe(self, scene: Scene, progress: Progress | None = None) -> Description:
        """Describes what changed between two dates.

        Args:
            scene: A pair.
            progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.

        Returns:
            The caption, yes or no, counts and places by class, and the evidence.

        Raises:
            InputError: The scene is an image or a video.
        """
        ...

    def chat(self, scene: Scene) -> Conversation:
        """Starts a conversation about one scene.

        Args:
            scene: An image, a pair or a video.

        Returns:
            The conversation, its history empty.
        """
        ...

    def guide_facts(self, scene: Scene, progress: Progress | None = None) -> tuple[Evidence, GuideFacts]:
        """What the vision guide alone finds in a pair.

        Args:
            scene: A pair.
            progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.

        Returns:
            The maps and objects, and the facts that are given to the language model.

        Raises:
            InputError: The scene is an image or a video.
        """
        ...

    def compare_dates(self, place: Scene, pairs: Iterable[Scene]) -> Iterator[ChangeProbabilities]:
        """Compares pairs of dates of one place, pixel by pixel, each when it is asked for.

        Args:
            place: All dates, as a video; its ground size holds for all pairs.
            pairs: On one grid.

        Returns:
            The probabilities of each pair, in order.
        """
        ...
