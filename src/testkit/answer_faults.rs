//! What is wrong with an answer of a made-up host, whatever the state of the host: each fault is of
//! one endpoint, and hosts name their endpoints by types of their own.

use portcullis_forge::http::transport::Response;
use serde_json::Value;

/// A way in which an answer goes wrong.
#[derive(Clone, Debug)]
pub enum AnswerFault {
    /// Another status, with a message as the host writes one.
    Refuse(u16, String),
    /// Status 200 with this text, whatever it is.
    Text(String),
    /// The list jumps over the page of this number.
    SkipPage(usize),
    /// The list stops after the page of this number, although it promises more.
    StopAfter(usize),
    /// The field at this JSON pointer is missing. Lists are whole here, before they are cut into
    /// pages.
    Drop(String),
    /// The field at this JSON pointer has another value.
    Set(String, Value),
}

/// The faults of one endpoint, in order.
pub fn faults_at<E: PartialEq>(
    faults: &[(E, AnswerFault)],
    endpoint: E,
) -> impl Iterator<Item = &AnswerFault> {
    faults.iter().filter(move |(at, _)| *at == endpoint).map(|(_, fault)| fault)
}

/// The answer that is given in place of the true one; `None`: the true one is. `refuse` writes a
/// refusal as the host does, and `respond` a body.
pub fn replace_answer<E: PartialEq>(
    faults: &[(E, AnswerFault)],
    endpoint: E,
    refuse: impl Fn(u16, &str) -> Response,
    respond: impl Fn(Vec<u8>) -> Response,
) -> Option<Response> {
    faults_at(faults, endpoint).find_map(|fault| match fault {
        AnswerFault::Refuse(status, text) => Some(refuse(*status, text)),
        AnswerFault::Text(text) => Some(respond(text.clone().into_bytes())),
        _ => None,
    })
}

/// The body with its fields taken out or replaced.
pub fn alter_body<E: PartialEq>(faults: &[(E, AnswerFault)], endpoint: E, mut body: Value) -> Value {
    for fault in faults_at(faults, endpoint) {
        match fault {
            AnswerFault::Drop(pointer) => drop_field(&mut body, pointer),
            AnswerFault::Set(pointer, value) => {
                if let Some(place) = body.pointer_mut(pointer) {
                    *place = value.clone();
                }
            }
            _ => (),
        }
    }
    body
}

/// The page that a link leads to from this one, of so many; `None` where it leads to none.
pub fn next_page<E: PartialEq>(
    faults: &[(E, AnswerFault)],
    endpoint: E,
    number: usize,
    pages: usize,
) -> Option<usize> {
    let (mut next, mut stopped) = (number + 1, false);
    for fault in faults_at(faults, endpoint) {
        match fault {
            AnswerFault::SkipPage(page) if *page == next => next += 1,
            AnswerFault::StopAfter(page) => stopped |= *page <= number,
            _ => (),
        }
    }
    (next <= pages && !stopped).then_some(next)
}

fn drop_field(body: &mut Value, pointer: &str) {
    let Some((parent, field)) = pointer.rsplit_once('/') else { return };
    match body.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(field)),
        Some(Value::Array(items)) => {
            if let Ok(index) = field.parse::<usize>()
                && index < items.len()
            {
                items.remove(index);
            }
        }
        _ => (),
    }
}
