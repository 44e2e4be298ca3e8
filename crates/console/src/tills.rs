//! Tills: which devices there are and whether they are there; in a sandbox also how they behave, and the clock.

use axum::extract::Request;
use axum::response::Response;
use maud::{Markup, html};
use tender_engine::LocationId;
use tender_service::{Behaviour, Device, DirectoryKind, Edit, Location};

use crate::desk::{Desk, Fault, Segment, back};
use crate::page::{self, Place};
use crate::show::{self, Tone};

/// Devices shown.
const DEVICES_SHOWN_MAX: usize = 500;
/// The longest way that the clock goes at once: a week.
const ADVANCE_MS_MAX: u32 = 7 * 86_400_000;

/// Behaviours to choose from, in words.
const BEHAVIOURS: [(&str, &str); 8] = [
    ("auto", "Confirms at once"),
    ("offline", "Is switched off"),
    ("slow:5000", "Takes 5 seconds"),
    ("slow:35000", "Takes 35 seconds, longer than its lease"),
    ("lose-confirm", "Loses its confirmation on the way"),
    ("refuse:UPDATE_FAILED", "Refuses: cannot change the check"),
    ("refuse:ACCOUNT_ALREADY_CLOSED", "Refuses: the check is closed"),
    ("refuse:Card declined", "Refuses: card declined"),
];

pub(crate) async fn list(desk: Desk) -> Result<Response, Fault> {
    let is_sandbox = desk.tender().settings().sandbox;
    let devices: Vec<&Device> = desk
        .directory
        .devices
        .values()
        .filter(|device| desk.covers(LocationId(device.location)))
        .collect();
    let shown = devices.get(..DEVICES_SHOWN_MAX).unwrap_or(&devices);
    let body = html! {
        h1 { "Tills" }
        @if devices.len() > DEVICES_SHOWN_MAX {
            p.soft { "Only " (DEVICES_SHOWN_MAX) " of " (devices.len()) " tills are shown." }
        }
        div id="tills" data-live {
            @for location in desk.locations() {
                @let own: Vec<&Device> = shown.iter().copied().filter(|device| device.location == location.id).collect();
                @if !own.is_empty() { (location_table(&desk, location, &own, is_sandbox)) }
            }
            @if devices.is_empty() { p.soft { "There are no tills." } }
        }
    };
    Ok(page::whole(&desk, Place::Tills, "Tills", &body))
}

fn location_table(desk: &Desk, location: &Location, devices: &[&Device], is_sandbox: bool) -> Markup {
    let is_online = desk.tender().device_online(LocationId(location.id));
    let presence = if is_online {
        ("At least one is online", Tone::Good)
    } else {
        ("None is online", Tone::Bad)
    };
    html! {
        h2 { (show::name(location)) " " (show::tag(presence)) }
        @if !is_online {
            p.soft { "Payments that need a till wait, and end without counting when their time is over. Look whether the tills are switched on and connected." }
        }
        div.scroll {
            table.stack {
                thead { tr { th { "Till" } th { "Device id" } th { "Kind" } @if is_sandbox { th { "Behaviour" } } } }
                tbody {
                    @for device in devices {
                        tr {
                            td { (device.name) }
                            td.mono data-label="Device id" { (device.id) }
                            td data-label="Kind" { @if device.behaviour.is_some() { "Virtual" } @else { "Real" } }
                            @if is_sandbox { td data-label="Behaviour" { (behaviour_form(desk, device)) } }
                        }
                    }
                }
            }
        }
    }
}

fn behaviour_form(desk: &Desk, device: &Device) -> Markup {
    let current = device.behaviour.as_deref();
    let is_listed = current.is_none_or(|current| BEHAVIOURS.iter().any(|(value, _)| *value == current));
    html! {
        form.line method="post" action=(format!("/console/tills/{}/behaviour", device.id)) {
            (page::csrf_field(desk))
            input type="hidden" name="back" value=(desk.here);
            select name="behaviour" aria-label=(format!("Behaviour of {}", device.name)) required {
                @if current.is_none() { option value="" selected { "Not played by the server" } }
                @if let Some(current) = current.filter(|_| !is_listed) { option value=(current) selected { (current) } }
                @for (value, words) in BEHAVIOURS {
                    option value=(value) selected[current == Some(value)] { (words) }
                }
            }
            button.small type="submit" { "Set" }
        }
    }
}

/// Gives a virtual till another behaviour. In a sandbox only.
pub(crate) async fn behave(desk: Desk, Segment(id): Segment, request: Request) -> Result<Response, Fault> {
    let form = desk.form(request).await?;
    only_in_sandbox(&desk)?;
    let id: Option<u64> = id.parse().ok();
    let device = id.and_then(|id| desk.directory.devices.get(&id));
    let device = device
        .filter(|device| desk.covers(LocationId(device.location)))
        .ok_or(Fault::NotFound)?;
    let behaviour = form.get("behaviour").unwrap_or_default();
    if Behaviour::parse(behaviour).is_none() {
        return Err(Fault::Unusable(
            "There is no such behaviour. Nothing was changed.",
        ));
    }
    let edit = |device: Option<Device>| {
        let Some(mut device) = device else {
            return (Edit::Keep, Err(Fault::NotFound));
        };
        device.behaviour = Some(behaviour.to_owned());
        (Edit::Put(device), Ok(()))
    };
    desk.tender()
        .edit_directory(desk.merchant(), DirectoryKind::Device, device.id, edit)
        .await??;
    Ok(page::see_other(back(form.get("back"))))
}

/// Moves the clock. In a sandbox only.
pub(crate) async fn advance(desk: Desk, request: Request) -> Result<Response, Fault> {
    let form = desk.form(request).await?;
    only_in_sandbox(&desk)?;
    let ms: Option<u32> = form.get("advance_ms").and_then(|text| text.parse().ok());
    let ms = ms.filter(|ms| (1..=ADVANCE_MS_MAX).contains(ms));
    let ms = ms.ok_or(Fault::Unusable(
        "The clock goes forward by at most a week. Nothing was changed.",
    ))?;
    desk.tender().clock().advance(ms);
    desk.console.sessions.prolong(&desk.session.key, i64::from(ms));
    Ok(page::see_other(back(form.get("back"))))
}

fn only_in_sandbox(desk: &Desk) -> Result<(), Fault> {
    if desk.tender().settings().sandbox {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}
