"""`coprod baseline`: key results pinned in a text file, so that no change of one goes unseen; `update` alone changes it."""

from collections.abc import Sequence
from pathlib import Path

from coprod_abm.simulate import RunError
from coprod_abm.store_files import whole_file

PLACE = Path(__file__).resolve().parent.parent
FILE = PLACE / "configs" / "baseline.csv"
CHANGELOG = PLACE / "CHANGELOG.md"
SHOWN = 12  # differences that are shown one by one
HELP = """coprod baseline: does this installation give the pinned results, and which of them would change?

usage: coprod baseline
       coprod baseline update because="REASON"

Without words it runs every case under the defaults and under every theory, some seconds, and compares key results with
configs/baseline.csv: whole numbers to the last digit, means to 1e-12. It ends with 1 where one differs.

`update` (in a checkout) writes the file anew and adds a line with the reason to CHANGELOG.md. There is no other way to
change a pinned result, and the tests fail until it is done. docs/verification.md says what is pinned."""


def main(words: Sequence[str]) -> int:
    """Compare what this installation gives with what is pinned; with ``update``, pin it anew. 1 where results differ.

    Raises:
        RunError: naming the word that cannot be used, and how to write it.
    """
    if set(words) & {"-h", "--help"}:
        print(HELP)
        return 0
    because = reason_of(words)
    from coprod_abm.experiments.baseline_results import differences, found_results, pinned_results, text_of

    print("Running every case under the defaults and every theory ...", flush=True)
    found = found_results()
    changed = differences(pinned_results(FILE), found)
    print(told(changed, len(found)))
    if because is None:
        return 1 if changed else 0
    if changed:
        whole_file(CHANGELOG, with_line(CHANGELOG.read_text(encoding="utf-8"), line_of(because, changed)).encode())
        whole_file(FILE, text_of(found).encode())
        print(f"Written: {FILE.name} and a line in {CHANGELOG.name}. Commit both with what changed them.")
    return 0


def reason_of(words: Sequence[str]) -> str | None:
    """The reason for an update; None where only a comparison is asked for.

    Raises:
        RunError: on other words, without a reason, and outside a checkout.
    """
    if not words:
        return None
    reasons = [word.partition("=")[2].strip() for word in words[1:] if word.startswith("because=")]
    if words[0] != "update" or len(reasons) < len(words) - 1:
        raise RunError(f'coprod baseline does not take {" ".join(words)!r}. Write nothing, or update because="REASON".')
    if len(reasons) != 1 or not any(sign.isalpha() for sign in reasons[0]):
        raise RunError(
            "A pinned result changes only for a reason, which goes into CHANGELOG.md. Write it, as in coprod baseline update "
            'because="voters count abstentions".'
        )
    if not CHANGELOG.exists():
        raise RunError(
            f"There is no CHANGELOG.md in {PLACE}: results are pinned in a checkout of coprod-abm, not here."
        )
    return " ".join(reasons[0].split())


def told(changed: Sequence[str], number: int) -> str:
    """What differs, in words."""
    if not changed:
        return f"All {number} results are the pinned ones."
    more = f"\n  and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    way_out = 'If this is meant: coprod baseline update because="REASON".'
    shown = "\n  ".join(changed[:SHOWN])
    return f"{len(changed)} of {number} results are not the pinned ones:\n  {shown}{more}\n{way_out}"


def line_of(because: str, changed: Sequence[str]) -> str:
    """The line of the changelog."""
    return f"- Pinned results changed ({len(changed)} in `configs/baseline.csv`): {because.rstrip('.')}."


def with_line(text: str, line: str) -> str:
    r"""A changelog with a line at the end of its newest version.

    >>> with_line("# Changes\n\n## 2\n\n- b\n\n## 1\n\n- a\n", "- c")
    '# Changes\n\n## 2\n\n- b\n- c\n\n## 1\n\n- a\n'
    """
    before, heading, newest = text.partition("\n## ")
    own, following, earlier = newest.partition("\n## ")
    return f"{before}{heading}{own.rstrip()}\n{line}\n{following and chr(10) + following[1:]}{earlier}"
