//! The part of a demo server's credentials file that is needed here, and calls that set a measurement up.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Call, Client};

#[derive(Debug, Deserialize)]
struct File {
    base_url: String,
    admin: Admin,
    native: Native,
    till: Till,
    kseries: Kseries,
    kounta: Kounta,
    om: Om,
}

#[derive(Debug, Deserialize)]
struct Admin {
    token: String,
}

#[derive(Debug, Deserialize)]
struct Native {
    location_id: String,
}

#[derive(Debug, Deserialize)]
struct Till {
    token: String,
    device_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Kseries {
    access_token: String,
    business_location_id: i64,
    payment_method: String,
}

#[derive(Debug, Deserialize)]
struct Kounta {
    access_token: String,
}

#[derive(Debug, Deserialize)]
struct Om {
    api_key: String,
    organization_id: String,
}

/// A running demo server.
#[derive(Debug, Clone)]
pub struct Demo {
    pub address: SocketAddr,
    /// `Authorization` of the merchant's administrator.
    pub admin: HeaderValue,
    /// `Authorization` of the payment app.
    pub app: HeaderValue,
    /// `Authorization` of the tills.
    pub till: HeaderValue,
    /// `Authorization` of the payment app at Kounta's interface.
    pub kounta: HeaderValue,
    /// What om's interface has in its place.
    pub om: HeaderMap,
    pub location_id: String,
    pub business_location_id: i64,
    pub payment_method: String,
    pub device_ids: Vec<i64>,
}

impl Demo {
    /// Reads what `tender demo --credentials-file` has written.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: File = serde_json::from_str(&text).context("this is no credentials file")?;
        let address = file.base_url.strip_prefix("http://");
        let device_ids = file.till.device_ids.iter().map(|id| id.parse());
        Ok(Self {
            address: address
                .and_then(|address| address.parse().ok())
                .with_context(|| format!("{} is no address of this machine", file.base_url))?,
            admin: bearer(&file.admin.token)?,
            app: bearer(&file.kseries.access_token)?,
            till: bearer(&file.till.token)?,
            kounta: bearer(&file.kounta.access_token)?,
            om: om_headers(&file.om)?,
            location_id: file.native.location_id,
            business_location_id: file.kseries.business_location_id,
            payment_method: file.kseries.payment_method,
            device_ids: device_ids.collect::<Result<_, _>>().context("a device id")?,
        })
    }

    /// Makes all virtual tills behave like this.
    pub async fn set_tills(&self, behaviour: &str) -> Result<()> {
        let mut client = Client::connect(self.address).await?;
        for device_id in &self.device_ids {
            let call = Call {
                method: Method::PUT,
                path: &format!("/api/v1/sandbox/tills/{device_id}"),
                authorization: Some(&self.admin),
                body: Bytes::from(json!({"behaviour": behaviour}).to_string()),
            };
            client.succeed(call).await?;
        }
        Ok(())
    }

    /// Makes a webhook endpoint of the payment app.
    pub async fn make_endpoint(&self, endpoint_id: &str, url: &str) -> Result<()> {
        let mut client = Client::connect(self.address).await?;
        let call = Call {
            method: Method::PUT,
            path: "/o/wh/1/webhook",
            authorization: Some(&self.app),
            body: Bytes::from(json!({"endpointId": endpoint_id, "url": url}).to_string()),
        };
        client.succeed(call).await.map(drop)
    }
}

fn om_headers(om: &Om) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert("api-key", header(&om.api_key)?);
    headers.insert("organization-id", header(&om.organization_id)?);
    Ok(headers)
}

fn bearer(token: &str) -> Result<HeaderValue> {
    header(&format!("Bearer {token}"))
}

fn header(text: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(text).context("a credential that is no header")
}
