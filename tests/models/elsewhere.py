"""A second device without a GPU: tensors that lie there refuse to meet those of the processor, as those of a GPU do.

They hold their values on the processor, and say that they are on the device ``meta``.
"""

from typing import Self

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

ELSEWHERE = torch.device("meta")

CROSSING = {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}
"""Operations that may take from one device and give to the other."""


class ElsewhereTensor(Tensor):
    """A tensor of the second device."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Self:
        made = Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), dtype=inner.dtype, device=ELSEWHERE
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None) -> object:
        return _run(function, args, kwargs or {})


class SecondDevice(TorchDispatchMode):
    """While this is entered, there is a second device, `ELSEWHERE`."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None) -> object:
        return _run(function, args, kwargs or {})


def _run(function, args, kwargs) -> object:
    given: list[Tensor] = []
    tree_map_only(Tensor, given.append, (args, kwargs))
    away = [tensor for tensor in given if isinstance(tensor, ElsewhereTensor)]
    here = [tensor for tensor in given if not isinstance(tensor, ElsewhereTensor) and tensor.ndim]
    if away and here and function not in CROSSING:
        raise RuntimeError(f"Expected all tensors to be on the same device, but {function} found two.")
    target = kwargs.get("device")
    goes = bool(away) if target is None else torch.device(target) == ELSEWHERE
    if target is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    if function is torch.ops.aten.copy_.default:
        goes = isinstance(args[0], ElsewhereTensor)
    known = {id(tensor.inner): tensor for tensor in away}
    args, kwargs = tree_map_only(ElsewhereTensor, lambda tensor: tensor.inner, (args, kwargs))
    found = function(*args, **kwargs)
    if not goes:
        return found

    def there(tensor: Tensor) -> Tensor:
        return known[id(tensor)] if id(tensor) in known else ElsewhereTensor(tensor)

    return tree_map_only(Tensor, there, found)
