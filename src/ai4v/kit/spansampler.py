"""Which spans are kept, and what they say: of a request's address, no query.

Clients write keys and content into queries, and FastAPI would write those into its spans.
"""

from collections.abc import Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

_QUERY: Final = "url.query"


class DiscreetSampler(Sampler):
    """Keeps what another keeps, without queries.

    Args:
        inner: decides which spans are kept.
    """

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(  # noqa: PLR0913, PLR0917 - as OpenTelemetry calls it
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide on a span that begins; what it is to say is in the result."""
        said = {key: value for key, value in (attributes or {}).items() if key != _QUERY}
        return self._inner.should_sample(
            parent_context, trace_id, name, kind, said, links, trace_state
        )

    def get_description(self) -> str:
        """Name it for people."""
        return f"Discreet{{{self._inner.get_description()}}}"
