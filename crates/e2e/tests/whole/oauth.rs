//! Tokens as clients of both families get and renew them, and the page where a person allows one in.

use anyhow::{Context, ensure};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};

/// The life of an access token, and a moment.
const TOKEN_LIFE_MS: u64 = 3_600_001;
/// Both address families of the first version and of OpenID Connect.
const KSERIES_TOKEN: [&str; 2] = ["/oauth/token", "/realms/k-series/protocol/openid-connect/token"];
const KOUNTA_TOKEN: [&str; 2] = ["/v1/token", "/v1/token.json"];
/// A redirect address that the demo's applications have registered. Nothing listens there.
const REDIRECT: &str = "http://127.0.0.1:8091/callback";

fn pair<'a>(name: &'a str, value: &'a str) -> (&'a str, &'a str) {
    (name, value)
}

/// A refresh with the parameters in the query or the form, and Basic or body credentials.
fn refresh(
    server: &Server,
    family: &str,
    path: &str,
    token: &str,
    in_query: bool,
    basic: bool,
) -> RequestBuilder {
    let (id, secret) = (
        server.secret(&format!("/{family}/client_id")),
        server.secret(&format!("/{family}/client_secret")),
    );
    let mut pairs = vec![pair("grant_type", "refresh_token"), pair("refresh_token", token)];
    if !basic {
        pairs.extend([pair("client_id", &id), pair("client_secret", &secret)]);
    }
    let request = if in_query {
        let url = Url::parse_with_params(&server.url(path), &pairs).expect("the server's address is a URL");
        server.client.post(url)
    } else {
        server.request(Method::POST, path).form(&pairs)
    };
    if basic {
        request.basic_auth(id, Some(secret))
    } else {
        request
    }
}

fn text<'v>(body: &'v Value, name: &str) -> anyhow::Result<&'v str> {
    body[name]
        .as_str()
        .with_context(|| format!("no {name} in {body}"))
}

/// How the API answers a K-Series token.
async fn kseries_status(server: &Server, token: &str) -> anyhow::Result<StatusCode> {
    Ok(server
        .request(Method::GET, "/o/op/data/businesses")
        .bearer_auth(token)
        .send()
        .await?
        .status())
}

/// How the API answers a Kounta token.
async fn kounta_answer(server: &Server, token: &str) -> anyhow::Result<(StatusCode, Value)> {
    json_answer(
        server
            .request(Method::GET, "/v1/companies/me.json")
            .bearer_auth(token),
    )
    .await
}

/// K-Series: both paths, both places, both kinds of credentials; every refresh rotates, and a used one is refused.
#[tokio::test]
async fn kseries_refresh_tokens_rotate() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let mut token = server.secret("/kseries/refresh_token");
    for path in KSERIES_TOKEN {
        for (in_query, basic) in [(true, true), (true, false), (false, true), (false, false)] {
            let (status, body) =
                json_answer(refresh(&server, "kseries", path, &token, in_query, basic)).await?;
            ensure!(status == StatusCode::OK, "{path} answered {status}: {body}");
            assert!(
                body["expires_in"].as_u64().is_some_and(|life_s| life_s >= 1_500),
                "{body}"
            );
            assert_eq!(body["token_type"], json!("Bearer"));
            assert_eq!(
                kseries_status(&server, text(&body, "access_token")?).await?,
                StatusCode::OK
            );
            let next = text(&body, "refresh_token")?.to_owned();
            assert_ne!(next, token);
            token = next;
        }
    }
    let first = server.secret("/kseries/refresh_token");
    let (status, body) =
        json_answer(refresh(&server, "kseries", KSERIES_TOKEN[0], &first, false, true)).await?;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    server.healthy().await
}

