"""A decoder of linear layers and rectifiers, and its slopes in the latents, written out.

Automatic differentiation would take a pass through all layers for each latent, and keep what each pass needs. Here the
last layer, which has most of the weights, is linear: differences and derivatives of spectra are those of the last
hidden layer, sent through it once.
"""

import torch
from torch import Tensor, nn


class DecoderSlopes:
    """Values and slopes of a decoder that `mlp` made.

    Parameters
    ----------
    decoder
        Layers: two linear ones or more, with rectifiers between them.
    """

    def __init__(self, decoder: nn.Sequential) -> None:
        *self._hidden, self._last = (layer for layer in decoder if isinstance(layer, nn.Linear))
        self._weight = self._last.weight.T.contiguous()  # (width, n_pixel)

    def hidden(self, latents: Tensor) -> list[Tensor]:
        """Hidden layers, first to last, each (n, width), of latents (n, n_latent)."""
        layers, values = [], latents
        for layer in self._hidden:
            values = layer(values).relu_()
            layers.append(values)
        return layers

    def spectra(self, hidden: list[Tensor]) -> Tensor:
        """Decoded spectra (n, n_pixel) of `hidden` layers."""
        return self._last(hidden[-1])

    def jacobian(self, latents: Tensor, hidden: list[Tensor]) -> Tensor:
        """Derivatives of the spectra in the latents, (n, n_latent, n_pixel)."""
        n, n_latent = latents.shape
        changes = torch.eye(n_latent, dtype=latents.dtype, device=latents.device).expand(n, -1, -1)
        for layer, values in zip(self._hidden, hidden, strict=True):
            changes = (changes @ layer.weight.T).mul_((values > 0)[:, None])
        return changes @ self._weight

    def differences(self, latents: Tensor, aside: Tensor) -> Tensor:
        """Half the difference (n, k, n_pixel) of the spectra at ``latents`` (n, n_latent) plus and minus ``aside``.

        ``aside`` (n, k, n_latent) are k directions for each row.
        """
        ahead, behind = self.hidden(torch.stack([latents[:, None] + aside, latents[:, None] - aside]))[-1]
        return ((ahead - behind) / 2) @ self._weight

    def pulled_back(self, gradient: Tensor, hidden: list[Tensor]) -> Tensor:
        """Gradient (n, n_latent) in the latents of what has a gradient (n, n_pixel) in the spectra."""
        gradient = gradient @ self._last.weight
        for layer, values in zip(reversed(self._hidden), reversed(hidden), strict=True):
            gradient = (gradient * (values > 0)) @ layer.weight
        return gradient
