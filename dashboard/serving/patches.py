"""Changes are written for the browser without a list of all that it has.

For each change that it sends, Bokeh first lists all models of the page, which are thousands: 3 to 4 ms, and a turn to
another survey sends 70. Here the document is asked for those that a change refers to.
"""

from bokeh.core.serialization import Ref, Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.model import Model
from bokeh.protocol.messages.patch_doc import PatchJson, patch_doc


class PatchSerializer(Serializer):
    """Writes models that the browser has as references, and others as a whole.

    Parameters
    ----------
    document
        Knows which models are new to the browser.
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._models = document.models

    def get_ref(self, obj: object) -> Ref | None:
        """The reference to a model that the browser has, or that this change brings; ``None`` for anything else."""
        ref = super().get_ref(obj)
        if ref is None and isinstance(obj, Model) and self._has(obj):
            return obj.ref
        return ref

    def _has(self, model: Model) -> bool:
        new = self._models._new_models  # Bokeh has no public way to it but one that lists all others
        return self._models.get_by_id(model.id) is model and model not in new


def write_changes_quickly() -> None:
    """Let Bokeh write changes in this way from now on."""
    patch_doc.create = classmethod(_create)


def _create(cls: type[patch_doc], events: list[DocumentPatchedEvent], **metadata: object) -> patch_doc:
    """Bokeh's own but for the serializer: one message with changes of one document, of which there is at least one."""
    [document] = {event.document for event in events}
    serializer = PatchSerializer(document)
    content = PatchJson(events=serializer.encode(events))
    document.models.flush_synced(lambda model: not serializer.has_ref(model))
    message = cls(cls.create_header(), metadata, content)
    message.add_buffers(*serializer.buffers)
    return message
