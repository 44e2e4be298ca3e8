//! The description of webhook endpoints.

use serde_json::{Value, json};
use tender_openapi::{Answer, Document, Operation, Schema};
use tender_service::WEBHOOK_URL_BYTES_MAX;

use super::{LIMIT_MAX, LIMIT_USUAL};
use crate::openapi::call::{Call, Traits, done, id, page};
use crate::openapi::values::{LATER, MOMENT, chars, page_of, short_text, text, time};
use crate::webhook::event_names;

/// An endpoint.
pub(crate) const ENDPOINT: &str = "whe_488078791671808";

pub(crate) fn add(document: Document) -> Document {
    document
        .schema("NewEndpoint", settings(Schema::object().required("url", url())))
        .schema(
            "EndpointPatch",
            settings(Schema::object().optional("url", url().or_null()))
                .optional("disabled", Schema::boolean().or_null()),
        )
        .schema("Endpoint", endpoint())
        .schema("EndpointPage", page_of("Endpoint"))
}

pub(crate) fn list(call: Call<'_>) -> Operation {
    let summary = "List endpoints; the administration sees those of other dialects too";
    call.named("webhooks", "listEndpoints", summary)
        .paged(LIMIT_MAX, LIMIT_USUAL, ENDPOINT)
        .answers(200, done("EndpointPage", page(example(MOMENT), None)))
}

pub(crate) fn create(call: Call<'_>) -> Operation {
    let hook = json!({
        "url": "https://example.com/hooks", "name": "Table app", "events": ["payment.completed", "payment.failed"],
    });
    let summary = "Make an endpoint; its secret is shown once";
    let made = done("Endpoint", with_secret());
    let made = FROM_ENDPOINT.iter().fold(made, |answer, operation| {
        answer.link(operation, &[("id", "$response.body#/id")])
    });
    call.named("webhooks", "createEndpoint", summary)
        .takes("NewEndpoint", hook)
        .answers(201, made)
        .conflicts()
}

/// What can be done with an endpoint that was just made.
const FROM_ENDPOINT: [&str; 4] = ["getEndpoint", "updateEndpoint", "deleteEndpoint", "rotateSecret"];

pub(crate) fn get(call: Call<'_>) -> Operation {
    about_one(call, "getEndpoint", "Read an endpoint").answers(200, done("Endpoint", example(MOMENT)))
}

pub(crate) fn update(call: Call<'_>) -> Operation {
    let change = json!({"events": ["payment.completed", "payment.failed"], "disabled": false});
    let summary = "Change an endpoint; one of another dialect can be disabled and enabled only";
    about_one(call, "updateEndpoint", summary)
        .may_take("EndpointPatch", change)
        .answers(200, done("Endpoint", example(LATER)))
        .conflicts()
}

pub(crate) fn delete(call: Call<'_>) -> Operation {
    about_one(call, "deleteEndpoint", "Delete an endpoint").answers(204, Answer::new("Gone."))
}

pub(crate) fn rotate_secret(call: Call<'_>) -> Operation {
    let summary = "A new secret, shown once; the old one signs along for a day";
    about_one(call, "rotateSecret", summary)
        .may_take("Empty", json!({}))
        .answers(200, done("Endpoint", with_secret()))
}

fn about_one(call: Call<'_>, name: &str, summary: &str) -> Operation {
    call.named("webhooks", name, summary)
        .parameter(id("endpoint", ENDPOINT))
        .finds()
}

fn url() -> Schema {
    Schema::string()
        .length(1, chars(WEBHOOK_URL_BYTES_MAX))
        .describe("An absolute address, http or https, without a name or password in it.")
}

/// What a client says of an endpoint.
fn settings(object: Schema) -> Schema {
    let known = event_names();
    let events = Schema::array(Schema::words(&known)).items_max(chars(known.len()));
    object
        .optional("name", short_text().or_null())
        .optional("events", events.or_null().describe("None named means all."))
        .closed()
}

fn endpoint() -> Schema {
    let events = Schema::array(text()).describe("The events wanted; none means all. Native endpoints only.");
    Schema::object()
        .required("id", text().describe("whe_…"))
        .required(
            "dialect",
            text().describe("Who encodes its messages: native, kseries or kounta."),
        )
        .required("application_id", text())
        .required("name", text())
        .required("url", text())
        .optional("events", events)
        .required("disabled", Schema::boolean())
        .optional("failing_since", time())
        .required("created_at", time())
        .required("updated_at", time())
        .optional(
            "secret",
            text().describe("Shown once: when the endpoint is made and when its secret is rotated."),
        )
        .closed()
}

fn example(updated_at: &str) -> Value {
    json!({
        "id": ENDPOINT, "dialect": "native", "application_id": "app_0", "name": "Table app",
        "url": "https://example.com/hooks", "events": ["payment.completed", "payment.failed"], "disabled": false,
        "created_at": MOMENT, "updated_at": updated_at,
    })
}

fn with_secret() -> Value {
    let mut endpoint = example(MOMENT);
    endpoint["secret"] = json!("whsec_C0elxswGhLqGCoCWxzW5GNFHSgUNnEIytpHEAmDbx9k=");
    endpoint
}
