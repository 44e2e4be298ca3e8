//! The routes that associate an endpoint with a business location, for item and readiness messages.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;

use tender_service::Edit;

use super::settings::{Association, EndpointSettings};
use super::{encode, store};
use crate::errors::{Fault, Refusal, json};
use crate::request::{captured, number};
use crate::visit::Visit;

type Names = Result<Path<(String, String)>, PathRejection>;

/// Lists the associations of an endpoint.
pub(crate) async fn associations(visit: Visit, name: Result<Path<String>, PathRejection>) -> Response {
    visit.answer(list(&visit, name))
}

fn list(visit: &Visit, name: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    let name = captured(name)?;
    let endpoint = store::require(&visit.directory, visit.principal.application, &name)?;
    let mut associations = EndpointSettings::of(endpoint).associations;
    // What the token does not cover is not shown, as if it were not there.
    associations.retain(|association| {
        visit
            .locations()
            .any(|location| location.id == association.location)
    });
    Ok(json(StatusCode::OK, encode::associations(&associations)))
}

/// Associates an endpoint with a location; doing it again renews the association.
pub(crate) async fn associate(visit: Visit, names: Names) -> Response {
    let result = change(&visit, names, |settings, location, now_ms| {
        let known = settings
            .associations
            .iter_mut()
            .find(|known| known.location == location);
        if let Some(known) = known {
            known.updated_at_ms = now_ms;
            return Some(*known);
        }
        let association = Association {
            location,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        settings.associations.push(association);
        Some(association)
    });
    visit.answer(result.await)
}

/// Takes an association away.
pub(crate) async fn dissociate(visit: Visit, names: Names) -> Response {
    let result = change(&visit, names, |settings, location, _| {
        let at = settings
            .associations
            .iter()
            .position(|known| known.location == location)?;
        Some(settings.associations.remove(at))
    });
    visit.answer(result.await)
}

/// Changes the associations of an endpoint; `None` from `apply` means that there is nothing to change.
async fn change(
    visit: &Visit,
    names: Names,
    mut apply: impl FnMut(&mut EndpointSettings, u64, i64) -> Option<Association> + Send,
) -> Result<Response, Refusal> {
    let (name, location) = captured(names)?;
    let location = visit.location(number("businessLocationId", &location)?)?.id;
    let now_ms = visit.now().0;
    let edited = store::edit(visit, &visit.directory, &name, |known| {
        let mut endpoint = known.map_err(|_| store::unknown(&name))?;
        let mut settings = EndpointSettings::of(&endpoint);
        let association =
            apply(&mut settings, location, now_ms).ok_or_else(|| Fault::AssociationUnknown {
                name: name.clone(),
                location,
            })?;
        endpoint.settings = settings.to_value();
        endpoint.updated_at_ms = now_ms;
        Ok((Edit::Put(endpoint), association))
    });
    Ok(json(StatusCode::OK, encode::association(&edited.await?)))
}
