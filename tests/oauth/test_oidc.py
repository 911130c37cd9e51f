"""Sign-in at a real OpenID Connect provider: what lets a person in, and every lie that does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from joserfc.jwk import OctKey, RSAKey

from audits.model.activity import Owner
from audits.model.case import Coverage
from connector.crm.port import Account
from connector.errors import ConfigError, CrmError
from connector.oauth.flow import InstallRefused, finish_install
from connector.oauth.oidc import OidcSignIn, SignInRefused
from connector.oauth.sign_in import SignedIn
from connector.oauth.vault import Vault
from connector.settings import Settings
from connector.storage import installs, people
from connector.storage.database import Database
from connector.storage.people import Role
from tests.conftest import DatabaseUrls
from tests.oauth.conftest import KEYS, SESSION, now, settings_for
from tests.oauth.oidc_provider import CLIENT_ID, CLIENT_SECRET, Claims, Provider, running_provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with running_provider() as state:
        yield state


@pytest.fixture
def database(sqlite_urls: DatabaseUrls) -> Iterator[Database]:
    """SQLite alone: what the database does here is held by the tests of links and of the flow on both."""
    opened = Database.open(sqlite_urls.database_url)
    yield opened
    opened.close()


@pytest.fixture
def settings(provider: Provider, sqlite_urls: DatabaseUrls, tmp_path: Path) -> Settings:
    return settings_for(
        "http://127.0.0.1:1",
        sqlite_urls,
        tmp_path,
        LEADASSAY_OIDC_ISSUER=provider.url,
        LEADASSAY_OIDC_CLIENT_ID=CLIENT_ID,
        LEADASSAY_OIDC_CLIENT_SECRET=CLIENT_SECRET,
    )


@pytest.fixture
def desk(settings: Settings, database: Database) -> OidcSignIn:
    account = Account(account_id="1", name="Firm", zone="UTC", currency=None, record_url_base="https://x/")
    rita = Owner(owner_id="1", user_id="1001", email="rita@firm.example", name="Rita")
    with database.write() as connection:
        made = installs.create_or_reconnect(connection, "hubspot", account, (), (), Coverage(), now())
        people.replace_owners(connection, made.install_id, [rita])
    return OidcSignIn(settings, database, Vault(KEYS))


def browse(url: str) -> dict[str, str]:
    """Go to the provider as a browser would; the query of the way back."""
    response = requests.get(url, allow_redirects=False, timeout=5)
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def sign_in(desk: OidcSignIn) -> list[SignedIn]:
    params = browse(desk.begin(session_hash=SESSION, now=now()))
    return desk.finish(params, session_hash=SESSION, now=now())


def test_a_person_on_the_crms_list_is_let_in(desk: OidcSignIn, provider: Provider) -> None:
    (person,) = sign_in(desk)
    assert (person.user.email, person.user.role, person.account_name) == ("rita@firm.example", Role.REP, "Firm")
    (sent,) = provider.token_calls
    assert len(sent["code_verifier"]) >= 43
    assert "client_secret" not in sent


def test_what_the_provider_is_asked(desk: OidcSignIn, provider: Provider) -> None:
    queries = [
        {
            name: values[0]
            for name, values in parse_qs(urlsplit(desk.begin(session_hash=SESSION, now=now())).query).items()
        }
        for _ in range(2)
    ]
    first, second = queries
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert "openid" in first["scope"].split()
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


@pytest.mark.parametrize("case", ["missing", "reused", "foreign session", "expired"])
def test_a_state_that_is_not_ours(desk: OidcSignIn, provider: Provider, case: str) -> None:
    params = browse(desk.begin(session_hash=SESSION, now=now()))
    at, session_hash = now(), SESSION
    if case == "missing":
        del params["state"]
    elif case == "reused":
        desk.finish(params, session_hash=SESSION, now=now())
    elif case == "foreign session":
        session_hash = "b" * 64
    else:
        at += timedelta(minutes=11)
    before = len(provider.token_calls)
    with pytest.raises(SignInRefused):
        desk.finish(params, session_hash=session_hash, now=at)
    assert len(provider.token_calls) == before


def test_a_code_of_another_flow_fails_at_the_verifier(desk: OidcSignIn) -> None:
    victims = browse(desk.begin(session_hash=SESSION, now=now()))
    attackers = browse(desk.begin(session_hash="b" * 64, now=now()))
    with pytest.raises(SignInRefused, match="code"):
        desk.finish({**attackers, "code": victims["code"]}, session_hash="b" * 64, now=now())


def changed(**values: object) -> Callable[[Claims], None]:
    return lambda claims: claims.update(values)


def without(name: str) -> Callable[[Claims], None]:
    def drop(claims: Claims) -> None:
        del claims[name]

    return drop


@pytest.mark.parametrize(
    "lie",
    [
        changed(iss="https://evil.test"), changed(aud="another-client"), changed(aud=[CLIENT_ID, "other"]),
        changed(nonce="guessed"), changed(exp=int(time.time()) - 3600), changed(iat=int(time.time()) + 3600),
        changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), changed(email_verified=False), changed(email_verified="true"),
        changed(email=None), changed(azp="another-client"), without("nonce"), without("exp"), without("aud"),
        without("iss"), without("email_verified"), without("email"),
    ],
)  # fmt: skip
def test_claims_that_are_not_sound_let_nobody_in(
    desk: OidcSignIn, provider: Provider, lie: Callable[[Claims], None]
) -> None:
    provider.spoil = lie
    with pytest.raises(SignInRefused):
        sign_in(desk)


def test_a_foreign_signature_and_weak_algorithms_let_nobody_in(desk: OidcSignIn, provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "first"})
    with pytest.raises(SignInRefused):
        sign_in(desk)
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "unknown"})
    with pytest.raises(SignInRefused):
        sign_in(desk)
    # The public key is no secret: whoever signs with it as an HMAC key must not be believed.
    public = provider.key.as_pem(private=False)
    provider.signing_key, provider.algorithm = OctKey.import_key(public.hex(), {"kid": "first"}), "HS256"
    with pytest.raises(SignInRefused):
        sign_in(desk)


def test_a_rotated_key_is_fetched(desk: OidcSignIn, provider: Provider) -> None:
    assert sign_in(desk)
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert sign_in(desk)


def test_an_address_that_is_not_on_the_list(desk: OidcSignIn, provider: Provider) -> None:
    provider.email = "stranger@firm.example"
    with pytest.raises(SignInRefused, match="not on the CRM's list"):
        sign_in(desk)


def test_an_error_of_the_provider_is_told_without_its_words(desk: OidcSignIn) -> None:
    params = browse(desk.begin(session_hash=SESSION, now=now()))
    bad = {"state": params["state"], "error": "access_denied", "error_description": "<script>alert(1)</script>"}
    with pytest.raises(SignInRefused) as caught:
        desk.finish(bad, session_hash=SESSION, now=now())
    assert "script" not in str(caught.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "https://evil.test/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://user:pw@127.0.0.1/keys"},
        {"token_endpoint": None},
    ],
)
def test_a_description_that_points_elsewhere_is_not_followed(
    desk: OidcSignIn, provider: Provider, metadata: Claims
) -> None:
    provider.metadata = metadata
    with pytest.raises((ConfigError, CrmError)):
        desk.begin(session_hash=SESSION, now=now())


def test_an_issuer_in_the_answer_must_be_the_providers(desk: OidcSignIn, provider: Provider) -> None:
    params = browse(desk.begin(session_hash=SESSION, now=now()))
    with pytest.raises(SignInRefused):
        desk.finish({**params, "iss": "https://evil.test"}, session_hash=SESSION, now=now())


def test_a_state_of_a_sign_in_is_none_of_an_install(desk: OidcSignIn, settings: Settings, database: Database) -> None:
    params = browse(desk.begin(session_hash=SESSION, now=now()))
    with pytest.raises(InstallRefused):
        finish_install(database, Vault(KEYS), settings, "hubspot", params, session_hash=SESSION, now=now())


def test_without_a_provider_the_setting_is_named(
    sqlite_urls: DatabaseUrls, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="LEADASSAY_OIDC_ISSUER"):
        OidcSignIn(settings_for("http://127.0.0.1:1", sqlite_urls, tmp_path), database, Vault(KEYS))
