"""What the pipeline is told at its start."""

from typing import ClassVar

from pydantic import Field

from ai4v.kit.settings import ServiceSettings


class PipelineSettings(ServiceSettings):
    """Settings of the pipeline: `AI4V_PIPELINE_<FIELD>`, then `AI4V_<FIELD>`."""

    service: ClassVar[str] = "pipeline"

    port: int = Field(default=8091, ge=0, le=65535)
    """Port to listen on."""
    queue_limit: int = Field(default=32, ge=1)
    """Most calls being answered at once; more are told to come back."""
