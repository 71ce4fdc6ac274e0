"""Sign-in: a cookie in exchange for the token, so that no script has to keep the token."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.clients import WrongTokens
from api.connections import network
from api.security import COOKIE, session_value
from core.errors import TokenRequired

router = APIRouter(prefix="/session", tags=["session"], route_class=JsonRoute)


class SignIn(BaseModel):
    """The studio's token."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(
        max_length=500, description="The text of the file `token`.", examples=["Yp3…"]
    )


@router.post("", status_code=204)
async def sign_in(request: Request, response: Response, body: SignIn) -> None:
    """Set the session cookie. Any token is accepted where none is required."""
    expected = request.app.state.token
    if expected is None:
        return
    wrong_tokens: WrongTokens = request.app.state.wrong_tokens
    client = network(request.client)
    wrong_tokens.check(client)
    if not hmac.compare_digest(body.token.strip().encode(), expected.encode()):
        wrong_tokens.add(client, body.token)
        raise TokenRequired("The token is wrong.", field="token")
    response.set_cookie(
        COOKIE, session_value(expected), httponly=True, samesite="strict", max_age=30 * 86400
    )
