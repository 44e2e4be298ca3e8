//! The company itself, its staff and its payment methods: all read from the directory, all whole.

mod encode;

use axum::response::Response;
use tender_engine::LocationId;
use tender_service::Method;
use tender_wire::JsonWriter;

use crate::answer;
use crate::errors::ApiError;
use crate::exchange::Exchange;
use crate::paging;
use crate::route::StaffRef;

/// `GET /companies/{co}`
pub(crate) fn read(exchange: &Exchange) -> Response {
    answer::ok(JsonWriter::object(|object| encode::company(object, exchange)))
}

/// `GET /companies/{co}/staff`
pub(crate) fn staff_list(exchange: &Exchange) -> Response {
    whole(JsonWriter::array(|array| {
        for staff in exchange.directory.staff.values() {
            array.object(|object| encode::staff(object, staff));
        }
    }))
}

/// `GET /companies/{co}/staff/{id}`. `me` is nobody: a credential here is an application's.
pub(crate) fn staff(exchange: &Exchange, staff: StaffRef) -> Result<Response, ApiError> {
    let StaffRef::Id(id) = staff else {
        return Err(ApiError::not_found());
    };
    let staff = exchange
        .directory
        .staff
        .get(&id)
        .ok_or_else(ApiError::not_found)?;
    Ok(answer::ok(JsonWriter::object(|object| {
        encode::staff(object, staff)
    })))
}

/// `GET /companies/{co}/payment_methods`, and the same list at a site. Whole, because one client looks no further than
/// the first answer; active ones only, and not the till's own card terminal, with which nobody can pay from here: a
/// client takes whatever is listed for usable.
pub(crate) fn payment_methods(exchange: &Exchange, site: Option<LocationId>) -> Result<Response, ApiError> {
    if let Some(site) = site {
        exchange.site(site)?;
    }
    Ok(whole(JsonWriter::array(|array| {
        let usable = |method: &&Method| method.active && !method.is_terminal;
        for method in exchange.directory.methods.values().filter(usable) {
            array.object(|object| encode::method(object, method));
        }
    })))
}

/// A list that comes in one page.
pub(crate) fn whole(list: JsonWriter) -> Response {
    let mut response = answer::ok(list);
    paging::tell_pages(response.headers_mut(), 0);
    response
}
