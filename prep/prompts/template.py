"""Prompt files: Markdown with front matter and `$variables` → text for the user turn.

Generation prompts lie beside this module, judges' prompts in judge_prompts/ at the top level. Values are put in as they
are: `$` or `{}` in a résumé is never expanded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from prep.errors import InputError
from prep.files.manifest import sha256_text

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Prompt:
    """A prompt: a body with `$variables`, all of them declared."""

    name: str
    version: int
    variables: frozenset[str]
    body: str
    score: str | None = None  # a judge's prompt: the field of the answer that holds the score

    @property
    def sha256(self) -> str:
        """Identify everything that the model is told: the system text and the body."""
        return sha256_text(f"{system_text()}\n{self.body}")

    def render(self, **values: str) -> str:
        """Return the text of the user turn. Raises ValueError at a missing or an unknown variable."""
        if values.keys() != self.variables:
            odd = sorted(values.keys() ^ self.variables)
            raise ValueError(f"prompt {self.name}: missing or unknown variables {odd}")
        return Template(self.body).substitute(values)

    def messages(self, **values: str) -> list[dict[str, str]]:
        """Return the chat: our system text, then the rendered user turn."""
        return [{"role": "system", "content": system_text()}, {"role": "user", "content": self.render(**values)}]


@cache
def system_text() -> str:
    """Return the system text of every chat: instructions only, never a word of a résumé."""
    return (FOLDER / "system.md").read_text(encoding="utf-8").strip()


@cache
def generation_prompt(name: str) -> Prompt:
    """Read a prompt of this package: oracle, joint, reasoner, predictor, direct or zero_shot."""
    return read_prompt(FOLDER / f"{name}.md")


def read_prompt(path: Path) -> Prompt:
    """Read a prompt file.

    Raises InputError where the front matter is malformed or does not name exactly the variables that the body uses.
    """
    import yaml

    fix = "Write front matter with name, version and variables between two lines of ---, then the body."
    if not path.is_file():
        raise InputError(f"{path}: there is no such prompt file.", fix)
    try:
        opening, _, rest = path.read_text(encoding="utf-8").partition("---\n")
        front, closing, body = rest.partition("\n---\n")
        head = yaml.safe_load(front)
        prompt = Prompt(
            name=head["name"],
            version=head["version"],
            variables=frozenset(map(str, head["variables"])),
            body=body.strip(),
            score=head.get("score"),
        )
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: the front matter is malformed ({error}).", fix) from None
    if opening or not closing or not prompt.body:
        raise InputError(f"{path}: the front matter is malformed.", fix)
    template = Template(prompt.body)
    if not template.is_valid() or set(template.get_identifiers()) != prompt.variables:
        raise InputError(
            f"{path}: the body uses {sorted(template.get_identifiers())}, the front matter declares {sorted(prompt.variables)}.",
            fix,
        )
    return prompt
