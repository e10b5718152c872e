import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from spinmark_server.admission import GRACE_S, MAX_REFUSED, MIN_HELD, MIN_RETRY_S, Admission, BusyError
from spinmark_server.app import create_app
from spinmark_server.cache import ReportCache
from spinmark_server.checker import busy


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline


def test_places_are_bounded_and_given_back():
    admission = Admission(places=2)
    with admission.place():
        with admission.place(), pytest.raises(BusyError), admission.place():
            pytest.fail("a third place")
        with admission.place():
            pass


def test_a_turn_that_does_not_come_in_time_is_given_up():
    admission = Admission(turns=1, max_wait_s=0.01)
    with admission.turn(), ThreadPoolExecutor(1) as pool:

        def wait() -> None:
            with admission.turn():
                pytest.fail("two turns at once")

        with pytest.raises(BusyError):
            pool.submit(wait).result()
    with admission.turn():  # who gave up does not block the line
        pass


def test_a_turn_is_given_back_by_an_error():
    admission = Admission(turns=1, max_wait_s=0.01)
    with pytest.raises(ValueError, match="once"), admission.turn():
        raise ValueError("once")
    with admission.turn():
        pass


def test_as_many_have_a_turn_at_once_as_there_are_turns_and_the_next_waits():
    admission = Admission(turns=2, max_wait_s=0.01)
    with admission.turn(), admission.turn(), pytest.raises(BusyError), admission.turn():
        pytest.fail("a third turn")
    with admission.turn(), admission.turn():  # both were given back
        pass


def test_turns_come_in_the_order_of_asking():
    admission = Admission(turns=1)
    order: list[int] = []

    def take(number: int) -> None:
        with admission.turn():
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with admission.turn():
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_for(lambda number=number: admission.waiting == number)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_beyond_the_bound_the_answer_is_429_and_the_others_get_theirs(make_client, held, problem):
    admission = Admission(places=3, turns=1)
    app = create_app(held, admission=admission)
    texts = ["first", "second", "third"]
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(make_client(app).check, {"text": text}) for text in texts]
        wait_for(lambda: admission.waiting == 2)
        client = make_client(app)
        refused = client.check({"text": "fourth"})
        assert client.get("/v1/health").status_code == 200
        held.let_go.release(3)
        assert [answer.result().status_code for answer in answers] == [200, 200, 200]
    assert problem(refused) == "busy"
    assert refused.headers["Retry-After"] == "1"  # HTTP has whole seconds, and 0 reads as none
    assert 0 < json.loads(refused.data)["retry_after_s"] < 20
    assert sorted(held.asked) == sorted(texts)


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_who_is_refused_is_told_how_long_a_place_has_taken_to_come_free():
    clock = Clock()
    admission = Admission(places=2, clock=clock)
    told: list[float] = []
    with admission.place():
        clock.now_s += 3_600  # one place is free all the while: nobody would have waited
        for _ in range(30):
            with admission.place():
                told.append(admission.retry_s)
                clock.now_s += 0.7
    assert told[0] == MIN_RETRY_S  # nothing is known yet
    assert told == sorted(told)
    assert told[-1] == pytest.approx(0.7, rel=0.01)


def test_while_nothing_moves_each_refusal_says_longer_up_to_a_bound():
    clock = Clock()
    admission = Admission(places=1, clock=clock, max_wait_s=20)
    with admission.place():
        for passed_s, told_s, header in ((0.0, MIN_RETRY_S, "1"), (2.5, 2.5, "3"), (100, 20, "20")):
            clock.now_s = 1_000 + passed_s
            refusal = busy(admission)
            assert refusal.members["retry_after_s"] == told_s
            assert dict(refusal.headers) == {"Retry-After": header}


def test_a_long_page_is_forgotten_after_short_ones():
    clock = Clock()
    admission = Admission(places=1, clock=clock)
    for held_s in (20, *[0.01] * 40):
        with admission.place():
            clock.now_s += held_s
    assert admission.retry_s == MIN_RETRY_S


