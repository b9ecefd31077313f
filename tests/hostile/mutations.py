"""Changes that make a good file a bad one: by its bytes, its text, its tree of keys and values, or its table of cells.

Every change takes its luck from a generator that it is given, so that a file is the same wherever it is made again.
"""

import copy
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import yaml

Luck = np.random.Generator
Path = tuple[Any, ...]

CANARY = "a-file-that-only-a-program-could-have-made"
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 25, 10**6, 10**9, 10**12, 10**18, 2**31, 2**63, 10**40, -(10**18), 0.5, -0.0, 1e-320, 1e308, 1e309,
    float("inf"), float("-inf"), float("nan"), True, False, None,
)  # fmt: skip
WORDS: tuple[str, ...] = (
    "", " ", "nan", "null", "~", "yes", "NO", "0x1F", "0b1", "0o17", "1_000", "1:30", "190:20:30", "2020-01-01", "1e999",
    "१२", "٣", "½", "²", "−1", "1,5", "1.2.3", "default", "all", "last", "../..", "/etc/passwd", "..\\..\\x", "~/x", "a/b", ".",
    "..", "con", "x" * 300, "x" * 100_000, "9" * 5_000, "\x00", "a\x00b", "\x1b[31mred\x1b[0m\x07", "\u202eevil", "\ufeff",
    "\u2028", "😀", "e\u0301", "İ", "ß", "a\nb", "a\r\nb", "\t", "'", '"', "`", "${oc.env:HOME}", "${seed}", "${", "$(id)",
    f"$(touch {CANARY})", f"=cmd|' /C touch {CANARY}'!A0", "@SUM(1)", "%s%n", "{0.__class__}", "{}", "[]", "!!str x", "&a *a",
    f"__import__('os').system('touch {CANARY}')", "<script>alert(1)</script>", "'; DROP TABLE x; --", "_target_", "__class__",
)  # fmt: skip
KEYS: tuple[str, ...] = (
    "_target_",
    "defaults",
    "__proto__",
    "constructor",
    "",
    " ",
    "x" * 200,
    "é",
    "a.b",
    "<<",
    "id",
    "0",
    "null",
)
PROGRAMS: tuple[str, ...] = (
    f'!!python/object/apply:os.system ["touch {CANARY}"]',
    f"!!python/object/new:os.system [touch {CANARY}]",
    "!!python/name:os.system",
    f"{{_target_: os.system, command: touch {CANARY}}}",
    "${oc.env:PATH}",
    "${now:%Y}",
    "!include /etc/passwd",
    "!<tag:yaml.org,2002:python/module:os> x",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!timestamp 2020-01-01",
    "&x [*x]",
    "? {a: b}\n: c",
)
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


def chosen(luck: Luck, options: Sequence[Any]) -> Any:
    """One of the options; unlike NumPy's own choice it leaves lists and texts as they are."""
    return options[int(luck.integers(len(options)))]


# ---- bytes ----


def flipped(luck: Luck, content: bytes) -> bytes:
    """One to eight bits are turned."""
    found = bytearray(content)
    for _ in range(int(luck.integers(1, 9)) if found else 0):
        found[int(luck.integers(len(found)))] ^= 1 << int(luck.integers(8))
    return bytes(found)


def cut(luck: Luck, content: bytes) -> bytes:
    """The end is missing, as after a full disk."""
    return content[: int(luck.integers(len(content) + 1))]


def hollow(luck: Luck, content: bytes) -> bytes:
    """A stretch became nought, as after a power cut."""
    first, last = sorted(int(luck.integers(len(content) + 1)) for _ in range(2))
    return content[:first] + bytes(min(last - first, 4096)) + content[last:]


def spliced(luck: Luck, content: bytes) -> bytes:
    """A stretch is missing, doubled, or stands elsewhere."""
    first, last, place = sorted(int(luck.integers(len(content) + 1)) for _ in range(3))
    return (
        content[:first]
        + content[last:place]
        + chosen(luck, [b"", content[first:last], content[first:last] * 2])
        + content[place:]
    )


def noisy(luck: Luck, content: bytes) -> bytes:
    """Random bytes stand somewhere."""
    place = int(luck.integers(len(content) + 1))
    return content[:place] + luck.bytes(int(luck.integers(1, 64))) + content[place:]


def foreign(luck: Luck, content: bytes) -> bytes:
    """Another kind of file under this name."""
    kinds = [
        b"", b"\n", b"\x00" * 100, b"PAR1" + luck.bytes(60) + b"PAR1", b"\x1f\x8b" + luck.bytes(60), b"PK\x03\x04" + luck.bytes(60),
        b"\x89HDF\r\n\x1a\n" + luck.bytes(90), b"CDF\x02" + luck.bytes(60), luck.bytes(2_000), b"<html></html>", b"%PDF-1.4",
        b"cos\nsystem\n(S'touch " + CANARY.encode() + b"'\ntR.", b"{}", b"[]", b"null", b"---\n...\n---\n",
    ]  # fmt: skip
    return bytes(chosen(luck, kinds))


