"""Standard output holds results only, whatever a library writes there, and however."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from prep.foreign import stdout_to_stderr

NOISE = """
import ctypes, logging, os, subprocess, sys
from prep.foreign import stdout_to_stderr

sys.stdout.write("before,")  # in a buffer while the block begins
handler = logging.StreamHandler(sys.stdout)

@stdout_to_stderr()
def noisy():
    os.write(1, b"descriptor\\n")
    ctypes.CDLL(None).puts(b"stdio")
    print("print")
    handler.stream.write("held\\n")
    sys.__stdout__.write("original\\n")
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)

noisy()
os.write(1, b"between,")
noisy()
print("after")
"""


def test_whatever_writes_and_however():
    result = subprocess.run([sys.executable, "-c", NOISE], capture_output=True, text=True, check=True)
    assert result.stdout == "before,between,after\n"
    assert sorted(result.stderr.split()) == sorted(["descriptor", "stdio", "print", "held", "original", "child"] * 2)


def test_an_error_passes_and_the_output_is_back(capfd):
    with pytest.raises(ValueError, match="no"), stdout_to_stderr():
        raise ValueError("no")
    os.write(1, b"back\n")
    assert capfd.readouterr() == ("back\n", "")


def test_a_stdout_that_was_replaced():
    @click.command()
    def command():
        with stdout_to_stderr():
            sys.stdout.write("noise\n")
        click.echo("result")

    result = CliRunner().invoke(command)
    assert (result.stdout, result.stderr) == ("result\n", "noise\n")