def admitted(admission: Admission, asked: bytes) -> bool:
    """Ask for a place and, if there is one, give it back at once."""
    try:
        with admission.place(asked):
            return True
    except BusyError:
        return False


@contextmanager
def in_work(admission: Admission) -> Iterator[None]:
    """Hold as many places as keep the model at work."""
    with ExitStack() as places:
        for _ in range(MIN_HELD):
            places.enter_context(admission.place())
        yield


def test_who_was_refused_first_is_let_in_before_one_who_asks_without_a_pause():
    admission = Admission(places=MIN_HELD + 1, clock=Clock())
    with in_work(admission):
        with admission.place():
            assert not admitted(admission, b"patient")
            assert not admitted(admission, b"impatient")
        assert not any(admitted(admission, b"impatient") for _ in range(50))
        assert not admitted(admission, b"a newcomer")
        assert admitted(admission, b"patient")
        assert admitted(admission, b"impatient")  # its turn has come
        assert admitted(admission, b"a newcomer")


def test_as_many_come_in_out_of_turn_as_places_are_left_for_those_before_them():
    admission = Admission(places=MIN_HELD + 2, clock=Clock())
    with in_work(admission):
        with admission.place(), admission.place():
            assert [admitted(admission, asked) for asked in (b"1", b"2", b"3")] == [False] * 3
        assert not admitted(admission, b"3")
        assert admitted(admission, b"2")  # of two places one is left for the first


def test_a_turn_is_kept_for_as_long_as_one_was_told_and_a_moment_longer():
    clock = Clock()
    admission = Admission(places=MIN_HELD + 1, clock=clock)
    with in_work(admission):
        with admission.place():
            assert not admitted(admission, b"gone for good")
            told_s = admission.retry_whole_s
        clock.now_s += told_s + GRACE_S
        assert not admitted(admission, b"next")
        clock.now_s += 0.001
        assert admitted(admission, b"next")


def test_nobody_is_kept_out_for_one_who_may_not_come_back_while_the_model_would_stand_still():
    admission = Admission(places=MIN_HELD, clock=Clock())
    with in_work(admission):
        assert not any(admitted(admission, b"%d" % i) for i in range(MIN_HELD))
    assert admitted(admission, b"a newcomer")


def test_so_many_who_were_refused_are_remembered():
    admission = Admission(places=MIN_HELD + 1, clock=Clock())
    with in_work(admission):
        with admission.place():
            assert not any(admitted(admission, b"%d" % i) for i in range(MAX_REFUSED + 10))
        for i in range(MAX_REFUSED):
            assert admitted(admission, b"%d" % i)
        assert admitted(admission, b"the next")


def test_the_same_question_keeps_its_rank_over_http(make_client, held):
    admission = Admission(places=MIN_HELD + 1)
    app = create_app(held, admission=admission)
    with ThreadPoolExecutor(MIN_HELD + 3) as pool:
        first = [pool.submit(make_client(app).check, {"text": f"text {i}"}) for i in range(admission.places)]
        wait_for(lambda: admission.held == admission.places)
        client = make_client(app)
        assert client.check({"text": "patient", "id": "1"}).status_code == 429
        assert client.check({"text": "impatient"}).status_code == 429
        held.let_go.release()
        wait_for(lambda: admission.held == MIN_HELD)
        assert client.check({"text": "impatient"}).status_code == 429
        asked = pool.submit(make_client(app).check, {"text": "patient", "id": "1"})
        wait_for(lambda: admission.held == admission.places)
        held.let_go.release(admission.places)
        assert [answer.result().status_code for answer in (*first, asked)] == [200] * (admission.places + 1)
    assert "impatient" not in held.asked


def test_a_cached_report_needs_no_place(make_client, held):
    app = create_app(held, admission=Admission(places=1))
    client = make_client(app)
    held.let_go.release()
    known = client.check({"text": "known"})
    held.begun.acquire()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(make_client(app).check, {"text": "slow"})
        assert held.begun.acquire(timeout=20)
        assert client.check({"text": "known"}).data == known.data
        held.let_go.release()
        assert slow.result().status_code == 200


