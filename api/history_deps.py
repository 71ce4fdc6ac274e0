"""Dependencies of routers: replays, snapshots, the session log and quick actions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.deps import part
from core.history.quick_actions import QuickActions
from core.history.replay import Replays
from core.history.restoring import Restoring
from core.history.session_log import SessionLog
from core.history.snapshots import Snapshots
from core.workflows.comfy.model_files import ModelFiles

ActionsDep = Annotated[QuickActions, Depends(part(lambda services: services.history.actions))]
ModelFilesDep = Annotated[ModelFiles, Depends(part(lambda services: services.history.model_files))]
ReplaysDep = Annotated[Replays, Depends(part(lambda services: services.history.replays))]
RestoringDep = Annotated[Restoring, Depends(part(lambda services: services.history.restoring))]
SessionLogDep = Annotated[SessionLog, Depends(part(lambda services: services.history.session_log))]
SnapshotsDep = Annotated[Snapshots, Depends(part(lambda services: services.history.snapshots))]
