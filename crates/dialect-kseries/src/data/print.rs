//! `POST /o/op/1/printMsg`: a message for the tills of a location.

use axum::extract::Request;
use axum::http::Uri;
use axum::response::Response;
use tender_engine::{Command, LocationId, PostMessage};
use tender_http::MoneyMoved;
use tender_wire::Json;

use crate::errors::{Asked, Refusal, of_failure};
use crate::pay::accepted;
use crate::request::{Members, Mismatch, Query, SMALL_BODY_BYTES_MAX, json_body, parse};
use crate::validation::{JavaType, Violations};
use crate::visit::Visit;

/// Spring's name of the object.
const OBJECT: &str = "printMessage";
/// How long a message is kept for a till that is off.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Longest message: what a person can be expected to read on a till.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Queues a message for the tills.
pub(crate) async fn print_message(visit: Visit, uri: Uri, request: Request) -> Response {
    let result = queue(&visit, &uri, request).await;
    visit.answer(result)
}

async fn queue(visit: &Visit, uri: &Uri, request: Request) -> Result<Response, Refusal> {
    let location = Query::of(uri)?.location()?;
    let body = json_body(request, SMALL_BODY_BYTES_MAX).await?;
    let tree = parse(&body)?;
    let (text, also_print) = decode(&tree)?;
    let location = visit.location(location)?;
    let command = Command::PostMessage(PostMessage {
        location: LocationId(location.id),
        text: text.to_owned(),
        also_print,
        ttl_ms: KEPT_MS,
    });
    match visit.execute(command).await {
        Ok(_) => Ok(accepted()),
        Err(failure) => Err(of_failure(
            &failure,
            &Asked {
                is_order: false,
                reference: "",
                endpoint: "",
                location: location.id,
                currency: None,
                money_moved_before: MoneyMoved::No,
            },
        )),
    }
}

fn decode<'j>(json: &'j Json<'j>) -> Result<(&'j str, bool), Refusal> {
    let members = Members::root(json, OBJECT)?;
    let read = |members: Members<'j, '_>| -> Result<_, Mismatch> {
        Ok((members.text("message")?, members.flag("alsoToPrinter")?))
    };
    let (text, also_print) = read(members).map_err(|mismatch| mismatch.refusal(OBJECT))?;
    let mut violations = Violations::default();
    if text.is_none() {
        violations.not_null("message", JavaType::String);
    }
    violations.size("message", text, 1, MESSAGE_CHARS_MAX);
    let violations = violations.into_vec();
    match text {
        Some(text) if violations.is_empty() => Ok((text, also_print.unwrap_or(false))),
        _ => Err(Refusal::Invalid {
            object: OBJECT,
            violations,
        }),
    }
}
