//! The events as they are written.
//!
//! The fields are those of Go's `cmd/internal/test2json`, and of what `cmd/go` says of a build
//! (`go help buildjson`); gotestsum copies the lines. Those that are not looked at are named too:
//! what is in none of them is not passed over (`strict.rs`).

use portcullis_report_shared::members::{JsonText, json_objects};
use portcullis_report_shared::said::{self, Hint};
use portcullis_report_shared::strict::{self, UnknownPart};

json_objects! {
    /// One event. Only some of its fields are there, depending on its action.
    pub struct GoEvent<'a> {
        pub action: JsonText<'a> = "Action",
        package: Option<JsonText<'a>> = "Package",
        test: Option<JsonText<'a>> = "Test",
        pub output: Option<JsonText<'a>> = "Output",
        /// Of `output`, since Go 1.27: what Go takes it for.
        output_type: Option<JsonText<'a>> = "OutputType",
        pub import_path: Option<JsonText<'a>> = "ImportPath",
        pub time: Option<JsonText<'a>> = "Time",
        /// Of `fail`: the package that could not be built.
        failed_build: Option<JsonText<'a>> = "FailedBuild",
        /// Of `attr`: what a test says of itself.
        key: Option<JsonText<'a>> = "Key",
        value: Option<JsonText<'a>> = "Value",
        .. unread ["Elapsed", "Path"]
    }
}

impl GoEvent<'_> {
    /// The package. `go tool test2json` by itself names none.
    pub fn package(&self) -> &str {
        self.package.as_deref().filter(|name| !name.is_empty()).unwrap_or("(unnamed)")
    }

    /// The test, if it is about one.
    pub fn test(&self) -> Option<&str> {
        self.test.as_deref().filter(|test| !test.is_empty())
    }

    /// Is it about the build of a package?
    pub fn is_of_build(&self) -> bool {
        self.action.starts_with("build-")
    }

    /// Did a test tell it as an error (`t.Error`, `t.Fatal`)?
    pub fn is_marked_as_error(&self) -> bool {
        self.output_type.as_deref().is_some_and(|kind| kind.starts_with("error"))
    }

    /// What it says in a field that Go does not have, or not there.
    pub fn foreign(&self) -> Option<UnknownPart> {
        let texts = [&self.failed_build, &self.output_type, &self.key];
        if self.others.0.is_none() && texts.iter().all(|text| text.is_none()) {
            return None;
        }
        let at = |says: bool, field: &str| says.then(|| UnknownPart::failure(field));
        let built = self.failed_build.as_deref().is_none_or(str::is_empty) || &*self.action == "fail";
        let known = matches!(
            self.output_type.as_deref().unwrap_or_default(),
            "" | "frame" | "error" | "error-continue"
        );
        let attribute = self.key.as_deref().zip(self.value.as_deref());
        let bad = attribute.is_some_and(|(key, value)| said::property(key, value) == Hint::Bad);
        let found =
            [self.others.0.clone(), at(!built, "FailedBuild"), at(!known, "OutputType"), at(bad, "Value")];
        strict::worst(found.into_iter().flatten())
    }
}
