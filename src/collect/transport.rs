//! One HTTP exchange, behind a trait: live, or from a table.

/// A request as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The whole address.
    pub url: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// A body makes it a POST; otherwise it is a GET.
    pub body: Option<Vec<u8>>,
}

/// An answer as it came in: any status, redirects included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError(pub String);

/// Carries one request and brings its answer. It neither retries nor follows redirects.
pub trait Transport {
    /// Sends the request.
    ///
    /// # Errors
    /// Whatever kept an answer from arriving whole.
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}