def test_a_short_text_passes_between_two_texts_of_a_batch(make_client, held):
    admission = Admission(turns=1)
    app = create_app(held, admission=admission)
    with ThreadPoolExecutor(2) as pool:
        batch = pool.submit(make_client(app).check, {"texts": ["one", "two", "three"]})
        assert held.begun.acquire(timeout=20)
        short = pool.submit(make_client(app).check, {"text": "short"})
        wait_for(lambda: admission.waiting == 1)
        held.let_go.release(4)
        assert batch.result().status_code == short.result().status_code == 200
    assert held.asked == ["one", "short", "two", "three"]


def test_a_short_text_passes_between_two_windows_of_a_long_one(make_client, held):
    admission = Admission(turns=1)
    app = create_app(held, admission=admission)
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(make_client(app).check, {"text": "line\n" * 1000})
        assert held.begun.acquire(timeout=20)
        short = pool.submit(make_client(app).check, {"text": "short"})
        wait_for(lambda: admission.waiting == 1)
        held.let_go.release(2)
        assert short.result().status_code == 200
        assert not long.done()
        held.let_go.release(999)
        assert long.result().status_code == 200


def test_long_texts_take_turns_window_by_window():
    admission = Admission(turns=1)
    order: list[str] = []

    def score(name: str) -> None:
        for _ in range(3):
            with admission.turn():
                order.append(name)
                wait_for(lambda: admission.waiting == 1 or len(order) > 4)

    threads = [threading.Thread(target=score, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(order) in ("ababab", "bababa")


def test_the_same_text_asked_twice_at_once_is_read_once(make_client, held):
    admission = Admission()
    app = create_app(held, admission=admission)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(make_client(app).check, {"text": "the same"})
        assert held.begun.acquire(timeout=20)
        second = pool.submit(make_client(app).check, {"text": "the same"})
        wait_for(lambda: admission.held == 2)
        held.let_go.release()
        assert first.result().data == second.result().data
    assert held.asked == ["the same"]


def test_where_the_first_fails_the_second_makes_its_own():
    cache = ReportCache()
    begun, let_go = threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        assert let_go.wait(20)
        raise ValueError("once")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.once, b"a", fail, max_wait_s=20)
        assert begun.wait(20)
        second = pool.submit(cache.once, b"a", lambda: "A", max_wait_s=20)
        let_go.set()
        with pytest.raises(ValueError, match="once"):
            first.result()
        assert second.result() == "A"
    assert cache.get(b"a") == "A"


def test_nobody_waits_for_ever_for_what_another_makes():
    cache = ReportCache()
    begun, let_go = threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        assert let_go.wait(20)
        return "A"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.once, b"a", make, max_wait_s=20)
        assert begun.wait(20)
        with pytest.raises(TimeoutError):
            cache.once(b"a", make, max_wait_s=0.01)
        let_go.set()
        assert first.result() == "A"


def test_the_cache_forgets_what_was_not_used_for_longest():
    cache = ReportCache(max_entries=2, max_chars=100)
    cache.put(b"a", "A")
    cache.put(b"b", "B")
    assert cache.get(b"a") == "A"
    cache.put(b"c", "C")
    assert cache.get(b"b") is None
    assert cache.get(b"a") == "A"
    assert cache.get(b"c") == "C"


def test_the_cache_is_bounded_by_size_too():
    cache = ReportCache(max_entries=100, max_chars=10)
    cache.put(b"a", "aaaaaa")
    cache.put(b"a", "bbbbbb")  # the same again does not count twice
    cache.put(b"c", "cccc")
    assert cache.get(b"a") == "bbbbbb"
    cache.put(b"d", "d")
    assert len(cache) == 2
    cache.put(b"e", "e" * 11)
    assert cache.get(b"e") is None
    assert len(cache) == 2
