"""What the simulator's tests share."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest


@pytest.fixture
def within():
    """Run a coroutine to its end, however slow the machine is, but not for ever."""

    def run(coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 120))

    return run


@pytest.fixture
def certificate(tmp_path):
    """cert.pem and key.pem of localhost, in the test's folder."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost,IP:127.0.0.1",
        shell=True,
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
