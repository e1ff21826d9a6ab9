"""Health as every service reports it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Health(StrEnum):
    """State of a service or of one thing it leans on."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """Serving, with something lost: the components say what."""
    UNHEALTHY = "unhealthy"


class HealthReport(BaseModel):
    """The body of `/api/v1/{service}/health`."""

    model_config = ConfigDict(frozen=True)

    status: Health
    service: str
    version: str
    components: dict[str, Health]
    """What it leans on, by name: postgres, valkey, engine ..."""