BYTES: tuple[Callable[[Luck, bytes], bytes], ...] = (flipped, cut, hollow, spliced, noisy, foreign)


def by_bytes(luck: Luck, content: bytes) -> bytes:
    """One change of bytes."""
    return bytes(chosen(luck, BYTES)(luck, content))


# ---- text ----


def encoded(luck: Luck, text: str) -> bytes:
    """The text as other systems write it."""
    ways: list[Callable[[], bytes]] = [
        lambda: text.encode("utf-16"),
        lambda: text.encode("latin-1", "replace") + b"\xe9",
        lambda: b"\xef\xbb\xbf" + text.encode(),
        lambda: b"\xff\xfe" + text.encode(),
        lambda: text.replace("\n", "\r\n").encode(),
        lambda: text.replace("\n", "\r").encode(),
        lambda: text.replace("\n", "\u2028").encode(),
        lambda: text.encode("utf-32"),
        lambda: text.encode("cp1252", "replace") + b"\x93",
        lambda: text.encode("utf-8") + b"\xed\xa0\x80",
        lambda: text.replace("a", "а").encode(),  # a Cyrillic one
        lambda: text.replace(" ", "\t").encode(),
        lambda: text.replace(" ", "\u00a0").encode(),
    ]
    return bytes(chosen(luck, ways)())


def by_lines(luck: Luck, text: str) -> str:
    """A line is missing, doubled, elsewhere, pushed in, or followed by something strange."""
    lines = text.splitlines(keepends=True) or [""]
    place, other = (int(luck.integers(len(lines))) for _ in range(2))
    strange = chosen(
        luck,
        [
            f"x: {chosen(luck, PROGRAMS)}\n",
            f"{chosen(luck, WORDS)}\n",
            f"{chosen(luck, KEYS)}: {chosen(luck, WORDS)}\n",
            ALIASES,
        ],
    )
    ways: list[Callable[[], list[str]]] = [
        lambda: lines[:place] + lines[place + 1 :],
        lambda: lines[:place] + [lines[place]] * int(chosen(luck, [2, 3, 400])) + lines[place + 1 :],
        lambda: [*lines[:place], lines[other], *lines[place + 1 :]],
        lambda: [*lines[:place], "  " + lines[place], *lines[place + 1 :]],
        lambda: [*lines[:place], lines[place].lstrip(), *lines[place + 1 :]],
        lambda: [*lines[:place], strange, *lines[place:]],
        lambda: [
            *lines[:place],
            lines[place].rstrip("\n") + chosen(luck, ["#", ": x", " *a", "\\", "]", "}", '"', "\x00", "," * 40]) + "\n",
            *lines[place + 1 :],
        ],
    ]
    return "".join(chosen(luck, ways)())


def by_words(luck: Luck, text: str) -> str:
    """A value on a line becomes something else."""
    lines = text.splitlines() or [""]
    place = int(luck.integers(len(lines)))
    head, sign, _ = lines[place].partition(": ")
    value = chosen(luck, [*WORDS, *map(str, NUMBERS), *PROGRAMS])
    lines[place] = f"{head}: {value}" if sign else f"{lines[place]}{value}"
    return "\n".join(lines) + "\n"


def huge(luck: Luck, text: str) -> str:
    """More than anybody would write: deep, long, or much of it."""
    ways: list[Callable[[], str]] = [
        lambda: "[" * 50_000,
        lambda: "{a: " * 5_000,
        lambda: "- " * 50_000,
        lambda: "".join(f"{' ' * n}a:\n" for n in range(900)),
        lambda: text + f"x: {'y' * 3_000_000}\n",
        lambda: text + "\n" * 1_000_000,
        lambda: text + "".join(f"k{n}: {n}\n" for n in range(50_000)),
        lambda: ALIASES + text,
        lambda: text + "\nx: " + "(" * 20_000,
        lambda: text + "x: '" + "''" * 100_000,
        lambda: "&a " * 3_000 + text,
        lambda: text + "? " * 20_000,
    ]
    return str(chosen(luck, ways)())


def by_text(luck: Luck, content: bytes) -> bytes:
    """One change of the text."""
    text = content.decode("utf-8", "replace")
    way = luck.random()
    if way < 0.45:
        return by_lines(luck, text).encode("utf-8", "surrogatepass")
    if way < 0.8:
        return by_words(luck, text).encode("utf-8", "surrogatepass")
    return encoded(luck, text) if way < 0.97 else huge(luck, text).encode()


# ---- trees of keys and values ----


