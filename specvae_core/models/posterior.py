"""Posterior of the latents from the likelihood, which knows the noise of every pixel.

An encoder network sees a spectrum but not its errors, so that the width that it reports hardly depends on the noise
(Portillo et al. 2020, section 3.4). Here the network only gives the start. From there Gauss-Newton steps go to the
latents z that minimise

.. math:: \\frac12 \\sum_p w_p (x_p - a f_p(z))^2 + \\frac{(a - 1)^2}{2 v} + \\frac{|z|^2}{2 s^2}

with decoder f, ivar w (0 where unseen), a Gaussian prior of width s of the latents, and an amplitude a with a broad
prior of variance v about 1; columns of the catalogue that stand behind the pixels have no amplitude. The flux by which
a spectrum was divided depends on the pixels that were seen; a free amplitude makes latents independent of it. With the
decoder's Jacobian J there, the posterior is the Gaussian of covariance :math:`(a^2 J^T (W - W f f^T W / (v^{-1} + f^T W
f)) J + s^{-2})^{-1}` (Laplace's approximation, amplitude marginalised). Noise, holes and infilled pixels thereby count
for exactly what they are worth. With v = 0 the amplitude is 1.

A decoder of rectifiers is linear in small pieces, and the slope of the piece where the search ends says little of the
slope over the width of the posterior. So J is taken twice: at the latents, and then as the differences of the decoder
across one standard deviation to either side, in directions that are independent under the first covariance.

A spectrum leaves the search once a step was below one percent of the posterior's width, or once no share of a step
leads downhill.

The prior is `PRIOR_WIDTH` times as wide as the one of training. The mean of a posterior of variance v under a prior of
variance s^2 scatters, over realisations of the noise, with the variance v (1 - v / s^2) and is drawn to the centre by
v / s^2: with a wide prior reported width and scatter agree, and there is no bias, down to S/N where a latent is hardly
known at all. A spectrum without seen pixels gets the prior itself.
"""

from torch import Tensor, nn

from .posterior_search import AMPLITUDE_VARIANCE, Search

PRIOR_WIDTH = 3.0
"""Standard deviation of the prior here; in training it is 1."""


def likelihood_posterior(
    decoder: nn.Sequential,
    start: Tensor,
    target: Tensor,
    weight: Tensor,
    mean: Tensor,
    *,
    free_amplitude: bool,
    n_column: int = 0,
    prior_width: float = PRIOR_WIDTH,
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, and minus the log of the density there.

    Parameters
    ----------
    decoder
        Layers as `mlp` makes them.
    start
        (n, n_latent) where to begin.
    target
        (n, n_output) spectra in units of the decoder's output, mean spectrum included, and columns; finite.
    weight
        (n, n_output) inverse variance of the target, 0 where unseen.
    mean
        (n_output,) what is added to the decoder's output.
    free_amplitude
        Whether spectra are known up to a factor only.
    n_column
        How many of the last outputs are columns of the catalogue: a factor of the spectrum is none of theirs.
    prior_width
        Standard deviation of the prior.
    """
    variance, n_pixel = AMPLITUDE_VARIANCE if free_amplitude else 0.0, len(mean) - n_column
    if start.device.type != "cpu":
        return Search.of(decoder, mean, n_pixel, variance, prior_width).posterior(start, target, weight)
    from .posterior_loops import Decoder, posteriors  # the compiler takes some tenths of a second to import

    return posteriors(Decoder.of(decoder, mean, n_pixel, variance, prior_width), start, target, weight)
