from __future__ import annotations

import os
import subprocess
import sys

from studies.storage import worker_identity


def test_a_living_process_is_not_dead() -> None:
    assert not worker_identity.is_dead(worker_identity.this_process())


def test_an_ended_process_is_dead_even_before_it_is_reaped() -> None:
    code = "from studies.storage import worker_identity; print(worker_identity.this_process(), flush=True)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    owner = process.stdout.read().strip()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert worker_identity.is_dead(owner)
    process.wait()
    assert worker_identity.is_dead(owner)


def test_a_reused_process_number_does_not_pass_for_its_predecessor() -> None:
    host, boot, process, started = worker_identity.this_process().rsplit(":", 3)
    assert worker_identity.is_dead(f"{host}:{boot}:{process}:{int(started) - 1}")
    other = f"{host}:another-boot.1:{process}:{started}"
    # Of a storage that one machine serves, it ran before the machine was started again; else, elsewhere.
    assert worker_identity.is_dead(other, one_machine=True)
    assert not worker_identity.is_dead(other)


def test_a_container_with_the_hosts_name_is_not_called_dead() -> None:
    host, machine, process, started = worker_identity.this_process().rsplit(":", 3)
    other = f"{host}:{machine.partition('.')[0]}.12345:{process}:{int(started) - 1}"
    assert not worker_identity.is_dead(other)
    assert not worker_identity.is_dead(other, one_machine=True)
    assert not worker_identity.is_of_this_host(other)


def test_a_process_of_another_host_is_never_called_dead_and_an_unsigned_trial_is() -> None:
    assert not worker_identity.is_dead("elsewhere.example:boot:1:1")
    assert worker_identity.is_dead(None)
