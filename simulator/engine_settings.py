"""What runs the paths; typed only, for it names who is trusted with code."""

from typing import Literal

from pydantic import Field, model_validator

from simulator.validation import Frozen


class EngineSettings(Frozen):
    """What runs the paths; changes no number."""

    kind: Literal["local", "dask"] = "local"
    """Threads of this process, or worker processes of a Dask cluster."""
    scheduler: str | None = Field(
        default=None, max_length=300, pattern=r"^(tcp|tls)://[\w.\-\[\]:]+:\d+$"
    )
    """Address of a cluster's scheduler; None is a cluster of its own on this machine."""
    workers: int = Field(default=0, ge=0, le=4096)
    """Worker processes of its own cluster; 0 takes the processors that this process may use."""
    allow_unencrypted: bool = False
    """Whether a scheduler elsewhere may be spoken to in the clear: who reaches it runs code."""
    tls_ca_file: str | None = Field(default=None, min_length=1, max_length=4096)
    """Certificate (PEM) of the authority that both sides trust."""
    tls_cert: str | None = Field(default=None, min_length=1, max_length=4096)
    """This side's certificate."""
    tls_key: str | None = Field(default=None, min_length=1, max_length=4096)
    """This side's key."""

    @model_validator(mode="after")
    def _used(self) -> "EngineSettings":
        if self.kind == "local" and self != EngineSettings.model_construct(kind="local"):
            raise ValueError("keys other than kind are read with engine=dask only")
        files = (self.tls_ca_file, self.tls_cert, self.tls_key)
        if any(files) and not all(files):
            raise ValueError("tls_ca_file, tls_cert and tls_key go together")
        return self

    @property
    def is_encrypted(self) -> bool:
        """Whether what goes to workers and back is encrypted."""
        return self.scheduler is None or self.tls_ca_file is not None
