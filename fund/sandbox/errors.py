"""Refusals in the shape of Stripe's API errors; ``api`` writes them out as JSON."""

from __future__ import annotations

from fund.sandbox.store import Thing


class ApiError(Exception):
    """One refusal: HTTP status, type, code, message and the parameter at fault."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Thing = {"error": {"message": message, "type": kind}}
        if code is not None:
            self.body["error"]["code"] = code
            self.body["error"]["doc_url"] = "https://docs.stripe.com/error-codes/" + (
                code.replace("_", "-")
            )
        if param is not None:
            self.body["error"]["param"] = param


class CardError(ApiError):
    """A card that was refused: 402; what was done up to the refusal stays done."""

    def __init__(self, message: str, *, code: str, decline_code: str | None) -> None:
        super().__init__(message, status=402, kind="card_error", code=code)
        if decline_code is not None:
            self.body["error"]["decline_code"] = decline_code


def missing(thing: str, identifier: str, param: str) -> ApiError:
    """The refusal for an id nobody knows: 404 ``resource_missing``."""
    return ApiError(
        f"No such {thing}: '{identifier}'", status=404, code="resource_missing", param=param
    )
