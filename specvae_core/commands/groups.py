"""Every command with its line of help: ``specvae --help`` loads no file of commands, and a command only its own."""

GROUPS: dict[str, dict[str, str]] = {
    "surveys": {
        "demo": "make the synthetic demo survey and its trained model",
        "ingest": "read files and folders of spectra into a new survey",
        "info": "list surveys, models and jobs of a workspace",
        "resume": "let a stopped or interrupted job go on",
    },
    "names": {
        "rename": "give a survey, a model or the workspace another name to show",
        "copy": "copy a survey or a model",
        "delete": "delete a survey or a model, until it is restored",
        "restore": "bring back a survey or a model that was deleted",
    },
    "check": {
        "check": "read every survey, model and result, and name what is damaged",
    },
    "repack": {
        "repack": "rewrite a survey of an earlier version in the present format: fewer files, read and written in bulk",
    },
    "look": {
        "look": "show what files are understood as, and what has to be asked",
    },
    "download": {
        "download": "fetch public spectra",
    },
    "models": {
        "train": "train a model on a survey",
        "evaluate": "how well a model reconstructs a survey",
        "encode": "write the latents of a survey to a file",
    },
    "export": {
        "export": "write spectra of a survey to a file, a row for each pixel",
    },
    "tracks": {
        "track": "make synthetic spectra along a track through latent space",
    },
    "quality": {
        "compare": "reconstruction error of several models at several latents",
        "search": "search λ and layer sizes; the best trial becomes a model",
        "redshift": "find redshifts by reconstruction",
        "leak": "how far latents depend on coverage and S/N of a spectrum",
    },
    "tomography": {
        "nz": "write the redshift distributions n(z) of tomographic bins",
    },
    "calibrate": {
        "calibrate": "check every error that a model quotes against truths that it has not seen",
    },
    "noise": {
        "noise": "compare the posterior widths of a model with the scatter under added noise",
    },
    "infill": {
        "infill": "make a survey whose holes a model has filled, and report what changed",
    },
    "inverse": {
        "invert": "fill, denoise or sharpen spectra with a model as prior",
        "inverse-bench": "compare models and baselines on inverse problems",
    },
    "outliers": {
        "outliers": "rank a survey by local outlier factor, with a reason for the strongest outliers",
        "overlay": "draw a second survey over the map of the first",
        "cluster": "group a survey by its latents",
    },
    "fit": {
        "fit": "fit redshift and latents together to the pixels of files as they are",
    },
    "density": {
        "density": "fit the density of a survey in latent space, and draw objects that could exist",
    },
    "discover": {
        "embed": "import the vectors of another program as an embedding",
        "select": "select objects by a filter over the catalogue, and keep them",
        "similar": "find the objects most like some examples, by the latents of a model",
        "project": "map the latents of a survey to two or three axes by UMAP, t-SNE or PCA",
        "agree": "compare the neighbours of a survey under several models, and how well each predicts the catalogue",
        "explain": "explain how selected objects differ from others, and whether that is real",
        "teach": "learn what is interesting from the scores of a few objects",
        "recommend": "name the objects to score next",
        "replay": "repeat a recipe, and report what has changed",
    },
    "samp": {
        "samp": "send objects to TOPCAT or Aladin, and take the rows that are chosen there",
    },
    "people": {
        "annotate": "annotate objects: mark, note, tags, redshift",
        "people": "how far people agree on the objects that they have annotated, and one verdict of all",
    },
    "sky": {
        "cutout": "fetch images of the sky around objects from a cutout service",
        "lines": "keep a list of spectral lines for the plots, and list those that are kept",
    },
    "predict": {
        "crossvalidate": "choose the settings of lux by K-fold cross-validation",
        "precision": "scatter of predicted labels against signal to noise",
        "predict": "write what a model predicts for a survey to a file",
    },
}
"""File -> its commands, which its ``add(commands)`` adds; their order is that of the help text."""

DASHBOARD_COMMANDS: dict[str, str] = {
    "serve": "explore a workspace in the browser",
}
"""Commands that another package brings, since the core knows no user interface. Its entry point of the group
``specvae.commands`` has the name of the command and is a function ``add(commands)``, like those of the files here."""
