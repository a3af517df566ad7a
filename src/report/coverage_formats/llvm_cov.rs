//! What `llvm-cov export` writes as JSON.
//!
//! A file is a sorted list of segments; each holds from its place to the next one. Lines follow
//! from them as llvm itself has it (`LineCoverageStats` in
//! llvm/lib/ProfileData/Coverage/CoverageMapping.cpp): a line has the greatest count of the segment
//! that reaches into it and of the regions that begin on it. The summaries count something else
//! (regions of each function), so they are not held against the lines. A report of summaries alone
//! has no segments and is refused.

use super::CoverageParser;
use super::gathered::{GatheredCoverage, GatheredFile, LAST_LINE};
use super::looks::Json;
use super::values::read_document;
use portcullis_report_shared::error::ReportError;
use portcullis_report_shared::members::json_objects;
use portcullis_testrun::line_coverage::CoverageFormat;
use serde_core::de::{Error, SeqAccess, Visitor};
use serde_core::{Deserialize, Deserializer};

/// The format.
pub static FORMAT: CoverageParser =
    CoverageParser { format: CoverageFormat::LlvmCov, detect: is_llvm_cov, parse: parse_llvm_cov };

const TYPE: &str = "llvm.coverage.json.export";

/// Its type is at its end in new versions, and at its beginning in old ones.
fn is_llvm_cov(bytes: &[u8]) -> bool {
    let says_so = |json: &Json| json.get("type").is_some_and(|kind| kind.text == TYPE);
    let files = |json: &Json| json.get("data").is_some_and(|data| data.has("files"));
    Json::of(bytes).is_some_and(|json| !json.array && (says_so(&json) || files(&json)))
}

fn parse_llvm_cov(bytes: &[u8]) -> Result<GatheredCoverage, ReportError> {
    let export: Export = read_document(bytes, "llvm-cov")?;
    if export.kind != TYPE {
        return Err(ReportError::whole(format!("its type is not `{TYPE}`")));
    }
    let mut gathered = GatheredCoverage::default();
    for file in export.data.into_iter().flat_map(|data| data.files) {
        if !file.segments.is_sorted_by_key(|segment| (segment.line, segment.column)) {
            return Err(ReportError::whole("the segments of a file are not in order"));
        }
        gather_lines(&file.segments, gathered.file(vec![file.filename]));
    }
    Ok(gathered)
}

json_objects! {
    struct Export {
        kind: String = "type",
        data: Vec<LlvmData> = "data",
    }

    struct LlvmData {
        files: Vec<LlvmFile> = "files",
    }

    struct LlvmFile {
        filename: String = "filename",
        segments: Vec<LlvmSegment> = "segments",
    }
}

/// `[line, column, count, has count, begins a region, is a gap]`; the last is newer than the
/// others.
struct LlvmSegment {
    line: u32,
    column: u32,
    count: u64,
    has_count: bool,
    is_entry: bool,
    is_gap: bool,
}

impl LlvmSegment {
    fn begins_region(&self) -> bool {
        !self.is_gap && self.has_count && self.is_entry
    }
}

impl<'de> Deserialize<'de> for LlvmSegment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SegmentVisitor;

        impl<'de> Visitor<'de> for SegmentVisitor {
            type Value = LlvmSegment;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a segment of five or six values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<LlvmSegment, A::Error> {
                let short = || A::Error::custom("a segment has too few values");
                let segment = LlvmSegment {
                    line: values.next_element()?.ok_or_else(short)?,
                    column: values.next_element()?.ok_or_else(short)?,
                    count: values.next_element()?.ok_or_else(short)?,
                    has_count: values.next_element()?.ok_or_else(short)?,
                    is_entry: values.next_element()?.ok_or_else(short)?,
                    is_gap: values.next_element()?.unwrap_or_default(),
                };
                if segment.line > LAST_LINE {
                    return Err(A::Error::custom(format!("{} is not the number of a line", segment.line)));
                }
                Ok(segment)
            }
        }

        deserializer.deserialize_seq(SegmentVisitor)
    }
}

