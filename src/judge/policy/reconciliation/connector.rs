//! From the keys of a system to the settings of its connector.

use super::super::Problem;
use super::super::serde_messages::suggest_name;
use super::system_text::{
    CredentialText, CsvTrailerText, FixedColumnText, FixedRecordText, PagingText, SystemText,
};
use super::words::{ConnectorName, FixedType, LineBreakName, MemberName, PositionName, TlsName, TrimName};
use jiff::SignedDuration;
use portcullis_model::reconciliation::connector::{
    CharacterSet, ConnectorSettings, CsvHeader, CsvSettings, CsvTotal, CsvTrailer, DatabaseServer, FieldTrim,
    FixedColumn, FixedMarker, FixedRecord, FixedValue, FixedWidthSettings, HttpCredential, HttpPaging,
    HttpSettings, InputFiles, JsonLinesSettings, LineBreak, MemberPath, MysqlSettings, OdbcSettings,
    ParquetSettings, PositionUnit, PostgresqlSettings, QuoteEscape, RecordLayout, SecretPlace, ServerAddress,
    SqlExtraction, SqlServerSettings, SqliteSettings, TlsRequirement, XmlSettings,
};
use std::ops::Range;
use toml::Spanned;

/// Longest time for a statement of ODBC, where the policy does not say.
const STATEMENT: SignedDuration = SignedDuration::from_hours(6);

/// What a connector is built from, and where its mistakes go.
struct Builder<'a> {
    text: &'a SystemText,
    place: &'a Range<usize>,
    problems: &'a mut Vec<Problem>,
}

/// Checks and builds the settings of a connector; `None` where something is missing.
pub fn build_connector(
    text: &SystemText,
    place: &Range<usize>,
    problems: &mut Vec<Problem>,
) -> Option<ConnectorSettings> {
    let mut builder = Builder { text, place, problems };
    Some(match text.connector.get_ref() {
        ConnectorName::Csv => ConnectorSettings::Csv(builder.csv()?),
        ConnectorName::Fixed => ConnectorSettings::FixedWidth(builder.fixed()?),
        ConnectorName::Http => ConnectorSettings::Http(builder.http()?),
        ConnectorName::JsonLines => ConnectorSettings::JsonLines(JsonLinesSettings {
            files: builder.files()?,
            characters: builder.characters()?,
            members: builder.members(),
        }),
        ConnectorName::Mysql => {
            let (server, extraction) = builder.database()?;
            ConnectorSettings::Mysql(MysqlSettings { server, extraction })
        }
        ConnectorName::Odbc => ConnectorSettings::Odbc(builder.odbc()?),
        ConnectorName::Parquet => ConnectorSettings::Parquet(ParquetSettings { files: builder.files()? }),
        ConnectorName::Postgresql => {
            let (server, extraction) = builder.database()?;
            ConnectorSettings::Postgresql(PostgresqlSettings { server, extraction })
        }
        ConnectorName::Sqlite => ConnectorSettings::Sqlite(SqliteSettings {
            file: builder.needed(&text.file, "file")?,
            extraction: builder.extraction()?,
            count_rows: is_on(&text.count_rows),
        }),
        ConnectorName::SqlServer => {
            let (server, extraction) = builder.database()?;
            ConnectorSettings::SqlServer(SqlServerSettings { server, extraction })
        }
        ConnectorName::Xml => ConnectorSettings::Xml(XmlSettings {
            files: builder.files()?,
            characters: builder.characters()?,
            record: builder.needed(&text.record, "record")?,
            count: said(&text.count),
        }),
    })
}

fn said<T: Clone>(setting: &Option<Spanned<T>>) -> Option<T> {
    setting.as_ref().map(|setting| setting.get_ref().clone())
}

fn is_on(setting: &Option<Spanned<bool>>) -> bool {
    setting.as_ref().is_some_and(|on| *on.get_ref())
}

