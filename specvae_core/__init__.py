"""SpecVAE's core: spectra on a grid, models that learn their latent space, and what can be read from it.

A *grid* says where pixels lie; a *SpectraSet* holds spectra on a grid; a *LatentModel* turns spectra into latents and
back; *analysis* reads latents; a *workspace* is a folder that keeps all of it by id; a *task* is a long verb over the
workspace; a *job* runs a task on a thread.
"""

import os

# Idle OpenMP threads must sleep, not spin: beside another busy process (a browser is enough) spinning made a training
# step on two cores ten times slower. It has to be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
