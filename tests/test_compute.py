"""The same work on several processes: nothing is lost, nothing is done twice, and what goes wrong is a sentence."""

import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from socket import socket

import pytest

from specvae_core.compute import Machines, map_batches
from specvae_core.errors import BadConfig, Reason, Refused, UserError

pytest.importorskip("distributed")


def squared(number: int) -> int:
    return number**2


def died_once(marker: Path, number: int) -> tuple[int, int]:
    """The square; the first process that is given 3 is killed, as by a system that has no memory left."""
    if number == 3:
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return squared(number), os.getpid()
        os.kill(os.getpid(), signal.SIGKILL)
    return squared(number), os.getpid()


def refused(number: int) -> int:
    raise Refused(Reason.SKY, f"{number} is a sky fibre.", "medium")


def test_one_process_is_this_one():
    assert list(map_batches(squared, range(5), Machines(workers=1))) == [0, 1, 4, 9, 16]
    assert Machines().count(heavy=False) == 1


def test_a_worker_that_dies_is_replaced_and_results_come_in_order(tmp_path):
    results = list(map_batches(partial(died_once, tmp_path / "died"), range(12), Machines(workers=2)))
    assert [square for square, _ in results] == [number**2 for number in range(12)]
    assert (tmp_path / "died").exists()
    assert os.getpid() not in {process for _, process in results}


def test_workers_keep_the_memory_of_arrays_for_the_next_ones():
    assert list(map_batches(os.environ.get, ["MALLOC_TRIM_THRESHOLD_"], Machines(workers=2))) == [None]


def test_a_second_job_has_workers_of_its_own_without_a_warning():
    with socket() as taken:
        with suppress(OSError):  # another program has it already
            taken.bind(("", 8787))  # what Dask listens on by itself
            taken.listen()
        assert list(map_batches(squared, [3], Machines(workers=2))) == [9]


def test_errors_of_workers_are_those_of_the_work():
    with pytest.raises(Refused, match="3 is a sky fibre") as caught:
        list(map_batches(refused, [3], Machines(workers=2)))
    assert (caught.value.reason, caught.value.answer) == (Reason.SKY, "medium")


def test_mistakes_are_sentences():
    with pytest.raises(BadConfig, match="1 or more"):
        Machines(workers=-1)
    with pytest.raises(BadConfig, match="one of the two"):
        Machines(workers=2, scheduler="tcp://there:1")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tcp://127.0.0.1"])
def test_a_scheduler_that_is_not_there_is_a_sentence(address, monkeypatch):
    monkeypatch.setattr("specvae_core.compute.PATIENCE", 1.0)
    with pytest.raises(UserError, match="There is no Dask scheduler at"):
        list(map_batches(squared, [1], Machines(scheduler=address)))


def test_a_scheduler_without_workers_is_a_sentence():
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as cluster:
        with pytest.raises(UserError, match="has no workers"):
            list(map_batches(squared, [1], Machines(scheduler=cluster.scheduler_address)))
        cluster.scale(1)
        cluster.wait_for_workers(1)
        assert list(map_batches(squared, [1, 2], Machines(scheduler=cluster.scheduler_address))) == [1, 4]


def test_a_worker_without_the_package_is_a_sentence():
    from distributed import Client, LocalCluster

    def forget() -> None:
        import sys

        sys.modules["specvae_core"] = None  # importing it fails from now on

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        with Client(cluster) as client:
            client.run(forget)
        with pytest.raises(
            UserError, match=r"The Dask worker tcp.* has no specvae, and .* runs here: install the same"
        ):
            list(map_batches(squared, [1], Machines(scheduler=cluster.scheduler_address)))
