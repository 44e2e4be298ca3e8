//! One connection of a client: keep-alive, one request at a time, every answer read to its end.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request without what every request has.
#[derive(Debug)]
pub struct Call<'c> {
    pub method: Method,
    pub path: &'c str,
    /// The whole `Authorization` header.
    pub authorization: Option<&'c HeaderValue>,
    pub body: Bytes,
}

#[derive(Debug)]
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    /// In every request, beside what the call has.
    more: HeaderMap,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let tcp = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        tcp.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(tcp)).await?;
        // How a connection ends is told by the requests on it.
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: HeaderValue::try_from(address.to_string())?,
            more: HeaderMap::new(),
        })
    }

    /// The same client, with these headers in every request.
    pub fn with_headers(self, more: HeaderMap) -> Self {
        Self { more, ..self }
    }

    /// Sends a request and reads its answer, whatever it is.
    async fn send(&mut self, call: Call<'_>) -> Result<(StatusCode, Bytes)> {
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = call.path.parse()?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(self.more.clone());
        if let Some(authorization) = call.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        Ok((head.status, body.collect().await?.to_bytes()))
    }

    /// Sends a request that must succeed. A figure in which some requests were refused would measure something else.
    pub async fn succeed(&mut self, call: Call<'_>) -> Result<Bytes> {
        let (method, path) = (call.method.clone(), call.path);
        let (status, body) = self.send(call).await?;
        ensure!(
            status.is_success(),
            "{method} {path} was answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body)
    }
}
