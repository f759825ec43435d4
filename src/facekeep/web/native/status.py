"""/healthz and /v1/status"""

from fastapi import APIRouter

from facekeep.service import status as verbs
from facekeep.service.health import vault_state
from facekeep.web.documented import errors
from facekeep.web.native import models
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(tags=["status"])


@router.get("/healthz", openapi_extra={"security": []})
def healthz(keep: TheKeep) -> models.Health:
    """Whether the server is up, and whether the vault is open. Needs no key and tells nothing else."""
    return models.Health.model_validate({"state": vault_state(keep.vault)})


@router.get("/v1/status", responses=errors())
def status(keep: TheKeep, session: TheSession) -> models.Status:  # noqa: ARG001  the door's
    """The state of the keep, its model, and the newest checkpoint of the log."""
    found = verbs.status(keep)
    contract = found.model
    return models.Status(
        state=found.state,
        version=found.version,
        model=models.Model(
            name=contract.name,
            detector_sha256=contract.detector_sha256,
            embedder_sha256=contract.embedder_sha256,
            alignment=contract.alignment,
            dimension=contract.dimension,
            licenses=dict(found.licenses),
        ),
        unseal_method=found.unseal_method,
        trial=found.trial,
        quarantined=found.quarantined,
        index=models.MappedIndex.model_validate(found.index),
        checkpoint=models.Checkpoint.model_validate(found.checkpoint),
    )
