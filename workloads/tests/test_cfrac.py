"""cfrac's arithmetic against Python's."""
from __future__ import annotations

import math
import pathlib
import random
import re
from decimal import Decimal, localcontext

import pytest

from workloads.tests.programs import ROOT, result

WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
DEFAULT_NUMBER = 17545186520507317056371138836327483792789528


def is_prime(n: int) -> bool:
    """Miller and Rabin with the first 13 primes: exact below 3.3e24, and good enough beyond."""
    if n < 2 or any(n % p == 0 for p in WITNESSES):
        return n in WITNESSES
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    for base in WITNESSES:
        power = pow(base, (n - 1) >> twos, n)
        if power in (1, n - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % n
            if power == n - 1:
                break
        else:
            return False
    return True


def next_prime(n: int) -> int:
    while not is_prime(n):
        n += 1
    return n


def factors(number: int, *arguments: str) -> list[int]:
    line = result("cfrac", "--number", str(number), *arguments)
    assert line["result"]["number"] == str(number)
    return [int(text) for text in line["result"]["factors"]]


def check(number: int, *arguments: str) -> None:
    found = factors(number, *arguments)
    assert math.prod(found) == number and all(map(is_prime, found)) and found == sorted(found)


SPECIAL = [2, 3, 4, 5, 6, 7, 8, 9, 210, 65521, 65536, 65537, 2**31 - 1, 2**32, 2**32 + 1,
           2**61 - 1, 2**64 + 1, 2**67 - 1, 2**89 - 1, 2**200, 3**100, 65521 * 65537,
           65537**2, 65537**3, (65537 * 65539) ** 2, 10**18 + 9, math.factorial(50),
           next_prime(10**16) ** 2, next_prime(10**9) ** 4, next_prime(10**30),
           next_prime(10**8) ** 2 * next_prime(10**9)]


@pytest.mark.parametrize("number", SPECIAL, ids=lambda n: str(n)[:24])
def test_special_numbers(number: int) -> None:
    check(number)


def test_random_semiprimes_and_others() -> None:
    rng = random.Random(20)
    for _ in range(60):
        p, q = (next_prime(rng.randrange(2**16, 2**rng.randrange(17, 44))) for _ in "pq")
        assert factors(p * q, "--audit") == sorted((p, q))
    for _ in range(60):
        check(rng.getrandbits(rng.choice((40, 64, 80))) + 2, "--audit")
    # sqrt(m^2 + 1) has the shortest period of all, so another multiplier has to help out
    for _ in range(30):
        check(rng.randrange(10**8, 10**9) ** 2 + 1, "--audit")


def presets() -> dict[int, int]:
    source = (ROOT / "workloads" / "cfrac" / "number.c").read_text()
    return {int(d): int(n) for d, n in re.findall(r'\{(\d+), "(\d+)"\}', source)}


def test_presets_are_made_as_the_readme_says() -> None:
    with localcontext() as context:
        context.prec = 60
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097")
        e_squared = Decimal(2).exp()
        for digits, number in presets().items():
            assert len(str(number)) == digits
            if number == DEFAULT_NUMBER:
                continue
            scale = Decimal(10) ** ((digits - 2) // 2)
            assert number == next_prime(int(pi * scale)) * next_prime(int(e_squared * scale))
    assert presets()[44] == DEFAULT_NUMBER


@pytest.mark.parametrize("digits", [d for d in presets() if d <= 36])
def test_presets_are_factored(digits: int) -> None:
    line = result("cfrac", "--digits", str(digits), "--threads", "2")
    found = [int(text) for text in line["result"]["factors"]]
    assert math.prod(found) == presets()[digits] and len(found) == 2 and all(map(is_prime, found))
    assert line["params"]["digits"] == digits and line["result"]["repetitions"] == 2


def test_profile_of_the_default_number() -> None:
    """Near the known profile: ~92 M mallocs, mean 20 bytes, 17 % of them <= 16 and 83 % 17..32
    bytes, ~24 000 live at most."""
    line = result("cfrac")
    assert [int(text) for text in line["result"]["factors"]] == [
        2, 2, 2, 107008798466033, 20495027946319472471219512627]
    allocs, profile = line["allocs"], line["result"]
    assert allocs == pytest.approx(92e6, rel=0.05)
    assert profile["bytes"] / allocs == pytest.approx(20, abs=1)
    assert profile["allocs_upto16"] / allocs == pytest.approx(0.17, abs=0.08)
    assert profile["allocs_17to32"] / allocs == pytest.approx(0.83, abs=0.08)
    assert profile["held_blocks_max"] == pytest.approx(24000, rel=0.05)


def test_readme_lists_every_preset() -> None:
    readme = pathlib.Path(ROOT / "workloads" / "README.md").read_text()
    listed = re.search(r"`--digits D`.*?are ([\d, ]+) and (\d+)", readme, re.DOTALL)
    assert listed
    assert [int(d) for d in (listed[1] + ", " + listed[2]).split(", ")] == sorted(presets())
