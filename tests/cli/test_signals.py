"""A signal ends a command: cleanly, once, and between two batches."""

from __future__ import annotations

import io
import os
import signal
import threading

import pytest

from tlib_cli.output import completed
from tlib_cli.signals import SIGNALS, Ending, blocked


@pytest.fixture(autouse=True)
def usual():
    """Give the signals the handlers of a new process, and restore them."""
    numbers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in numbers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def handled(work):
    """Call `work` with the handlers of a command."""
    with SIGNALS.handled():
        work()


def send(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_raises_its_exit_status(number):
    with pytest.raises(SystemExit) as caught, SIGNALS.handled():
        send(number)
    assert caught.value.code == 128 + number


def test_ctrl_c_raises_keyboard_interrupt():
    with pytest.raises(KeyboardInterrupt), SIGNALS.handled():
        send(signal.SIGINT)


def test_the_handlers_are_as_before_behind_the_block():
    with SIGNALS.handled():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_ignored_signal_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with SIGNALS.handled():
        send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_another_thread_installs_no_handler():
    found = []

    def work():
        with SIGNALS.handled():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]


def test_a_repeated_signal_does_not_disturb_the_cleaning_up():
    steps = []

    def work():
        try:
            send(signal.SIGHUP)
        finally:
            send(signal.SIGHUP, signal.SIGINT)
            steps.append("cleaned up")

    with pytest.raises(SystemExit):
        handled(work)
    assert steps == ["cleaned up"]


def test_a_held_signal_comes_at_the_end_of_the_block():
    steps = []

    def work():
        with SIGNALS.held():
            with SIGNALS.held():
                send(signal.SIGINT)
            steps.append("done")
        steps.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        handled(work)
    assert steps == ["done"]


def test_an_error_in_a_held_block_comes_before_the_signal():
    def work():
        with SIGNALS.held():
            send(signal.SIGINT)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        handled(work)


def test_blocked_signals_come_behind_the_block():
    steps = []

    def work():
        with blocked():
            signal.raise_signal(signal.SIGTERM)
            steps.append("done")
        steps.append("not reached")

    with pytest.raises(SystemExit):
        handled(work)
    assert steps == ["done"]


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_an_ending_keeps_the_status_of_its_signal(error, status):
    with Ending() as ending:
        raise error
    assert ending.status == status


@pytest.mark.parametrize("error", [OSError("full"), SystemExit("words"), GeneratorExit()])
def test_an_ending_passes_other_errors_on(error):
    with pytest.raises(type(error)), Ending():
        raise error


class Writer:
    """Writes a batch in two steps, between which a signal arrives."""

    def __init__(self, file):
        self.file = file

    def write(self, batch):
        self.file.write(b"[")
        send(signal.SIGINT)
        self.file.write(b"]")
        yield batch

    def flush(self):
        self.file.flush()

    def join(self, part):
        self.file.write(part.read(1))
        send(signal.SIGTERM)
        self.file.write(part.read())

    def close(self):
        send(signal.SIGINT, signal.SIGTERM)
        self.file.write(b".")


def test_a_signal_waits_for_the_batch_and_the_end_of_an_endless_output(tmp_path):
    with SIGNALS.handled(), (tmp_path / "out").open("wb") as file:
        with completed(Writer(file), file, endless=True) as made:
            list(made.writer.write(1))
            list(made.writer.write(2))
        assert made.status == 130
    assert (tmp_path / "out").read_bytes() == b"[]."


def test_a_signal_waits_for_a_joined_part(tmp_path):
    with SIGNALS.handled(), (tmp_path / "out").open("wb") as file:
        with completed(Writer(file), file, endless=True) as made:
            made.writer.join(io.BytesIO(b"part"))
            made.writer.flush()
        assert made.status == 143
    assert (tmp_path / "out").read_bytes() == b"part."


def test_a_signal_ends_a_write_to_a_pipe_at_once():
    file = io.BytesIO()
    with pytest.raises(KeyboardInterrupt), SIGNALS.handled(), completed(Writer(file), file) as made:
        list(made.writer.write(1))
    assert file.getvalue()[:2] == b"[."
