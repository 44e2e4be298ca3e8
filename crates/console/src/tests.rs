mod access;
mod actions;
mod escaping;
mod pages;
pub(crate) mod place;
