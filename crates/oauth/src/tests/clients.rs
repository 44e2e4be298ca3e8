//! Every place for parameters with every place for credentials, on every token path, for both grants.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use tender_service::Flavour;

use super::{CLIENT_ID, CLIENT_SECRET, REDIRECT, TOKEN_PATHS, World, basic, encoded, query};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Query,
    Form,
    /// A form with a charset, and its type in capitals.
    FormCharset,
    /// A form that does not say what it is.
    FormUnsaid,
    Json,
    JsonCharset,
    JsonUnsaid,
}

const PLACES: [Place; 7] = [
    Place::Query,
    Place::Form,
    Place::FormCharset,
    Place::FormUnsaid,
    Place::Json,
    Place::JsonCharset,
    Place::JsonUnsaid,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Credentials {
    Basic,
    /// As OAuth has it: encoded like form values before base64.
    BasicEncoded,
    BasicLowerCase,
    WithTheOthers,
    InTheQuery,
    BasicAndId,
    BasicAndBoth,
    /// With an old token in the header, which counts for nothing here.
    WithTheOthersAndBearer,
}

const CREDENTIALS: [Credentials; 8] = [
    Credentials::Basic,
    Credentials::BasicEncoded,
    Credentials::BasicLowerCase,
    Credentials::WithTheOthers,
    Credentials::InTheQuery,
    Credentials::BasicAndId,
    Credentials::BasicAndBoth,
    Credentials::WithTheOthersAndBearer,
];

fn json(pairs: &[(&str, &str)]) -> String {
    let members: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name:?}:{value:?}"))
        .collect();
    format!("{{{},\"unknown\":[null],\"state\":null}}", members.join(","))
}

fn request(path: &str, place: Place, credentials: Credentials, grant: &[(&str, &str)]) -> Request<Body> {
    let (id, secret) = (("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET));
    let mut pairs = grant.to_vec();
    let mut in_query = Vec::new();
    match credentials {
        Credentials::Basic | Credentials::BasicEncoded | Credentials::BasicLowerCase => {}
        Credentials::BasicAndId => pairs.push(id),
        Credentials::InTheQuery => in_query.extend([id, secret]),
        Credentials::WithTheOthers | Credentials::BasicAndBoth | Credentials::WithTheOthersAndBearer => {
            pairs.extend([id, secret]);
        }
    }
    let (content_type, body) = match place {
        Place::Query => {
            in_query.extend(pairs);
            (None, String::new())
        }
        Place::Form => (Some("application/x-www-form-urlencoded"), query(&pairs)),
        Place::FormCharset => (
            Some("Application/X-WWW-Form-URLencoded; charset=UTF-8"),
            query(&pairs),
        ),
        Place::FormUnsaid => (None, query(&pairs)),
        Place::Json => (Some("application/json"), json(&pairs)),
        Place::JsonCharset => (Some("APPLICATION/JSON;charset=utf-8"), json(&pairs)),
        Place::JsonUnsaid => (None, format!("\r\n {}", json(&pairs))),
    };
    let uri = if in_query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query(&in_query))
    };
    let mut request = Request::post(uri);
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let authorization = match credentials {
        Credentials::Basic | Credentials::BasicAndId | Credentials::BasicAndBoth => {
            Some(basic(CLIENT_ID, CLIENT_SECRET))
        }
        Credentials::BasicEncoded => Some(basic(&encoded(CLIENT_ID), &encoded(CLIENT_SECRET))),
        Credentials::BasicLowerCase => Some(basic(CLIENT_ID, CLIENT_SECRET).replacen("Basic", "basic", 1)),
        Credentials::WithTheOthersAndBearer => Some("Bearer an-old-token".to_owned()),
        Credentials::WithTheOthers | Credentials::InTheQuery => None,
    };
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request.body(Body::from(body)).expect("a request")
}

#[tokio::test]
async fn every_combination_that_clients_send_gives_both_tokens() {
    let world = World::new().await;
    for (path, flavour) in TOKEN_PATHS {
        for place in PLACES {
            for credentials in CREDENTIALS {
                let name = format!("{path} {place:?} {credentials:?}");
                let code = world.code(flavour).await;
                let grant = [
                    ("grant_type", "authorization_code"),
                    ("code", code.as_str()),
                    ("redirect_uri", REDIRECT),
                ];
                let first = world.send(request(path, place, credentials, &grant)).await;
                assert_eq!(first.status, StatusCode::OK, "{name}: {}", first.text());
                let token = first.member("refresh_token");
                // One client sends a stray redirect URI along, which counts for nothing.
                let grant = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", token.as_str()),
                    ("redirect_uri", "x:"),
                ];
                let second = world.send(request(path, place, credentials, &grant)).await;
                assert_eq!(second.status, StatusCode::OK, "{name}: {}", second.text());
                assert_ne!(
                    first.member("access_token"),
                    second.member("access_token"),
                    "{name}"
                );
                assert_eq!(
                    token == second.member("refresh_token"),
                    flavour == Flavour::Kounta,
                    "{name}"
                );
                assert_eq!(second.member("token_type"), "Bearer", "{name}");
                assert_eq!(second.member("expires_in"), "3600", "{name}");
            }
        }
    }
}
