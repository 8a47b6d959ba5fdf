"""What tests of the Train page do to it."""

from dashboard.pages.train.page import TrainPage
from specvae_core.job import Job


def start(page: TrainPage, model: str, **settings: object) -> Job:
    """Fill in the form and press the button."""
    page.form.model.value = model
    for name, value in settings.items():
        page.form.form.settings[name].widget.value = str(value)
    before = {job.id for job in page.session.runner.jobs()}
    page.form.start.clicks += 1
    return next(job for job in page.session.runner.jobs() if job.id not in before)
