"""What a script does all day: text into objects, objects into tables, tables into text. The work is
fixed, so that two runs differ by the allocator alone; it checks its own result."""
import json
import re

WORDS = "the quick brown fox jumps over the lazy dog and comes back to where it began".split()


def records(count):
    number = 1
    for i in range(count):
        number = (number * 1103515245 + 12345) % 2**31
        yield {"id": i, "name": " ".join(WORDS[(number >> k) % len(WORDS)] for k in (3, 7, 11)),
               "tags": [WORDS[number % 16 % len(WORDS)], str(number % 97)], "weight": number / 7}


def main():
    text = json.dumps(list(records(6000)))
    counts, groups = {}, {}
    for record in json.loads(text):
        for word in re.findall(r"[a-z]+", record["name"]):
            counts[word] = counts.get(word, 0) + 1
        groups.setdefault(record["tags"][1], []).append((record["weight"], record["name"].upper()))
    lines = [f"{tag}:{weight:.3f}:{name}" for tag, group in sorted(groups.items())
             for weight, name in sorted(group)]
    assert sum(counts.values()) == 18000 and len(lines) == 6000, (counts, len(lines))
    assert len("\n".join(lines)) > 100000


main()
