"""What an address names that the workspace does not have."""

from specvae_core.errors import UserError
from specvae_core.results import Kind
from specvae_core.workspace import Workspace

from .state import SessionState

KINDS = {"track": Kind.TRACKS, "overlay": Kind.OVERLAYS, "reconstruction": Kind.RECONSTRUCTIONS}
"""Parameters of the state that name a result."""


def absent(state: SessionState, workspace: Workspace) -> list[str]:
    """Take out of the state what does not exist, and latents that the model does not have; only headers are read.

    Returns
    -------
    names
        What was taken out, as the address calls it.
    """
    corrected: dict[str, object] = {}
    for name, kind in KINDS.items():
        if not _exists(workspace, kind, getattr(state, name)):
            corrected[name] = ""
    models = {model.id: model for model in workspace.models()}
    if not set(state.compared) <= set(models):
        corrected["compared"] = [model_id for model_id in state.compared if model_id in models]
    if state.model_id in models:
        n = max(2, models[state.model_id].n_latent)  # a single latent is drawn beside its χ²
        if max(state.shown, default=0) >= n:
            corrected["shown"] = []
        if max(state.focus) >= n:
            corrected["focus"] = (0, 1)
    state.param.update(**corrected)
    return list(corrected)


def _exists(workspace: Workspace, kind: Kind, result_id: str) -> bool:
    try:
        return not result_id or workspace.results.exists(kind, result_id)
    except (UserError, OSError):
        return False
