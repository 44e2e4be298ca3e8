//! The routes of menus, modifiers and discounts.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::encode;
use crate::errors::{Fault, Refusal, json};
use crate::money::MoneyForm;
use crate::request::{Query, captured, number};
use crate::visit::Visit;

/// Loads a menu, version 1.
pub(crate) async fn load_v1(visit: Visit, menu: Result<Path<String>, PathRejection>, uri: Uri) -> Response {
    visit.answer(load(&visit, menu, &uri))
}

/// Loads a menu, version 2.
pub(crate) async fn load_v2(visit: Visit, menu: Result<Path<String>, PathRejection>, uri: Uri) -> Response {
    visit.answer(load(&visit, menu, &uri))
}

fn load(visit: &Visit, menu: Result<Path<String>, PathRejection>, uri: &Uri) -> Result<Response, Refusal> {
    let menu = captured(menu)?;
    let menu_id = number("menuId", &menu)?;
    let query = Query::of(uri)?;
    let location = query.location()?;
    let rich_content = query.flag("richContent", false)?;
    let location = visit.location(location)?;
    if i64::try_from(location.id) != Ok(menu_id) {
        let (menu, location) = (menu_id, location.id);
        return Err(Fault::MenuUnknown { menu, location }.into());
    }
    if let Some(code) = query.text("accountProfile").filter(|code| !code.is_empty())
        && !location.order_profiles.iter().any(|profile| profile.code == code)
    {
        let code = code.to_owned();
        return Err(Fault::MenuProfileUnknown { code }.into());
    }
    let groups = encode::groups(&visit.directory, location);
    if groups.is_empty() {
        return Err(Refusal::MenuUnavailable { menu });
    }
    let money = MoneyForm {
        currency: visit.currency(location)?,
        as_numbers: visit.tender().settings().kseries_money_as_numbers,
    };
    Ok(json(
        StatusCode::OK,
        encode::menu(location, &groups, money, rich_content),
    ))
}

/// Lists the menus of a location.
pub(crate) async fn list(visit: Visit, uri: Uri) -> Response {
    let list = |uri: &Uri| -> Result<Response, Refusal> {
        let location = visit.location(Query::of(uri)?.location()?)?;
        let has_entries = !encode::groups(&visit.directory, location).is_empty();
        Ok(json(StatusCode::OK, encode::list(location, has_entries)))
    };
    visit.answer(list(&uri))
}

/// Lists the modifiers.
pub(crate) async fn modifiers(visit: Visit, uri: Uri) -> Response {
    let list = |uri: &Uri| -> Result<Response, Refusal> {
        visit.location(Query::of(uri)?.location()?)?;
        Ok(json(StatusCode::OK, encode::modifiers(&visit.directory)))
    };
    visit.answer(list(&uri))
}

/// Lists the discounts.
pub(crate) async fn discounts(visit: Visit, uri: Uri) -> Response {
    let list = |uri: &Uri| -> Result<Response, Refusal> {
        visit.location(Query::of(uri)?.location()?)?;
        Ok(json(StatusCode::OK, encode::discounts(&visit.directory)))
    };
    visit.answer(list(&uri))
}
