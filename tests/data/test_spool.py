import os

import numpy as np
import pytest
from places import on_a_disk
from survey_of_slopes import Listener, write_survey

from specvae_core.data.spool import Spool
from specvae_core.errors import Cancelled
from specvae_core.workspace import Workspace


@pytest.fixture
def survey(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=600)
    return workspace.survey("slopes")


@pytest.mark.parametrize("rows", [np.arange(600), np.array([0, 1, 2, 7, 300, 301, 599]), np.array([5])])
def test_rows_come_back_as_the_survey_has_them(survey, rows, tmp_path):
    with Spool(survey, tmp_path) as spool:
        flux, ivar = spool.read(rows)
    expected = survey.read(rows)
    np.testing.assert_array_equal(flux, np.where(expected.seen, expected.flux, expected.infilled))
    np.testing.assert_array_equal(ivar, expected.ivar)


def test_nothing_lies_in_the_folder_while_it_is_read_and_after(survey, tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    with Spool(survey, folder) as spool:
        assert len(spool) == 600
        assert os.listdir(folder) == []
    assert os.listdir(folder) == []


def test_writing_it_can_be_stopped(survey, tmp_path):
    with pytest.raises(Cancelled):
        Spool(survey, tmp_path, Listener("of 600"))


NO_ROOM = """
from pathlib import Path
from survey_of_slopes import write_survey
from specvae_core.data.spool import Spool
from specvae_core.errors import NotWritable
from specvae_core.workspace import Workspace
disk = Path(sys.argv[1])
workspace = Workspace.open(Path(str(disk) + "-w"))
write_survey(workspace, n=3000)
try:
    Spool(workspace.survey("slopes"), disk)
except NotWritable as error:
    print(error)
"""


def test_a_disk_without_room_is_named_in_a_sentence(tmp_path):
    told = on_a_disk(tmp_path / "disk", 1, NO_ROOM)
    assert told.startswith("Survey slopes does not fit into memory, and the disk of the workspace has no room for")
    assert "free some space" in told
