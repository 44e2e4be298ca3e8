//! Cases: money that needs a person, open ones first, and resolving one with a note.

use axum::extract::Request;
use axum::response::Response;
use maud::{Markup, html};
use tender_engine::{Case, CaseId, Command, ResolveCase};
use tender_wire::ids_text;

use crate::desk::{Desk, Fault, Segment, back};
use crate::page::{self, Place};
use crate::show::{self, Tone};
use crate::words;

/// Cases on one page.
const CASES_AT_ONCE: u32 = 50;
/// The longest note.
const NOTE_CHARS_MAX: usize = 1_000;

pub(crate) async fn list(desk: Desk) -> Result<Response, Fault> {
    let before = match desk.query.get("before") {
        None => None,
        Some(text) => Some(CaseId(
            ids_text::read(ids_text::CASE, text).ok_or(Fault::NotFound)?,
        )),
    };
    let tender = desk.tender();
    // Open ones first, on the first page; then all others, newest first.
    let open = match before {
        None => {
            tender
                .cases(desk.merchant(), true, None, CASES_AT_ONCE)
                .await?
                .items
        }
        Some(_) => Vec::new(),
    };
    let all = tender
        .cases(desk.merchant(), false, before, CASES_AT_ONCE)
        .await?;
    let next = all.items.last().filter(|_| all.more);
    let next = next.map(|last| {
        format!(
            "/console/cases?before={}",
            ids_text::write(ids_text::CASE, last.id.0)
        )
    });
    let open: Vec<Case> = open
        .into_iter()
        .filter(|case| desk.covers(case.location))
        .collect();
    let others: Vec<Case> = all
        .items
        .into_iter()
        .filter(|case| desk.covers(case.location) && !open.iter().any(|shown| shown.id == case.id))
        .collect();
    let body = html! {
        h1 { "Cases" }
        p.soft { "Money that needs a person: find out what really happened, put it right, then write down what was done." }
        div id="cases" data-live {
            @if open.is_empty() && before.is_none() { p { (show::tag(("No open cases", Tone::Good))) } }
            @for case in &open { (card(&desk, case)) }
            @if !others.is_empty() {
                h2 { @if before.is_none() { "Others" } @else { "Older cases" } }
                @for case in &others { (card(&desk, case)) }
            }
        }
        @if let Some(next) = next { p.more { a href=(next) rel="next" { "Older cases" } } }
    };
    Ok(page::whole(&desk, Place::Cases, "Cases", &body))
}

fn card(desk: &Desk, case: &Case) -> Markup {
    let zone = show::zone_of(&desk.directory, case.location);
    let (what, next) = words::case(case.reason);
    let id = ids_text::write(ids_text::CASE, case.id.0);
    let amount = desk
        .directory
        .currency(case.location)
        .map(|currency| show::money(case.amount_minor, currency));
    html! {
        section.card.more {
            div.card-head {
                h3 { (amount.unwrap_or_default()) " · " (show::name_of(&desk.directory, case.location)) }
                @if case.resolved_at.is_some() { (show::tag(("Resolved", Tone::Good))) }
                @else { (show::tag(("Open", Tone::Bad))) }
            }
            p { (what) }
            p.soft {
                "Opened " (show::moment(case.opened_at, zone)) ". Payment "
                a.mono href=(show::payment_address(case.payment)) { (show::payment_text(case.payment)) }
                " of order " a.mono href=(show::order_address(case.order)) { (show::order_text(case.order)) }
                ", case " span.mono { (id) } "."
            }
            @if let Some(resolved_at) = case.resolved_at {
                p {
                    "Resolved " (show::moment(resolved_at, zone)) ": "
                    (case.resolution.as_deref().unwrap_or_default())
                }
            } @else {
                p { b { "What to do next: " } (next) }
                form.line method="post" action=(format!("/console/cases/{id}/resolve")) {
                    (page::csrf_field(desk))
                    input type="hidden" name="back" value=(desk.here);
                    div.field.grow {
                        label for=(format!("note-{id}")) { "What was done" }
                        textarea id=(format!("note-{id}")) name="note" required maxlength=(NOTE_CHARS_MAX) {}
                    }
                    button.main type="submit" { "Resolve" }
                }
            }
        }
    }
}

/// Resolves a case. The note begins with the person's name: the journal itself knows only that it was done here.
pub(crate) async fn resolve(desk: Desk, Segment(id): Segment, request: Request) -> Result<Response, Fault> {
    let form = desk.form(request).await?;
    let id = ids_text::read(ids_text::CASE, &id)
        .map(CaseId)
        .ok_or(Fault::NotFound)?;
    // The newest case before the next id is this one, if there is one.
    let before = Some(CaseId(id.0.saturating_add(1)));
    let page = desk.tender().cases(desk.merchant(), false, before, 1).await?;
    let case = page
        .items
        .into_iter()
        .find(|case| case.id == id && desk.covers(case.location));
    let case = case.ok_or(Fault::NotFound)?;
    let note = form.get("note").unwrap_or_default().trim();
    let length = note.chars().count();
    let has_control = note
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
    if !(1..=NOTE_CHARS_MAX).contains(&length) || has_control {
        return Err(Fault::Unusable(
            "Please write down what was done, in at most 1,000 characters. Nothing was changed.",
        ));
    }
    let resolution = format!("{}: {note}", desk.session.person.name);
    let command = Command::ResolveCase(ResolveCase {
        case: case.id,
        resolution,
    });
    desk.tender().execute(&desk.caller(), command).await?;
    Ok(page::see_other(back(form.get("back"))))
}
