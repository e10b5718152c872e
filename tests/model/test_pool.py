"""The pool, with processes of its own whose work is to evaluate the expressions that they are given."""

import os
import queue
import threading
from functools import partial
from itertools import count

import pytest

from spinmark.errors import OptionError, ResourceError, WeightsError, WorkerError
from spinmark.pool import CHUNK_ITEMS, MAX_STARTS, Failed, Pool, cores

EVALUATE = partial(partial, eval)  # start() gives a function of one item: an expression
LOAD = "__import__('spinmark').Detector.load(__import__('pathlib').Path('nowhere'))"
READ = "__import__('spinmark.corpus').corpus.read_bytes(__import__('pathlib').Path('nowhere'))"


def results(items, **options) -> list:
    with Pool(EVALUATE, **{"jobs": 2, "alone_size": 0} | options) as pool:
        pairs = list(pool.map(items))
    assert [item for item, _ in pairs] == list(items)
    return [result for _, result in pairs]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_their_items(jobs):
    items = [f"{n} * 2 + 0 * sum(range({n % 7 * 10_000}))" for n in range(200)]
    assert results(items, jobs=jobs) == [n * 2 for n in range(200)]


def test_nothing_in_gives_nothing_out():
    assert results([]) == []


def test_the_beginning_is_done_in_this_process_and_the_rest_in_others():
    pids = results(["__import__('os').getpid()"] * 20, alone_size=5)
    assert pids[:5] == [os.getpid()] * 5
    assert os.getpid() not in pids[5:]


def test_one_job_needs_no_other_process():
    assert set(results(["__import__('os').getpid()"] * 20, jobs=1)) == {os.getpid()}


def test_two_jobs_are_done_at_the_same_time(tmp_path):
    pipes = [tmp_path / "a", tmp_path / "b"]
    for path in pipes:
        os.mkfifo(path)
    held = [os.open(path, os.O_RDWR) for path in pipes]  # what is written stays until it is read
    meet = (
        "(lambda os, select, to, at: (os.write(os.open(to, os.O_RDWR), b'x'),"
        " len(select.select([os.open(at, os.O_RDWR)], [], [], 60)[0])))(__import__('os'), __import__('select'), {!r}, {!r})[1]"
    )
    items = [meet.format(*map(str, pair)) for pair in (pipes, pipes[::-1])]
    assert results(items) == [1, 1]
    for descriptor in held:
        os.close(descriptor)


def test_each_item_is_answered_before_the_next_must_come():
    answered: queue.Queue[int] = queue.Queue()

    def items():
        for n in range(20):
            yield str(n)
            assert answered.get(timeout=60) == n

    with Pool(EVALUATE, jobs=2, alone_size=0) as pool:
        for _, result in pool.map(items()):
            answered.put(result)


def test_only_a_window_of_the_input_is_read_ahead():
    read = 0

    def items():
        nonlocal read
        for n in count():
            read += 1
            yield str(n)

    with Pool(EVALUATE, jobs=2, alone_size=0, window_items=8) as pool:
        found = pool.map(items())
        assert [next(found)[1] for _ in range(50)] == list(range(50))
        assert read <= 50 + 2 * 8 + 1


def test_one_item_larger_than_the_window_passes():
    assert results(["1", "2", "3"], size_of=lambda _: 10**9, alone_size=0) == [1, 2, 3]


# What goes wrong


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_cannot_be_worked_on_costs_itself_alone_and_its_words_are_not_told(jobs):
    assert results(["1", "int('secret')", "3"], jobs=jobs) == [
        1,
        Failed("could not be analysed (ValueError)"),
        3,
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_item_that_cannot_be_read_is_failed_with_the_reason(jobs):
    assert results([READ, "2"], jobs=jobs) == [Failed("No such file or directory"), 2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_another_error_of_the_library_ends_the_run_behind_the_results_before_it(jobs):
    with Pool(EVALUATE, jobs, alone_size=0) as pool:
        found = pool.map(["1", LOAD, "3"])
        assert next(found) == ("1", 1)
        with pytest.raises(WeightsError, match="nowhere"):
            next(found)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_machine_lacks_ends_the_run_and_costs_no_item(jobs):
    with Pool(EVALUATE, jobs, alone_size=0) as pool:
        found = pool.map(["1", "open('/nowhere/at/all')", "3"])
        assert next(found) == ("1", 1)
        with pytest.raises(ResourceError, match="cannot analyse any further: No such file"):
            next(found)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_input_is_raised_behind_the_results_before_it(jobs):
    def items():
        yield from ("1", "2", "3")
        raise OptionError("text_field", "x", "y")

    found = []
    with Pool(EVALUATE, jobs, alone_size=0) as pool, pytest.raises(OptionError, match="text_field"):
        found.extend(result for _, result in pool.map(items()))
    assert found == [1, 2, 3]


DIE = "__import__('os')._exit(7)"
KILLED = "__import__('os').kill(__import__('os').getpid(), 9)"


def test_the_worker_that_an_item_kills_is_replaced_and_the_items_around_it_have_their_results():
    items = [str(n) for n in range(3 * CHUNK_ITEMS)]
    items[40:40] = [DIE]
    items[70:70] = [KILLED]
    found = results(items, jobs=2)
    assert found[40] == Failed("could not be analysed (two processes ended over it, exit code 7)")
    assert found[70] == Failed("could not be analysed (two processes ended over it, SIGKILL)")
    assert [r for n, r in enumerate(found) if n not in (40, 70)] == list(range(3 * CHUNK_ITEMS))


def test_an_item_whose_worker_died_is_tried_once_more(tmp_path):
    mark = str(tmp_path / "tried")
    once = f"5 if __import__('os').path.exists({mark!r}) else (open({mark!r}, 'x').close(), {DIE})"
    assert results([once, "6"]) == [5, 6]


def test_every_item_may_kill_its_worker():
    assert {type(r) for r in results([DIE] * 3)} == {Failed}


def test_what_a_worker_cannot_load_is_raised_here(tmp_path):
    from spinmark import Detector

    start = partial(Detector.load, tmp_path / "nowhere")
    with (
        Pool(start, 2, alone_size=0) as pool,
        pytest.raises(WeightsError, match=r"nowhere.*No such file"),
    ):
        list(pool.map(["a", "b"]))


def test_workers_that_die_while_they_start_are_given_up():
    with (
        Pool(partial(os._exit, 9), 2, alone_size=0) as pool,
        pytest.raises(WorkerError, match="exit code 9") as caught,
    ):
        list(pool.map(["a", "b"]))
    assert (caught.value.starts, caught.value.exit_code) == (MAX_STARTS, 9)


def test_closing_ends_the_workers_whatever_they_do(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)
    at_work = f"(open({str(pipe)!r}, 'wb').write(b'x'), __import__('threading').Event().wait())"
    with Pool(EVALUATE, jobs=2, alone_size=0) as pool:
        found = pool.map(["1", f"open({str(pipe)!r}, 'wb', 0).write(b'x')", at_work, at_work])
        assert next(found) == ("1", 1)
        assert os.read(held, 1) == b"x"
        processes = set(pool._processes)
    os.close(held)
    assert processes
    assert not any(process.is_alive() for process in processes)
    assert not any(thread.name.startswith("worker") for thread in threading.enumerate())


def test_the_cores_that_this_process_may_use_are_counted():
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_an_item_and_its_result_may_be_larger_than_a_pipe_holds():
    text = "x" * 1_000_000
    assert results([f"len({text!r})", f"{text!r}"]) == [len(text), text]
