import subprocess
import sys

import pytest

from specvae_core.memory import available_memory


def test_a_machine_has_some_memory():
    assert 1e7 < available_memory() < 1e15


def test_a_limit_on_the_address_space_counts():
    script = "from specvae_core.memory import available_memory; print(available_memory())"
    told = subprocess.run(
        ["sh", "-c", 'ulimit -v 1000000; exec "$0" -c "$1"', sys.executable, script],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert 1e8 < float(told) < 1.024e9


@pytest.mark.skipif(sys.platform != "linux", reason="heaps are those of glibc")
def test_threads_share_heaps():
    script = (
        "import threading\n"
        "from specvae_core.memory import HEAPS, share_heaps\n"
        "{}\n"
        "barrier, kept = threading.Barrier(12), []\n"
        "def work():\n"
        "    kept.append([bytes(1000) for _ in range(100)])\n"
        "    barrier.wait()\n"
        "threads = [threading.Thread(target=work) for _ in range(12)]\n"
        "[one.start() for one in threads], [one.join() for one in threads]\n"
        "print(open('/proc/self/statm').read().split()[0])"
    )

    def pages(call: str) -> int:
        command = [sys.executable, "-c", script.format(call)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert pages("pass") - pages("share_heaps()") > 4 * 64e6 / 4096