def places(tree: Any, above: Path = ()) -> list[Path]:
    """Every place in a tree, the tree itself first."""
    found = [above]
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += places(value, (*above, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            found += places(value, (*above, number))
    return found


def at(tree: Any, place: Path) -> Any:
    """What stands at a place."""
    for step in place:
        tree = tree[step]
    return tree


def odd_value(luck: Luck, tree: Any, old: Any) -> Any:
    """Something in place of a value: another type, an end of all scales, another part of the tree, much, or deep."""
    ways: list[Callable[[], Any]] = [
        lambda: chosen(luck, NUMBERS),
        lambda: chosen(luck, NUMBERS),
        lambda: chosen(luck, WORDS),
        lambda: chosen(luck, WORDS),
        lambda: copy.deepcopy(at(tree, chosen(luck, places(tree)))),
        lambda: [old],
        lambda: {"x": old},
        list,
        dict,
        lambda: str(old),
        lambda: [old] * int(chosen(luck, [2, 30, 1_000])),
        lambda: deep(old, int(chosen(luck, [5, 12, 60]))),
        lambda: -old if isinstance(old, int | float) and not isinstance(old, bool) else old,
        lambda: old * (1 + 1e-9) if isinstance(old, float) else old,
    ]
    return chosen(luck, ways)()


def deep(value: Any, levels: int) -> Any:
    """A value within lists within lists."""
    for _ in range(levels):
        value = [value]
    return value


def grown(luck: Luck, tree: Any) -> Any:
    """A copy of a tree with one change: a value, a key, an order, something missing or twice."""
    whole = {"": copy.deepcopy(tree)}
    every = places(whole)[1:]
    place = chosen(luck, every)
    owner, last = at(whole, place[:-1]), place[-1]
    way = luck.random()
    if way < 0.5:
        owner[last] = odd_value(luck, tree, owner[last])
    elif way < 0.65 and len(place) > 1:
        del owner[last]
    elif way < 0.75 and isinstance(owner, list):
        owner.insert(last, copy.deepcopy(owner[last]))
    elif way < 0.85 and isinstance(owner, dict) and len(place) > 1:
        owner[chosen(luck, [*KEYS, f"{last}s", str(last).upper()])] = owner.pop(last)
    elif isinstance(at(whole, place), dict):
        at(whole, place)[chosen(luck, KEYS)] = chosen(luck, [*NUMBERS, *WORDS])
    else:
        other = chosen(luck, every)
        owner[last] = copy.deepcopy(at(whole, other))
    return whole[""]


def grown_often(luck: Luck, tree: Any) -> Any:
    """One to three changes of a tree."""
    for _ in range(int(chosen(luck, [1, 1, 1, 2, 3]))):
        tree = grown(luck, tree)
    return tree


def by_yaml(luck: Luck, content: bytes) -> bytes:
    """The same file with its tree changed."""
    tree = grown_often(luck, yaml.safe_load(content))
    return str(yaml.safe_dump(tree, allow_unicode=bool(luck.integers(2)), sort_keys=False)).encode(
        "utf-8", "surrogatepass"
    )


def by_json(luck: Luck, content: bytes) -> bytes:
    """The same file with its tree changed."""
    return json.dumps(grown_often(luck, json.loads(content))).encode()


# ---- tables of cells ----


def by_cells(luck: Luck, content: bytes) -> bytes:
    """A CSV file with cells, rows, columns or signs changed."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    for _ in range(int(chosen(luck, [1, 1, 2, 4]))):
        change_cells(luck, rows)
    sign = chosen(luck, [",", ",", ",", ";", "\t", "|"])
    quoting = chosen(luck, [csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    sink = io.StringIO()
    csv.writer(sink, delimiter=sign, quoting=quoting, lineterminator="\n", escapechar="\\").writerows(rows)
    return sink.getvalue().encode("utf-8", "surrogatepass")


def change_cells(luck: Luck, rows: list[list[str]]) -> None:
    """One change of a table."""
    row = int(luck.integers(len(rows))) if rows else 0
    if not rows or not rows[row]:
        rows.append([str(chosen(luck, WORDS))])
        return
    column = int(luck.integers(len(rows[row])))
    way = luck.random()
    if way < 0.55:
        rows[row][column] = str(chosen(luck, [*WORDS, *NUMBERS, chosen(luck, chosen(luck, rows) or [""])]))
    elif way < 0.65:
        rows[0][min(column, len(rows[0]) - 1) if rows[0] else 0 :] = [
            str(chosen(luck, [*KEYS, *rows[0]])) if rows[0] else "x"
        ]
    elif way < 0.72:
        del rows[row]
    elif way < 0.79:
        rows.insert(row, list(chosen(luck, rows)))
    elif way < 0.86:
        for each in rows:
            del each[column : column + 1]
    elif way < 0.93:
        for each in rows:
            each.insert(column, each[int(luck.integers(len(each)))] if each else "")
    else:
        del rows[row][column]


# ---- any of them ----


def changed(luck: Luck, content: bytes, kinds: Sequence[Callable[[Luck, bytes], bytes]]) -> bytes:
    """A file after one change of a kind, which now and then is followed by one of bytes."""
    found = bytes(chosen(luck, kinds)(luck, content))
    return by_bytes(luck, found) if luck.random() < 0.08 else found


YAML_WAYS = (by_yaml, by_yaml, by_yaml, by_text, by_text, by_bytes)
JSON_WAYS = (by_json, by_json, by_json, by_bytes)
CSV_WAYS = (by_cells, by_cells, by_cells, by_text, by_bytes)
