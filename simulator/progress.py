"""How a long task tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """How a run tells how far it is."""

    def start(self, total: int, label: str) -> None:
        """Begin a part of ``total`` steps."""
        ...

    def advance(self, n: int = 1) -> None:
        """``n`` more steps are done; may come from any thread."""
        ...

    def finish(self) -> None:
        """The part is over."""
        ...

    def tell(self, text: str) -> None:
        """A line of its own, in English; between two parts."""
        ...


class Silent:
    """Progress of a run that nobody watches."""

    def start(self, total: int, label: str) -> None:
        """Begin nothing."""

    def advance(self, n: int = 1) -> None:
        """Count nothing."""

    def finish(self) -> None:
        """End nothing."""

    def tell(self, text: str) -> None:
        """Tell nobody."""
