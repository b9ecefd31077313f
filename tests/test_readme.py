"""What the README shows works as printed."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_library_is_used_as_the_readme_shows():
    shown = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert shown
    seen: dict = {}
    exec(shown.group(1).replace("replicates=100", "replicates=2").replace("replicates=20", "replicates=2"), seen)
    assert seen["runs"].sizes["week"] == 79
    assert list(seen["table"]["case"]) == ["SE-JKP", "SE-JKP"]
    assert seen["table"]["need_met"].between(0, 1).all()
    assert seen["model"].week == 1
    assert len(seen["record"].decisions) > 0


def test_every_document_that_the_readme_links_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (Path(__file__).parent.parent / link).exists(), link
