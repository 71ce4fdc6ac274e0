"""Dependencies of routers: trainings, evaluations and searches."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.studio.evaluations import Evaluations
from core.studio.searches import Searches
from core.studio.training_estimates import TrainingEstimates
from core.studio.training_form import TrainingForm
from core.studio.training_runs import TrainingRuns

TrainingFormDep = Annotated[TrainingForm, Depends(part(lambda services: services.training.form))]
TrainingEstimatesDep = Annotated[
    TrainingEstimates, Depends(part(lambda services: services.training.estimates))
]
EvaluationsDep = Annotated[
    Evaluations, Depends(part(lambda services: services.training.evaluations))
]
SearchesDep = Annotated[Searches, Depends(part(lambda services: services.training.searches))]
TrainingRunsDep = Annotated[TrainingRuns, Depends(part(lambda services: services.training.runs))]
