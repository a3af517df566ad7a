//! A read-back API that answers with pages of JSON. Pages are read one after the other, so nothing
//! holds the rows together in time: such a source never confirms a difference.

mod address;
mod exchange;

use crate::AnySource;
use crate::failure::fail;
use crate::json::{Destination, JsonValue, parse_json, read_number, split_path, split_pointer};
use crate::opening::Opening;
use address::{append_parameter, check_address, show_address, stay_on_host};
use exchange::{Exchange, ReceivedPage};
use portcullis_model::reconciliation::Isolation;
use portcullis_model::reconciliation::connector::{HttpPaging, HttpSettings};
use portcullis_reconcile::source::{RawValue, RecordSource, SourceError};
use std::collections::BTreeSet;

/// Prepares the requests. The first one is sent when the first row is read.
pub(crate) fn open(settings: &HttpSettings, opening: &Opening<'_>) -> Result<AnySource, SourceError> {
    let place = show_address(&settings.url);
    check_address(&settings.url, &place)?;
    let refuse = |problem: &'static str, what: &str| {
        fail(&place, problem, format!("Correct `{}` in the policy.", what.escape_debug()))
    };
    let columns = opening.columns.iter();
    let paths =
        columns.map(|column| split_path(column, settings.members).map_err(|problem| refuse(problem, column)));
    let pointer = |text: &String| split_pointer(text).map_err(|problem| refuse(problem, text));
    let next = match &settings.paging {
        HttpPaging::Token { token, .. } => Some(pointer(token)?),
        HttpPaging::NextUrl { next } => Some(pointer(next)?),
        _ => None,
    };
    let first = match &settings.paging {
        HttpPaging::Number { parameter, first } => {
            append_parameter(&settings.url, parameter, &first.to_string())
        }
        _ => settings.url.clone(),
    };
    Ok(Box::new(HttpSource {
        paths: paths.collect::<Result<_, _>>()?,
        rows: pointer(&settings.rows)?,
        total: settings.total.as_ref().map(pointer).transpose()?,
        exchange: Exchange::new(settings, opening, &place)?,
        settings: settings.clone(),
        next,
        address: Some(first),
        asked: BTreeSet::new(),
        items: Vec::new().into_iter(),
        place,
        page: 0,
        row: 0,
        announced: None,
    }))
}

struct HttpSource {
    settings: HttpSettings,
    exchange: Exchange,
    paths: Vec<Vec<String>>,
    rows: Vec<String>,
    total: Option<Vec<String>>,
    /// Where a page has its token or the next address.
    next: Option<Vec<String>>,
    /// The next page.
    address: Option<String>,
    /// The pages that were asked for: one that comes again would never end.
    asked: BTreeSet<String>,
    items: std::vec::IntoIter<JsonValue>,
    place: String,
    page: u64,
    row: u64,
    announced: Option<u64>,
}

impl HttpSource {
    fn fail(&self, problem: impl Into<String>) -> SourceError {
        fail(self.place(), problem, "Compare the API's documentation with the policy's settings of pages.")
    }

    fn read_page(&mut self, address: String) -> Result<(), SourceError> {
        (self.page, self.row) = (self.page + 1, 0);
        let page = self.exchange.fetch_page(&address, &self.place())?;
        let text = std::str::from_utf8(&page.body).map_err(|_| self.fail("The page is no text in utf-8."))?;
        let body = parse_json(text).map_err(|problem| {
            self.fail(format!("The page is no JSON: {} (byte {})", problem.what, problem.at + 1))
        })?;
        if let Some(total) = &self.total {
            self.announced = match body.read_value(total) {
                RawValue::Integer(number) => u64::try_from(number).ok(),
                RawValue::Null if self.announced.is_some() => self.announced,
                _ => None,
            };
            if self.announced.is_none() {
                return Err(self.fail("The number of all records is not where the policy says."));
            }
        }
        let items = match body.follow_path(&self.rows) {
            Destination::Value(JsonValue::Array(items)) => items.clone(),
            _ => return Err(self.fail("The array of records is not where the policy says.")),
        };
        if !items.iter().all(|item| matches!(item, JsonValue::Object(_))) {
            return Err(self.fail("A record is no JSON object."));
        }
        self.address = self.find_next(&address, &page, &body, items.is_empty())?;
        if !self.asked.insert(address) || self.address.as_ref().is_some_and(|next| self.asked.contains(next))
        {
            return Err(self.fail("The API leads back to a page that was read already."));
        }
        self.items = items.into_iter();
        Ok(())
    }

    /// The address of the next page; `None`: this was the last one.
    fn find_next(
        &self,
        address: &str,
        page: &ReceivedPage,
        body: &JsonValue,
        is_empty: bool,
    ) -> Result<Option<String>, SourceError> {
        let told = match self.next.as_ref().map(|path| body.follow_path(path)) {
            None | Some(Destination::Nothing | Destination::Value(JsonValue::Null)) => None,
            Some(Destination::Value(JsonValue::Text(Ok(text)))) => {
                Some(text.clone()).filter(|text| !text.is_empty())
            }
            Some(Destination::Value(JsonValue::Number(number))) => match read_number(number) {
                RawValue::Integer(number) => Some(number.to_string()),
                _ => return Err(self.fail("The token of the next page is no text.")),
            },
            Some(_) => return Err(self.fail("The token of the next page is no text.")),
        };
        let follow = |target: &str| {
            stay_on_host(&self.settings.url, target)
                .ok_or_else(|| self.fail("The next page is on another host, or is no address."))
        };
        match &self.settings.paging {
            HttpPaging::OnePage => Ok(None),
            HttpPaging::Token { parameter, .. } => {
                Ok(told.map(|token| append_parameter(&self.settings.url, parameter, &token)))
            }
            HttpPaging::NextUrl { .. } => told.as_deref().map(follow).transpose(),
            HttpPaging::LinkHeader => page.next_link.as_deref().map(follow).transpose(),
            HttpPaging::Number { .. } if is_empty => Ok(None),
            HttpPaging::Number { parameter, first } => {
                let number = first.saturating_add(self.page);
                let next = append_parameter(&self.settings.url, parameter, &number.to_string());
                Ok(Some(next).filter(|next| next != address))
            }
        }
    }
}

impl RecordSource for HttpSource {
    fn isolation(&self) -> Isolation {
        Isolation::None
    }

    fn read_row(&mut self, values: &mut Vec<RawValue>) -> Result<bool, SourceError> {
        loop {
            if let Some(item) = self.items.next() {
                values.clear();
                values.extend(self.paths.iter().map(|path| item.read_value(path)));
                self.row += 1;
                return Ok(true);
            }
            let Some(address) = self.address.take() else { return Ok(false) };
            self.read_page(address)?;
        }
    }

    fn announced_rows(&self) -> Option<u64> {
        self.announced
    }

    fn place(&self) -> String {
        format!("{}, page {}, row {}", self.place, self.page, self.row)
    }
}
