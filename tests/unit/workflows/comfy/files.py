"""Libraries for imports of ComfyUI."""

from core.models.families import FAMILIES
from core.workflows.comfy.model_files import UncheckedFiles


class PlaygroundFiles(UncheckedFiles):
    """A library in which every model is Playground 2.5."""

    def samplers(self, name: str) -> tuple[str, ...]:
        return FAMILIES["playground-v2-5"].samplers
