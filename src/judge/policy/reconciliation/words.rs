//! The words that settings of connectors choose from.

use serde::Deserialize;

/// A word of a policy with its spellings.
macro_rules! named_words {
    ($($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $word:ident $text:literal,)+ })+) => { $(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $text)] $word,)+ }
    )+ };
}

named_words! {
    /// A connector.
    ConnectorName {
        /// Comma-separated values.
        Csv "csv",
        /// Records of fixed width.
        Fixed "fixed",
        /// A read-back API that answers with pages of JSON.
        Http "http",
        /// One JSON object a line.
        JsonLines "jsonl",
        /// MySQL or MariaDB.
        Mysql "mysql",
        /// Anything with an ODBC driver.
        Odbc "odbc",
        /// Apache Parquet.
        Parquet "parquet",
        /// PostgreSQL.
        Postgresql "postgresql",
        /// A SQLite file.
        Sqlite "sqlite",
        /// Microsoft SQL Server.
        SqlServer "sqlserver",
        /// XML with one element a record.
        Xml "xml",
    }

    /// What ends a record.
    LineBreakName {
        /// LF or CR LF.
        Either "either",
        /// LF alone.
        Lf "lf",
        /// CR LF alone.
        CrLf "crlf",
    }

    /// What positions count.
    PositionName {
        /// Bytes.
        Bytes "bytes",
        /// Characters.
        Characters "characters",
    }

    /// How a column leads to a member.
    MemberName {
        /// It is its name.
        Name "name",
        /// Names with dots between them.
        Dots "dots",
        /// A JSON pointer.
        Pointer "pointer",
    }

    /// What is asked of a connection.
    TlsName {
        /// TLS with a certificate that is verified.
        Verified "verified",
        /// Nothing.
        Off "off",
    }

    /// Which blanks are padding.
    TrimName {
        /// None.
        None "none",
        /// Those at the beginning.
        Start "start",
        /// Those at the end.
        End "end",
        /// Both.
        Both "both",
    }

    /// What the bytes of a column are.
    FixedType {
        /// Characters.
        Text "text",
        /// Digits with an optional sign.
        Digits "digits",
        /// Zoned decimal.
        Zoned "zoned",
        /// Packed decimal.
        Packed "packed",
    }
}

impl ConnectorName {
    /// As a policy writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Fixed => "fixed",
            Self::Http => "http",
            Self::JsonLines => "jsonl",
            Self::Mysql => "mysql",
            Self::Odbc => "odbc",
            Self::Parquet => "parquet",
            Self::Postgresql => "postgresql",
            Self::Sqlite => "sqlite",
            Self::SqlServer => "sqlserver",
            Self::Xml => "xml",
        }
    }
}
