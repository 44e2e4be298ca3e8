//! Sites, their registers, and whether their tills are there.

mod encode;

use axum::response::Response;
use tender_engine::LocationId;
use tender_wire::JsonWriter;

use crate::answer;
use crate::company::whole;
use crate::errors::ApiError;
use crate::exchange::Exchange;
use crate::route::StaffRef;

/// `GET /companies/{co}/sites`, and those of an employee. Employees work at every site; `me` is the application, which
/// sees all that its credential reaches.
pub(crate) fn list(exchange: &Exchange, staff: Option<StaffRef>) -> Result<Response, ApiError> {
    if let Some(StaffRef::Id(id)) = staff
        && !exchange.directory.staff.contains_key(&id)
    {
        return Err(ApiError::not_found());
    }
    Ok(whole(JsonWriter::array(|array| {
        for site in exchange.sites() {
            array.object(|object| encode::site(object, exchange, site));
        }
    })))
}

/// `GET /companies/{co}/sites/{s}`
pub(crate) fn read(exchange: &Exchange, site: LocationId) -> Result<Response, ApiError> {
    let site = exchange.site(site)?;
    Ok(answer::ok(JsonWriter::object(|object| {
        encode::site(object, exchange, site)
    })))
}

/// `GET /companies/{co}/sites/{s}/status`
pub(crate) fn status(exchange: &Exchange, site: LocationId) -> Result<Response, ApiError> {
    let site = exchange.site(site)?;
    Ok(answer::ok(JsonWriter::object(|object| {
        encode::status(object, exchange, site)
    })))
}

/// `GET /companies/{co}/status` and `GET /sites_status`: a credential reaches one company, so both are the same.
pub(crate) fn statuses(exchange: &Exchange) -> Response {
    whole(JsonWriter::array(|array| {
        for site in exchange.sites() {
            array.object(|object| encode::status(object, exchange, site));
        }
    }))
}

/// `GET /companies/{co}/registers`
pub(crate) fn registers(exchange: &Exchange) -> Response {
    whole(JsonWriter::array(|array| {
        for site in exchange.sites() {
            for register in &site.registers {
                array.object(|object| encode::register(object, register, Some(site)));
            }
        }
    }))
}

/// `GET /companies/{co}/registers/{id}`
pub(crate) fn register(exchange: &Exchange, id: u64) -> Result<Response, ApiError> {
    let mut registers = exchange
        .sites()
        .flat_map(|site| site.registers.iter().map(move |register| (site, register)));
    let (site, register) = registers
        .find(|(_, register)| register.id == id)
        .ok_or_else(ApiError::not_found)?;
    Ok(answer::ok(JsonWriter::object(|object| {
        encode::register(object, register, Some(site))
    })))
}

/// `GET /companies/{co}/sites/{s}/registers`
pub(crate) fn site_registers(exchange: &Exchange, site: LocationId) -> Result<Response, ApiError> {
    let site = exchange.site(site)?;
    Ok(whole(JsonWriter::array(|array| {
        for register in &site.registers {
            array.object(|object| encode::register(object, register, None));
        }
    })))
}