/// Kounta: a refresh does not void the token that it used.
#[tokio::test]
async fn kounta_refresh_tokens_survive() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let token = server.secret("/kounta/refresh_token");
    for path in KOUNTA_TOKEN {
        for basic in [true, false] {
            let (status, body) = json_answer(refresh(&server, "kounta", path, &token, false, basic)).await?;
            ensure!(status == StatusCode::OK, "{path} answered {status}: {body}");
            assert_eq!(
                (&body["expires_in"], &body["token_type"]),
                (&json!(3600), &json!("Bearer"))
            );
            ensure!(
                !text(&body, "refresh_token")?.is_empty(),
                "a refresh token is always there: {body}"
            );
            let (status, _) = kounta_answer(&server, text(&body, "access_token")?).await?;
            assert_eq!(status, StatusCode::OK);
        }
    }
    server.healthy().await
}

#[tokio::test]
async fn wrong_clients_grants_and_tokens_are_refused() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let token = server.secret("/kseries/refresh_token");
    for path in KSERIES_TOKEN.into_iter().chain(KOUNTA_TOKEN) {
        let wrong = server.request(Method::POST, path).basic_auth("nobody", Some("x"));
        let wrong = wrong.form(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
        let (status, body) = json_answer(wrong).await?;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::UNAUTHORIZED, &json!("invalid_client")),
            "{path}"
        );
        // Another application's refresh token.
        let family = if path.starts_with("/v1") {
            "kounta"
        } else {
            "kseries"
        };
        let (status, body) =
            json_answer(refresh(&server, family, path, "none-of-yours", false, true)).await?;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_grant")),
            "{path}"
        );
    }
    // None of it used the token up.
    let (status, body) =
        json_answer(refresh(&server, "kseries", KSERIES_TOKEN[0], &token, false, true)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    server.healthy().await
}

/// The clock goes past a token's life: 401 in the dialect's form, refresh, repeat.
#[tokio::test]
async fn expired_tokens_are_refused_and_renewed() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let renew = async |family: &str, path: &str, token: &str| {
        let (status, body) = json_answer(refresh(&server, family, path, token, false, true)).await?;
        ensure!(status == StatusCode::OK, "{status}: {body}");
        Ok((
            text(&body, "access_token")?.to_owned(),
            text(&body, "refresh_token")?.to_owned(),
        ))
    };
    let (kseries, kseries_refresh) = renew(
        "kseries",
        KSERIES_TOKEN[0],
        &server.secret("/kseries/refresh_token"),
    )
    .await?;
    let (kounta, kounta_refresh) =
        renew("kounta", KOUNTA_TOKEN[0], &server.secret("/kounta/refresh_token")).await?;
    assert_eq!(kseries_status(&server, &kseries).await?, StatusCode::OK);
    assert_eq!(kounta_answer(&server, &kounta).await?.0, StatusCode::OK);
    server.advance(TOKEN_LIFE_MS).await?;
    let expired = server
        .request(Method::GET, "/o/op/data/businesses")
        .bearer_auth(&kseries)
        .send()
        .await?;
    assert_eq!(expired.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        expired.headers().get("www-authenticate").context("says how")?,
        "Bearer"
    );
    assert_eq!(expired.text().await?, "");
    let (status, body) = kounta_answer(&server, &kounta).await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        body["error_description"],
        json!("The access token provided has expired")
    );
    let (kseries, _) = renew("kseries", KSERIES_TOKEN[1], &kseries_refresh).await?;
    let (kounta, _) = renew("kounta", KOUNTA_TOKEN[1], &kounta_refresh).await?;
    assert_eq!(kseries_status(&server, &kseries).await?, StatusCode::OK);
    assert_eq!(kounta_answer(&server, &kounta).await?.0, StatusCode::OK);
    // The printed tokens live until they are revoked, so that scripts may move the clock.
    assert_eq!(
        kseries_status(&server, &server.secret("/kseries/access_token")).await?,
        StatusCode::OK
    );
    server.healthy().await
}

