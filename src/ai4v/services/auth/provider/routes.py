"""HTTP to use case and back: sign-in elsewhere, and who users are there."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ai4v.contracts.permission import OPEN, Permission
from ai4v.contracts.session import (
    Challenge,
    IdentityList,
    IdentityView,
    LinkAddress,
    LinkStart,
    LinkTicket,
    ProviderList,
    ProviderView,
    ReturnAddress,
    SessionTokens,
    TicketExchange,
)
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.provider.service import FLOW_S, Arrival
from ai4v.services.auth.session.routes import CurrentOrigin

_COOKIE: Final = "ai4v-sign-in"
_SECURE_COOKIE: Final = f"__Host-{_COOKIE}"
"""The prefix keeps other hosts of the domain from writing it; browsers want https for it."""
_SELF: Final = needs(Permission.ACCOUNT_SELF)
_PRIVATE: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_Text = Annotated[str | None, Query(max_length=2048)]

router = APIRouter(prefix="/api/v1/auth", tags=["provider"], dependencies=[Depends(forbid_caching)])


async def get_arrival(
    request: Request,
    auth: Auth,
    state: _Text = None,
    code: _Text = None,
    iss: _Text = None,
    error: _Text = None,
) -> Arrival:
    """Return what a browser brings back (a FastAPI dependency)."""
    cookie = _cookie_name(auth.areas.providers.providers.public_url)
    mark = request.cookies.get(cookie, "")
    return Arrival(state=state or "", mark=mark, code=code, issuer=iss, error=error)


@router.get("/providers", openapi_extra=needs(OPEN))
async def list_providers(auth: Auth) -> ProviderList:
    """List whom users may sign in with."""
    providers = auth.areas.providers.providers
    return ProviderList(
        providers=tuple(
            ProviderView(
                name=name,
                title=provider.configuration.title or name,
                start_url=providers.address(name, "start"),
            )
            for name, provider in providers.by_name.items()
        )
    )


@router.get("/providers/{name}/start", status_code=302, openapi_extra=needs(OPEN))
async def begin(
    name: str,
    return_to: Annotated[ReturnAddress, Query()],
    auth: Auth,
    actor: CurrentActor,
    challenge: Annotated[Challenge | None, Query()] = None,
    link: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Send a browser to a provider; it comes back to `return_to` with a `ticket` or an `error`."""
    departure = await auth.areas.providers.begin(
        name, return_to, actor, challenge=challenge or "", link=link
    )
    response = RedirectResponse(departure.url, 302, headers=_PRIVATE)
    _set_cookie(response, str(departure.mark), auth.areas.providers.providers.public_url)
    return response


@router.get("/providers/{name}/callback", status_code=302, openapi_extra=needs(OPEN))
async def finish(
    name: str, arrival: Annotated[Arrival, Depends(get_arrival)], auth: Auth, actor: CurrentActor
) -> Response:
    """Take a browser back from a provider, and send it to the page that began."""
    url = await auth.areas.providers.finish(name, arrival, actor)
    response = RedirectResponse(url, 302, headers=_PRIVATE)
    _delete_cookie(response, auth.areas.providers.providers.public_url)
    return response


@router.post("/providers/exchange", openapi_extra=needs(OPEN))
async def exchange(
    body: TicketExchange, auth: Auth, actor: CurrentActor, origin: CurrentOrigin
) -> SessionTokens:
    """Change the ticket that a browser came back with for the tokens of a session."""
    verifier = body.verifier.get_secret_value() if body.verifier else None
    ticket = body.ticket.get_secret_value()
    return await auth.areas.providers.exchange(ticket, verifier, actor, origin)


@router.get("/me/identities", openapi_extra=_SELF)
async def list_identities(principal: CurrentPrincipal, auth: Auth) -> IdentityList:
    """List who one is elsewhere."""
    found = await auth.areas.providers.list_identities(principal.user_id)
    return IdentityList(
        identities=tuple(
            IdentityView(provider=row.provider, email=row.email, linked_at=row.linked_at)
            for row in found
        )
    )


@router.post("/me/identities/{name}/start", openapi_extra=_SELF)
async def begin_link(
    name: str, start: LinkStart, principal: CurrentPrincipal, auth: Auth, actor: CurrentActor
) -> LinkAddress:
    """Say where one's browser goes to prove who one is elsewhere."""
    url = await auth.areas.providers.begin_link(name, start, actor, principal.user_id)
    return LinkAddress(url=url)


@router.post("/me/identities", status_code=204, openapi_extra=_SELF)
async def finish_link(
    body: LinkTicket, principal: CurrentPrincipal, auth: Auth, actor: CurrentActor
) -> None:
    """Link what one's browser came back with: from now on one may sign in by it."""
    ticket, verifier = body.ticket.get_secret_value(), body.verifier.get_secret_value()
    await auth.areas.providers.finish_link(ticket, verifier, actor, principal.user_id)


@router.delete("/me/identities/{name}", status_code=204, openapi_extra=_SELF)
async def unlink(name: str, principal: CurrentPrincipal, auth: Auth, actor: CurrentActor) -> None:
    """Forget who one is at a provider."""
    await auth.areas.providers.unlink(principal.user_id, name, actor)


def _cookie_name(public_url: str) -> str:
    return _SECURE_COOKIE if public_url.startswith("https://") else _COOKIE


def _set_cookie(response: Response, value: str, public_url: str) -> None:
    """Tie the sign-in to this browser; SameSite=Lax, since it comes back by a link elsewhere."""
    response.set_cookie(
        _cookie_name(public_url),
        value,
        max_age=int(FLOW_S),
        path="/",
        secure=public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )


def _delete_cookie(response: Response, public_url: str) -> None:
    response.delete_cookie(
        _cookie_name(public_url),
        path="/",
        secure=public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
