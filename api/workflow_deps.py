"""Dependencies of routers: workflows, drafts, runs and validation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.workflows.drafts import Drafts
from core.workflows.library import Workflows
from core.workflows.runner import WorkflowRunner
from core.workflows.validation import Validator

DraftsDep = Annotated[Drafts, Depends(part(lambda services: services.workflows.drafts))]
RunnerDep = Annotated[WorkflowRunner, Depends(part(lambda services: services.workflows.runner))]
ValidatorDep = Annotated[Validator, Depends(part(lambda services: services.workflows.validator))]
WorkflowsDep = Annotated[Workflows, Depends(part(lambda services: services.workflows.saved))]