/// The hidden and visible fields of a page's form, as a browser would send them.
fn fields(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(
            rest.split_once('"')?
                .0
                .replace("&amp;", "&")
                .replace("&quot;", "\""),
        )
    };
    let inputs = page
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag);
    inputs
        .filter_map(|tag| {
            Some((
                attribute(tag, " name")?,
                attribute(tag, " value").unwrap_or_default(),
            ))
        })
        .collect()
}

/// A person logs in on the page, and the application gets its tokens for the code.
#[tokio::test]
async fn a_person_allows_an_application_in() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let browser = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let pages = [
        ("kseries", "/oauth/authorize", KSERIES_TOKEN[0]),
        (
            "kseries",
            "/realms/k-series/protocol/openid-connect/auth",
            KSERIES_TOKEN[1],
        ),
        ("kounta", "/authorize", KOUNTA_TOKEN[1]),
    ];
    for (family, page, token_path) in pages {
        let (id, secret) = (
            server.secret(&format!("/{family}/client_id")),
            server.secret(&format!("/{family}/client_secret")),
        );
        let link = Url::parse_with_params(
            &server.url(page),
            [
                ("client_id", id.as_str()),
                ("redirect_uri", REDIRECT),
                ("response_type", "code"),
                ("scope", "orders-api offline_access"),
                ("state", "a b&c"),
            ],
        )?;
        let shown = browser.get(link.clone()).send().await?;
        ensure!(
            shown.status() == StatusCode::OK,
            "{page} answered {}",
            shown.status()
        );
        let cookie = shown
            .headers()
            .get("set-cookie")
            .context("a cookie")?
            .to_str()?
            .to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let form = fields(&shown.text().await?);
        let submit = |password: &str, cookie: &str| {
            let mut filled: Vec<(String, String)> = form.clone();
            filled.retain(|(name, _)| name != "username" && name != "password");
            filled.push(("username".to_owned(), server.secret("/person/name")));
            filled.push(("password".to_owned(), password.to_owned()));
            filled.push(("decision".to_owned(), "allow".to_owned()));
            browser
                .post(link.clone())
                .header("cookie", cookie)
                .form(&filled)
                .send()
        };
        let password = server.secret("/person/password");
        let forged = submit(&password, "").await?;
        ensure!(
            forged.status().is_client_error(),
            "a form without its cookie answered {}",
            forged.status()
        );
        let wrong = submit("wrong", &cookie).await?;
        ensure!(
            wrong.headers().get("location").is_none(),
            "a wrong password went on"
        );
        let allowed = submit(&password, &cookie).await?;
        ensure!(
            allowed.status() == StatusCode::SEE_OTHER,
            "{page} answered {}: {}",
            allowed.status(),
            allowed.text().await?
        );
        let location = Url::parse(
            allowed
                .headers()
                .get("location")
                .context("a location")?
                .to_str()?,
        )?;
        ensure!(location.as_str().starts_with(REDIRECT), "{location}");
        let given = |name: &str| {
            location
                .query_pairs()
                .find(|(other, _)| other == name)
                .map(|(_, value)| value.into_owned())
        };
        assert_eq!(given("state").as_deref(), Some("a b&c"));
        let code = given("code").context("a code")?;
        let exchange = || {
            let request = server
                .request(Method::POST, token_path)
                .basic_auth(&id, Some(&secret));
            request.form(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", REDIRECT),
            ])
        };
        let (status, body) = json_answer(exchange()).await?;
        ensure!(status == StatusCode::OK, "{token_path} answered {status}: {body}");
        let token = text(&body, "access_token")?;
        let status = match family {
            "kseries" => kseries_status(&server, token).await?,
            _ => kounta_answer(&server, token).await?.0,
        };
        assert_eq!(status, StatusCode::OK, "the token of {token_path} works");
        let (status, body) = json_answer(exchange()).await?;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_grant")),
            "a code counts once"
        );
    }
    server.healthy().await
}
