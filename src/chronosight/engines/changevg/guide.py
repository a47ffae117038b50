"""What the vision guide sees of a pair, computed once a scene: the map, its facts, and the clue given to the model.

The guide is that of the compact engine's weights (onnxruntime), another weights folder where the user names one.
"""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.compact.encoded import EncodedScene, Networks
from chronosight.engines.engine import Progress
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import GuideFacts, GuideForm, write_clue


class SceneGuide:
    """The vision guide on one pair; each result is computed once."""

    def __init__(self, scene: Scene, networks: Networks, progress: Progress | None = None) -> None:
        """scene: a pair. progress: called with (tiles done, tiles in all)."""
        self._encoded = EncodedScene(scene, networks, progress)

    @property
    def evidence(self) -> Evidence:
        """The guide's maps and changed objects."""
        return self._encoded.guide_evidence

    def facts(self, caption: bool = True) -> GuideFacts:
        """The guide's findings.

        Args:
            caption: Whether to include the sentence, which takes as long as the maps.

        Returns:
            Probability of change, caption, and counts and cells by class.
        """
        return replace(self._encoded.facts, caption=self._encoded.sentence if caption else None)

    def clue(self, form: GuideForm) -> str:
        """The auxiliary prompt (arXiv 2509.23105).

        Args:
            form: How much it contains; `none` does not run the guide.

        Returns:
            The clue; "" for the form `none`.
        """
        return "" if form == "none" else write_clue(self.facts(form in ("caption", "full")), form)
