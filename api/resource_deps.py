"""Dependencies of routers: models, prompt presets and words."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.prompts.vocabulary import Vocabulary
from core.studio.model_status import ModelStatus
from core.studio.style_status import StyleStatus
from core.studio.word_list import WordList

ModelsDep = Annotated[ModelStatus, Depends(part(lambda services: services.resources.models))]
StylesDep = Annotated[StyleStatus, Depends(part(lambda services: services.resources.styles))]
VocabularyDep = Annotated[Vocabulary, Depends(part(lambda services: services.resources.vocabulary))]
WordListDep = Annotated[WordList, Depends(part(lambda services: services.resources.word_list))]