fn gather_lines(segments: &[LlvmSegment], file: &mut GatheredFile) {
    let mut wrapped: Option<&LlvmSegment> = None;
    for on_line in segments.chunk_by(|a, b| a.line == b.line) {
        let Some(first) = on_line.first() else { continue };
        // The lines since the segment that reaches over them; none begins on them.
        if let Some(segment) = wrapped.filter(|segment| segment.has_count) {
            file.run_between(segment.line, first.line, segment.count > 0);
        }
        if let Some(count) = count_of(on_line, wrapped) {
            file.run(first.line, first.line, count > 0);
        }
        wrapped = on_line.last();
    }
}

/// The count of a line with segments; `None` when nothing on it can be executed.
fn count_of(on_line: &[LlvmSegment], wrapped: Option<&LlvmSegment>) -> Option<u64> {
    let wrapped = wrapped.filter(|segment| segment.has_count).map(|segment| segment.count);
    let begins = on_line.iter().filter(|segment| segment.begins_region()).map(|segment| segment.count).max();
    let skipped = on_line.first().is_some_and(|first| !first.has_count && first.is_entry);
    // A region that begins on a line makes it one that can be executed, also behind one that is
    // skipped.
    if skipped && begins.is_none() { None } else { wrapped.max(begins) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(segments: &str) -> String {
        let text = format!(
            r#"{{"data":[{{"files":[{{"filename":"/w/a.rs","segments":{segments},"summary":{{}}}}],"totals":{{}}}}],"type":"{TYPE}","version":"2.0.1"}}"#
        );
        let file = parse_llvm_cov(text.as_bytes()).unwrap().finish().files.remove(0);
        format!("{} / {}", file.lines.hit, file.lines.executable)
    }

    #[test]
    fn a_segment_holds_to_the_next() {
        // fn f() { … } with an `if` that never held, on lines 3 to 5.
        assert_eq!(
            lines(
                "[[1,1,4,true,true,false],[3,10,0,true,true,false],[5,6,4,true,false,false],[7,2,0,false,false,false]]"
            ),
            "1-3, 6-7 / 1-7"
        );
    }

    #[test]
    fn gaps_count_where_nothing_begins_and_skipped_regions_do_not() {
        assert_eq!(
            lines("[[1,1,1,true,true],[2,5,0,true,false,true],[4,1,3,true,true],[6,2,0,false,false]]"),
            "1-2, 4-6 / 1-6"
        );
        assert_eq!(
            lines("[[1,1,1,true,true],[2,1,0,false,true],[4,1,1,true,false],[5,2,0,false,false]]"),
            "1, 5 / 1, 5"
        );
    }

    #[test]
    fn nothing_lies_behind_the_last_segment() {
        assert_eq!(lines("[[9000000,1,0,true,true,false]]"), " / 9000000");
        assert_eq!(lines("[[1,1,1,true,true],[10000000,1,0,false,false]]"), "1-10000000 / 1-10000000");
    }

    #[test]
    fn what_is_no_export_of_segments_is_refused() {
        for text in [
            "{}",
            r#"{"data":[],"type":"other"}"#,
            r#"{"data":[{"files":[{"filename":"a","summary":{}}]}],"type":"llvm.coverage.json.export"}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,1,true]]}]}],"type":"llvm.coverage.json.export"}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[1,1,-1,true,true]]}]}],"type":"llvm.coverage.json.export"}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":[[2,1,1,true,true],[1,1,1,true,true]]}]}],"type":"llvm.coverage.json.export"}"#,
            r#"{"data":[{"files":[{"filename":"a","filename":"b","segments":[]}]}],"type":"llvm.coverage.json.export"}"#,
            r#"{"data":[{"files":[{"filename":"a","segments":["#,
        ] {
            assert!(parse_llvm_cov(text.as_bytes()).is_err(), "{text}");
        }
    }
}
