# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Print the page of all messages: what plugins and roles say when they refuse or fail, by the section that explains it.

The texts are read from the code, so that nobody has to keep a second copy of them.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
# The section of errors.rst for each room and each role; what is not here has one of its own name.
SECTIONS = {
    "allreduce": "network",
    "base": "controller",
    "build": "image",
    "control": "controller",
    "daemon": "engine",
    "delivery": "image",
    "files": "host",
    "image_registry": "registry",
    "findings": "preflight",
    "gpu_health": "gpu",
    "follow": "trainer",
    "installation": "docker",
    "inventory": "cluster",
    "job": "trainer",
    "launch": "trainer",
    "keeper": "trainer",
    "layers": "image",
    "module": "engine",
    "parts": "trainer",
    "probe": "network",
    "progress": "trainer",
    "relay": "image",
    "results": "trainer",
    "role_arguments": "arguments",
    "service": "host",
    "steps": "controller",
    "text": "controller",
}
# What a job's end is explained by has a page of its own, and the lab is no part of the product.
ELSEWHERE = {"causes", "lab"}
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
SENTENCE = re.compile(r"(?:[A-Z…]|[a-z_]+: ).*(?:[.:…]$|\. )")
FEWEST_WORDS = 6
HEAD = """\
All messages
============

What the collection says when it refuses something or fails, as it stands in the code; ``…`` stands for what is put in.
Search this page for a few words of a message, then read the section that its group leads to. Why the rank of a job has
ended is described in :doc:`docsite/causes`.
"""


def text_of(node: ast.AST) -> str | None:
    """Return the text that a node stands for, with an ellipsis for each value in it, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = (text_of(node.left), text_of(node.right))
        return None if None in parts else "".join(map(str, parts))
    return None


def texts_of(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a program, but no documentation."""
    for node in ast.iter_child_nodes(tree):
        is_documentation = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in DOCUMENTATION
        if is_documentation or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        text = text_of(node)
        if text is None:
            yield from texts_of(node)
        else:
            yield text


def messages_of(tasks: Any) -> Iterator[str]:
    """Yield the messages of tasks, with an ellipsis for each expression."""
    for one in tasks if isinstance(tasks, list) else []:
        for key, value in one.items():
            if key in ("block", "rescue", "always"):
                yield from messages_of(value)
            elif isinstance(value, dict):
                said = value.get("fail_msg") or (value.get("msg") if key.endswith(".fail") else None)
                if isinstance(said, str):
                    yield re.sub(r"{{.*?}}|{%.*?%}", "…", " ".join(said.partition("See https://")[0].split()))


def section_of(path: Path) -> str:
    """Return the section of errors.rst for a file of C(plugins) or C(roles)."""
    name = path.parts[1] if path.parts[0] == "roles" else path.parts[2].removesuffix(".py")
    return SECTIONS.get(name, name.partition("_")[0])


def all_messages() -> dict[str, list[str]]:
    """Return the messages by section, without those that are in ELSEWHERE."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder in ("action", "lookup", "module_utils", "modules", "plugin_utils"):
        for path in sorted((ROOT / "plugins" / folder).rglob("*.py")):
            texts = (" ".join(text.split()) for text in texts_of(ast.parse(path.read_text())))
            found[section_of(path.relative_to(ROOT))].update(filter(is_message, texts))
    for path in sorted((ROOT / "roles").glob("*/tasks/**/*.yml")):
        found[section_of(path.relative_to(ROOT))].update(messages_of(yaml.safe_load(path.read_text())))
    return {section: sorted(texts) for section, texts in sorted(found.items()) if texts and section not in ELSEWHERE}


def is_message(text: str) -> bool:
    """Return whether a text of a program is a sentence for people."""
    return len(text.split()) >= FEWEST_WORDS and bool(SENTENCE.match(text))


def page() -> str:
    """Return the page as reStructuredText."""
    lines = [HEAD]
    for section, texts in all_messages().items():
        title = section.capitalize()
        lines += [title, "-" * len(title), "", f"Explained in `{title} <docsite/errors.html#{section}>`__.", ""]
        lines += [f"- {escaped(text)}" for text in texts] + [""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Return the text without any meaning for reStructuredText."""
    return re.sub(r"([\\*`_|<>:\[\]'\"-])", r"\\\1", text)


if __name__ == "__main__":
    print(page())
