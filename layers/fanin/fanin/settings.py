"""Settings: what a function reads from its environment, once, at its first use. Nothing else reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from fanin.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of one function; a variable it lacks is an error when it is asked for, by name."""

    values: Mapping[str, str]

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings of this process."""
        return cls(dict(os.environ))

    @property
    def on_lambda(self) -> bool:
        """Whether this is a Lambda function, or one in an emulator ("Defined runtime environment variables", Lambda developer guide)."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self.values

    def text(self, name: str) -> str:
        """A variable that must be set; ConfigurationError `setting-missing`."""
        value = self.values.get(name, "")
        if not value:
            raise ConfigurationError("setting-missing", f"the environment variable {name} is not set; deploy the stack again")
        return value

    def whole(self, name: str) -> int:
        """A whole number that must be set; ConfigurationError `setting-invalid`."""
        text = self.text(name)
        if not text.isascii() or not text.isdigit():
            raise ConfigurationError("setting-invalid", f"the environment variable {name} is not a whole number")
        return int(text)

    def names(self, name: str) -> frozenset[str]:
        """A comma-separated list, empty when the variable is not set."""
        return frozenset(filter(None, self.values.get(name, "").split(",")))

    def names_or_any(self, name: str) -> frozenset[str] | None:
        """The same list; None for "*", which is every name."""
        names = self.names(name)
        return None if names == {"*"} else names
