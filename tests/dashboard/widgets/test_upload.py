"""What the browser sends of files, when it is none of our own script."""

import base64

import pytest

from dashboard.widgets.upload import UploadField


@pytest.fixture
def field(session, tmp_path) -> UploadField:
    return UploadField(tmp_path / "uploads", lambda: None, session.guard)


START = {"start": [{"name": "a", "size": 3}]}


@pytest.mark.parametrize(
    "message",
    [
        {"start": None}, {"start": [1]}, {"start": [{}]}, {"start": [{"name": "a", "size": "x"}]}, {"start": "abc"},
        {"start": [{"name": "a", "size": float("nan")}]}, {"start": [{"name": "a", "size": float("inf")}]},
        {"start": [{"name": "a", "size": 1e300}]}, {"file": "x", "data": ""}, {"file": 0}, {"file": 0, "data": None},
        {"file": 0, "data": "=A"}, {"file": 7, "data": ""}, {"file": 0, "data": base64.b64encode(b"long").decode()},
    ],
)  # fmt: skip
def test_messages_that_make_no_sense_are_told_and_leave_no_file(field: UploadField, notices, caplog, message: dict):
    field.take(START)
    field._handle_msg(message)
    assert len(notices) == 1
    assert not caplog.records  # no traceback
    field.drop()


def test_what_is_not_used_is_removed_with_the_session(field: UploadField, tmp_path):
    field.take(START)
    field.take({"file": 0, "data": base64.b64encode(b"abc").decode()})
    field.take({"done": True})
    assert field.ready
    field.drop()
    assert list((tmp_path / "uploads").iterdir()) == []
    field.take(START)
    field.clear()  # an ingest has taken it
    field.drop()
    assert len(list((tmp_path / "uploads").iterdir())) == 1
