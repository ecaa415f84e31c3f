"""Every object of this program comes from malloc (PYTHONMALLOC=malloc), in several threads."""
import collections
import concurrent.futures
import hashlib
import json
import re
import subprocess
import sys
import zlib


def digest(seed: int) -> str:
    state = seed
    words: collections.Counter[str] = collections.Counter()
    rows = []
    for _ in range(8000):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        words[f"w{state >> 54}"] += 1
        rows.append({"id": state % 1000, "text": "x" * (state >> 58), "list": [state % 7] * 3})
    text = json.dumps(sorted(rows, key=lambda row: (row["id"], row["text"])))
    assert json.loads(text)[-1]["id"] == 999
    found = len(re.findall(r"x{10,20}\"", text))
    packed = zlib.compress(text.encode())
    assert zlib.decompress(packed).decode() == text
    return f"{seed} {found} {len(words)} {hashlib.sha256(text.encode()).hexdigest()}"


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for line in pool.map(digest, range(1, 7)):
        print(line)
print(2**20000 % (10**50 + 7), sum(set(range(100000))))
child = subprocess.run([sys.executable, "-c", "print(sum(map(len, map(str, range(9999)))))"],
                       capture_output=True, text=True, check=True)
print(child.stdout.strip())