impl Builder<'_> {
    fn refuse(&mut self, place: Range<usize>, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::new(place, message).help(help));
    }

    fn needed(&mut self, setting: &Option<Spanned<String>>, key: &str) -> Option<String> {
        let text = said(setting).filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let name = self.text.connector.get_ref().as_str();
            let place = setting.as_ref().map_or(self.place.clone(), Spanned::span);
            let help = format!("write `{key} = \"…\"`");
            self.refuse(place, format!("the connector `{name}` needs `{key}`"), &help);
        }
        text
    }

    fn files(&mut self) -> Option<InputFiles> {
        let mut files = InputFiles::matching(&self.needed(&self.text.files, "files")?);
        if let Some(longest) = said(&self.text.longest_record) {
            files.longest_record = longest;
        }
        Some(files)
    }

    fn characters(&mut self) -> Option<CharacterSet> {
        let Some(written) = &self.text.characters else { return Some(CharacterSet::Utf8) };
        let set = CharacterSet::from_name(written.get_ref());
        if set.is_none() {
            let known = CharacterSet::ALL.map(|(_, name)| name);
            let message = format!("there is no character set `{}`", written.get_ref());
            self.refuse(written.span(), message, &suggest_name(written.get_ref(), &known));
        }
        set
    }

    fn members(&self) -> MemberPath {
        match said(&self.text.members) {
            Some(MemberName::Dots) => MemberPath::Dots,
            Some(MemberName::Pointer) => MemberPath::Pointer,
            Some(MemberName::Name) | None => MemberPath::Name,
        }
    }

    fn line_break(&self) -> LineBreak {
        match said(&self.text.line_break) {
            Some(LineBreakName::Lf) => LineBreak::Lf,
            Some(LineBreakName::CrLf) => LineBreak::CrLf,
            Some(LineBreakName::Either) | None => LineBreak::Either,
        }
    }

    /// One ASCII character that is no line break.
    fn character(&mut self, setting: &Spanned<String>) -> Option<u8> {
        let byte = match setting.get_ref().as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
            _ => None,
        };
        if byte.is_none() {
            let message = format!("`{}` is not one ASCII character", setting.get_ref().escape_debug());
            self.refuse(setting.span(), message, "write a single character: `\",\"` or `\"\\t\"`");
        }
        byte
    }

    fn csv(&mut self) -> Option<CsvSettings> {
        let text = self.text;
        let mut csv = CsvSettings::of_files(self.files()?);
        csv.characters = self.characters()?;
        if let Some(delimiter) = &text.delimiter {
            csv.delimiter = self.character(delimiter)?;
        }
        match &text.quote {
            Some(quote) if quote.get_ref().is_empty() => csv.quote = None,
            Some(quote) => csv.quote = Some(self.character(quote)?),
            None => {}
        }
        if csv.quote == Some(csv.delimiter) {
            let place = text.quote.as_ref().map_or(self.place.clone(), Spanned::span);
            self.refuse(place, "the same character separates and encloses fields", "write another `quote`");
        }
        if let Some(escape) = &text.escape {
            csv.escape = QuoteEscape::After(self.character(escape)?);
        }
        csv.skip_lines = said(&text.skip_lines).unwrap_or_default();
        if let Some(columns) = said(&text.columns) {
            csv.header = CsvHeader::Columns(columns);
        }
        csv.null_texts = said(&text.nulls).unwrap_or_default();
        csv.line_break = self.line_break();
        csv.final_line_break = said(&text.final_line_break).unwrap_or(true);
        csv.trailer = text.trailer.as_ref().map(|trailer| build_trailer(trailer.get_ref()));
        Some(csv)
    }

    fn fixed(&mut self) -> Option<FixedWidthSettings> {
        let text = self.text;
        let files = self.files()?;
        let characters = self.characters()?;
        let Some(layout) = text.layout.as_ref().filter(|layout| !layout.get_ref().is_empty()) else {
            self.refuse(
                self.place.clone(),
                "the connector `fixed` needs `layout`",
                "write `layout = [{ name = \"id\", first = 1, length = 9 }, …]`",
            );
            return None;
        };
        for column in layout
            .get_ref()
            .iter()
            .filter(|column| column.get_ref().first == 0 || column.get_ref().length == 0)
        {
            self.refuse(column.span(), "positions begin at 1, and a column has a length", "count from 1");
        }
        let records = match said(&text.record_length) {
            Some(length) => RecordLayout::Length(length),
            None => RecordLayout::Lines(self.line_break()),
        };
        Some(FixedWidthSettings {
            files,
            characters,
            positions: match said(&text.positions) {
                Some(PositionName::Characters) => PositionUnit::Characters,
                Some(PositionName::Bytes) | None => PositionUnit::Bytes,
            },
            records,
            columns: layout.get_ref().iter().map(|column| build_column(column.get_ref())).collect(),
            null_texts: said(&text.nulls).unwrap_or_default(),
            header: text.header_record.as_ref().map(|record| build_record(record.get_ref())),
            trailer: text.trailer_record.as_ref().map(|record| build_record(record.get_ref())),
        })
    }

    fn extraction(&mut self) -> Option<SqlExtraction> {
        let text = self.text;
        match (said(&text.query), said(&text.table)) {
            (Some(query), None) => {
                for extra in [&text.schema, &text.condition].into_iter().flatten() {
                    self.refuse(extra.span(), "this has no effect on a `query`", "write it into the query");
                }
                Some(SqlExtraction::Query(query))
            }
            (None, Some(table)) => Some(SqlExtraction::Table {
                schema: said(&text.schema),
                table,
                condition: said(&text.condition),
            }),
            (query, _) => {
                let message = if query.is_some() {
                    "`query` and `table` both say what is read"
                } else {
                    "nothing says what is read"
                };
                self.refuse(self.place.clone(), message, "write `table = \"…\"`, or `query = \"SELECT …\"`");
                None
            }
        }
    }

    fn password(&mut self) -> Option<SecretPlace> {
        let text = self.text;
        if let (Some(_), Some(file)) = (&text.password_env, &text.password_file) {
            self.refuse(file.span(), "the password has two places", "name one of them");
        }
        said(&text.password_env)
            .map(SecretPlace::Environment)
            .or_else(|| said(&text.password_file).map(SecretPlace::File))
    }

    fn address(&mut self) -> Option<ServerAddress> {
        let (text, port) = (self.text, said(&self.text.port));
        match (said(&text.host), said(&text.socket)) {
            (Some(host), None) => Some(ServerAddress::Network { host, port }),
            (None, Some(path)) => Some(ServerAddress::Socket { path, port }),
            _ => {
                let help = "write `host = \"…\"`, or `socket = \"/run/…\"`";
                self.refuse(self.place.clone(), "it is not plain where the server is", help);
                None
            }
        }
    }

    fn database(&mut self) -> Option<(DatabaseServer, SqlExtraction)> {
        let text = self.text;
        let address = self.address()?;
        let database = self.needed(&text.database, "database")?;
        let user = self.needed(&text.user, "user")?;
        let mut server = DatabaseServer::at(address, &database, &user);
        server.password = self.password();
        match &text.tls {
            Some(tls) if *tls.get_ref() == TlsName::Off => {
                if !server.address.is_local() {
                    let help = "leave `tls` out; a network is listened to";
                    self.refuse(tls.span(), "without TLS only a socket or a loopback address is asked", help);
                }
                server.tls = TlsRequirement::Off;
            }
            _ => server.tls = TlsRequirement::Verified { ca_file: said(&text.ca_file) },
        }
        if let Some(longest) = said(&text.statement_timeout) {
            server.statement_timeout = longest.0;
        }
        if let Some(longest) = said(&text.silence_timeout) {
            server.silence_timeout = longest.0;
        }
        server.count_rows = is_on(&text.count_rows);
        Some((server, self.extraction()?))
    }

    fn odbc(&mut self) -> Option<OdbcSettings> {
        let text = self.text;
        let connection = self.needed(&text.connection, "connection")?;
        if let Some(written) = text.connection.as_ref().filter(|one| holds_secret(one.get_ref())) {
            let help = "name its place: `password-env` or `password-file`";
            self.refuse(written.span(), "a policy holds no password", help);
        }
        Some(OdbcSettings {
            connection,
            user: said(&text.user),
            password: self.password(),
            extraction: self.extraction()?,
            statement_timeout: said(&text.statement_timeout).map_or(STATEMENT, |longest| longest.0),
            count_rows: is_on(&text.count_rows),
        })
    }

    fn http(&mut self) -> Option<HttpSettings> {
        let text = self.text;
        let mut http = HttpSettings::of_url(&self.needed(&text.url, "url")?);
        http.rows = said(&text.rows).unwrap_or_default();
        http.members = self.members();
        http.total = said(&text.total);
        http.ca_file = said(&text.ca_file);
        if let Some(pause) = said(&text.pause) {
            http.pause = pause.0;
        }
        if let Some(timeout) = said(&text.timeout) {
            http.timeout = timeout.0;
        }
        if let Some(paging) = &text.paging {
            http.paging = self.paging(paging)?;
        }
        if let Some(credential) = &text.credential {
            http.credential = Some(self.credential(credential)?);
        }
        Some(http)
    }

    fn paging(&mut self, text: &Spanned<PagingText>) -> Option<HttpPaging> {
        let PagingText { token, next, link_header, first, parameter } = text.get_ref();
        match (token, next, link_header, first, parameter) {
            (Some(token), None, false, None, Some(parameter)) => {
                Some(HttpPaging::Token { token: token.clone(), parameter: parameter.clone() })
            }
            (None, Some(next), false, None, None) => Some(HttpPaging::NextUrl { next: next.clone() }),
            (None, None, true, None, None) => Some(HttpPaging::LinkHeader),
            (None, None, false, Some(first), Some(parameter)) => {
                Some(HttpPaging::Number { parameter: parameter.clone(), first: *first })
            }
            _ => {
                let help =
                    "write `token` and `parameter`, or `next`, or `link-header`, or `first` and `parameter`";
                self.refuse(text.span(), "it is not plain how the next page is found", help);
                None
            }
        }
    }

    fn credential(&mut self, text: &Spanned<CredentialText>) -> Option<HttpCredential> {
        let CredentialText { header, prefix, env, file } = text.get_ref();
        let secret = match (env, file) {
            (Some(name), None) => SecretPlace::Environment(name.clone()),
            (None, Some(path)) => SecretPlace::File(path.clone()),
            _ => {
                self.refuse(text.span(), "the secret has one place", "write `env` or `file`");
                return None;
            }
        };
        Some(HttpCredential { header: header.clone(), prefix: prefix.clone(), secret })
    }
}

