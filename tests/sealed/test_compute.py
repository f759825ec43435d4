from threading import Lock

import pytest

from facekeep.sealed.compute import compiled, spread


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 5, 1000])
@pytest.mark.parametrize("at_least", [1, 64, 5000])
def test_every_item_is_taken_once(threads: int, count: int, at_least: int) -> None:
    taken: list[int] = []
    lock = Lock()

    def task(start: int, stop: int) -> None:
        with lock:
            taken.extend(range(start, stop))

    spread(task, count, threads=threads, at_least=at_least)
    assert sorted(taken) == list(range(count))


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exception_is_raised(threads: int) -> None:
    def task(start: int, stop: int) -> None:
        if stop > 90:
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        spread(task, 100, threads=threads, at_least=1)


def test_kernels_that_would_share_a_name_in_the_cache_are_refused() -> None:
    def kernel_of(factor: int) -> object:
        @compiled("int64(int64)")
        def kernel(number: int) -> int:
            return factor * number

        return kernel

    with pytest.raises(TypeError, match="may share its name"):
        kernel_of(2)
