"""HTTP to the use cases of registration and one-time tokens, and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends

from ai4v.contracts.account import (
    Accepted,
    EmailVerification,
    LinkRequest,
    LinkView,
    MeChange,
    Registration,
    ResetConfirmation,
    ResetRequest,
    VerificationRequest,
)
from ai4v.contracts.permission import INTERNAL, OPEN, Permission
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.guard import require_operator
from ai4v.services.auth.proof.service import ProofService

_LETTER: Final = Accepted(
    message="if that can be done, a letter with the next step is on its way; without one, ask the"
    " administrator"
)


async def get_proofs(auth: Auth) -> ProofService:
    """Return the use cases of this area."""
    return auth.areas.proofs


Proofs = Annotated[ProofService, Depends(get_proofs)]

router = APIRouter(prefix="/api/v1/auth", tags=["account"], dependencies=[Depends(forbid_caching)])
internal_router = APIRouter(
    prefix="/internal",
    tags=["internal"],
    dependencies=[Depends(forbid_caching), Depends(require_operator)],
)


@router.post("/register", status_code=202, openapi_extra=needs(OPEN))
async def register(body: Registration, proofs: Proofs, actor: CurrentActor) -> Accepted:
    """Register; the answer is the same whether or not the name or address is known."""
    await proofs.register(body, actor)
    return _LETTER


@router.post("/verify-email", status_code=204, openapi_extra=needs(OPEN))
async def verify_email(body: EmailVerification, proofs: Proofs, actor: CurrentActor) -> None:
    """Prove an e-mail address with the token of a letter."""
    await proofs.verify_email(body.token.get_secret_value(), actor)


@router.post("/verify-email/resend", status_code=202, openapi_extra=needs(OPEN))
async def resend_verification(
    body: VerificationRequest, proofs: Proofs, actor: CurrentActor
) -> Accepted:
    """Ask for the letter again; the older link dies."""
    await proofs.resend(body.email, actor)
    return _LETTER


@router.post("/password/reset", status_code=202, openapi_extra=needs(OPEN))
async def forget_password(body: ResetRequest, proofs: Proofs, actor: CurrentActor) -> Accepted:
    """Ask for a letter with which to choose another password."""
    await proofs.forget_password(body.account, actor)
    return _LETTER


@router.post("/password/reset/confirm", status_code=204, openapi_extra=needs(OPEN))
async def reset_password(body: ResetConfirmation, proofs: Proofs, actor: CurrentActor) -> None:
    """Choose another password with the token of a letter; every session ends, the keys stay."""
    await proofs.reset_password(body, actor)


@router.patch("/me", status_code=202, openapi_extra=needs(Permission.ACCOUNT_SELF))
async def change_email(
    body: MeChange, principal: CurrentPrincipal, proofs: Proofs, actor: CurrentActor
) -> Accepted:
    """Change one's own e-mail address, once the link sent to the new one has been opened."""
    await proofs.change_email(principal.user_id, body, actor)
    return _LETTER


@internal_router.post("/users/{username}/link", openapi_extra=needs(INTERNAL))
async def make_link(
    username: str, body: LinkRequest, proofs: Proofs, actor: CurrentActor
) -> LinkView:
    """Make a link for the operator to hand to a user."""
    return await proofs.make_link(username, body.purpose, actor)
