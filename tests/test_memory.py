import subprocess
import sys

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
