"""Errors that a user can mend.

    UserError            what is wrong and what to do: printed without a traceback, exit status 1
    ├── InputError       a line of an input file is malformed: names file, line and field
    ├── OutputError      the output holds something else than what this command would write
    └── EndpointError    an LLM endpoint cannot be used: key, address, model

Everything else that is raised is a defect of nextocc and keeps its traceback.
"""

from __future__ import annotations


class UserError(Exception):
    """A mistake that the user can mend.

    `problem` says what is wrong, `fix` what to do about it.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}\n{fix}")
        self.problem, self.fix = problem, fix


class InputError(UserError):
    """An input file is missing, empty, half-written or malformed."""


class OutputError(UserError):
    """An output place holds something that this command did not write."""


class EndpointError(UserError):
    """An LLM endpoint refuses to work: no key, no server, no such model."""