/// The keys under which drivers take passwords.
fn holds_secret(connection: &str) -> bool {
    let key = |part: &str| part.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    connection.split(';').any(|part| matches!(key(part).as_str(), "pwd" | "password"))
}

fn build_trailer(text: &CsvTrailerText) -> CsvTrailer {
    let totals =
        text.totals.iter().map(|total| CsvTotal { column: total.column.clone(), field: total.field });
    CsvTrailer {
        marker: text.marker.clone(),
        count: text.count,
        also_counted: text.also_counted,
        totals: totals.collect(),
    }
}

fn build_column(text: &FixedColumnText) -> FixedColumn {
    let scale = text.scale;
    FixedColumn {
        name: text.name.clone(),
        first: text.first,
        length: text.length,
        trim: match text.trim {
            Some(TrimName::None) => FieldTrim::None,
            Some(TrimName::Start) => FieldTrim::Start,
            Some(TrimName::Both) => FieldTrim::Both,
            Some(TrimName::End) | None => FieldTrim::End,
        },
        value: match text.r#type {
            Some(FixedType::Digits) => FixedValue::Digits { scale },
            Some(FixedType::Zoned) => FixedValue::Zoned { scale },
            Some(FixedType::Packed) => FixedValue::Packed { scale },
            Some(FixedType::Text) | None => FixedValue::Text,
        },
    }
}

fn build_record(text: &FixedRecordText) -> FixedRecord {
    FixedRecord {
        marker: FixedMarker { first: text.first, text: text.text.clone() },
        count: text.count_first.zip(text.count_length),
        also_counted: text.also_counted,
        totals: Vec::new(),
    }
}
