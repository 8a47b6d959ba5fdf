"""A decoder of linear layers and rectifiers, and its slopes in the latents, written out.

Automatic differentiation would take a pass through all layers for each latent, and keep what each pass needs. Here the
last layer, which has most of the weights, is linear: differences and derivatives of spectra are those of the last
hidden layer, sent through it once.

Few rectifiers are open: a tenth of those of a trained decoder at one place, a fourth at any of a hundred places near
each other. On a processor the products leave out those that are closed at all places, which changes nothing.
"""

import torch
from torch import Tensor, nn


class DecoderSlopes:
    """Values and slopes of a decoder that `mlp` made.

    Parameters
    ----------
    decoder
        Layers: linear ones with rectifiers between them.
    """

    def __init__(self, decoder: nn.Sequential) -> None:
        *self._hidden, self._last = (layer for layer in decoder if isinstance(layer, nn.Linear))
        self._weight = self._last.weight.T.contiguous()  # (width, n_pixel), of which rows are chosen quickly

    def hidden(self, latents: Tensor) -> list[Tensor]:
        """Hidden layers, first to last, each (n, width), of latents (n, n_latent); empty where there are none."""
        layers, values = [], latents
        for layer in self._hidden:
            values = layer(values).relu_()
            layers.append(values)
        return layers

    def spectra(self, latents: Tensor, hidden: list[Tensor]) -> Tensor:
        """Decoded spectra (n, n_pixel)."""
        if not hidden:
            return self._last(latents)
        units = _open(hidden[-1])
        return torch.addmm(self._last.bias, hidden[-1][:, units], self._weight[units])

    def jacobian(self, latents: Tensor, hidden: list[Tensor]) -> Tensor:
        """Derivatives of the spectra in the latents, (n, n_latent, n_pixel)."""
        n, n_latent = latents.shape
        changes = torch.eye(n_latent, dtype=latents.dtype, device=latents.device).expand(n, -1, -1)
        if not hidden:
            return changes @ self._weight
        for layer, values in zip(self._hidden[:-1], hidden[:-1], strict=True):
            changes = (changes @ layer.weight.T).mul_((values > 0)[:, None])
        units = _open(hidden[-1])
        changes = (changes @ self._hidden[-1].weight[units].T).mul_((hidden[-1][:, units] > 0)[:, None])
        return changes @ self._weight[units]

    def differences(self, latents: Tensor, aside: Tensor) -> Tensor:
        """Half the difference (n, k, n_pixel) of the spectra at ``latents`` (n, n_latent) plus and minus ``aside``.

        ``aside`` (n, k, n_latent) are k directions for each row.
        """
        ends = torch.stack([latents[:, None] + aside, latents[:, None] - aside])
        if not self._hidden:
            return aside @ self._weight
        outer = self.hidden(ends)[-1]
        units = _open(outer)
        ahead, behind = outer[..., units]
        return ((ahead - behind) / 2) @ self._weight[units]

    def pulled_back(self, gradient: Tensor, hidden: list[Tensor]) -> Tensor:
        """Gradient (n, n_latent) in the latents of what has a gradient (n, n_pixel) in the spectra."""
        if not hidden:
            return gradient @ self._last.weight
        units = _open(hidden[-1])
        gradient = gradient @ self._weight[units].T
        gradient = (gradient * (hidden[-1][:, units] > 0)) @ self._hidden[-1].weight[units]
        for layer, values in zip(reversed(self._hidden[:-1]), reversed(hidden[:-1]), strict=True):
            gradient = (gradient * (values > 0)) @ layer.weight
        return gradient


def _open(hidden: Tensor) -> Tensor:
    """Numbers of the units of a hidden layer (…, width) that are open anywhere; on a GPU, which would wait, all."""
    if hidden.device.type != "cpu":
        return torch.arange(hidden.shape[-1], device=hidden.device)
    return torch.nonzero((hidden != 0).flatten(0, -2).any(dim=0))[:, 0]
