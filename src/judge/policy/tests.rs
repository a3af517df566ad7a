//! Policies with mistakes, and what is said of them. The controls here are made for the tests.

use super::*;
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::{Case, Documentation, Granularity, Reference, Stage, Waivable, read};
use portcullis_model::decision::Finding;
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::TextPurpose;
use portcullis_pattern::glob::Glob;
use proptest::prelude::*;
use serde::Deserialize;
use snapbox::{assert_data_eq, str};
use std::num::NonZeroU32;
use toml::Spanned;
use toml::de::ValueDeserializer;

fn parse_on_github(text: &str, table: &[&'static Kind]) -> Result<Policy, Vec<Problem>> {
    parse_with(text, table, &HostProfile::github_com(), &HouseTexts::none())
}

static KINDS: &[&Kind] = &[&ALWAYS, &SAMPLE, &WHOLE];

static ALWAYS: Kind = Kind { always_on: true, ..kind("gate-integrity", read::<Always>) };

static SAMPLE: Kind = kind("sample", read::<Sample>);

static WHOLE: Kind = kind("whole", read::<Whole>);

type Read = fn(ValueDeserializer<'_>) -> Result<Box<dyn Control>, toml::de::Error>;

const fn kind(name: &'static str, read: Read) -> Kind {
    Kind {
        name,
        stage: Stage::Both,
        granularity: Granularity::Once,
        always_on: false,
        waivable: Waivable::Freely,
        documentation: Documentation(""),
        procedure: ProcedurePart { chapter: ProcedureChapter::Tests, place: 1, off: "nothing" },
        strictness: &[],
        read,
        schema: crate::control::schema::of::<()>,
    }
}

/// Has a default for every setting.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Always {
    role: Option<Spanned<String>>,
}

impl Control for Always {
    fn kind(&self) -> &'static Kind {
        &ALWAYS
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        ControlProcedure::default()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Reviews);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        self.role.iter().map(Reference::Role).collect()
    }

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// Has settings of every shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sample {
    #[serde(default = "one")]
    approvals: NonZeroU32,
    #[serde(default)]
    force_push: Push,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    globs: Vec<Glob>,
    #[serde(default)]
    areas: BTreeMap<Spanned<String>, Check>,
    #[serde(default)]
    strict: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Push {
    #[default]
    Blocked,
    Allowed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Check {
    name: String,
    app: u64,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl Control for Sample {
    fn kind(&self) -> &'static Kind {
        &SAMPLE
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        ControlProcedure::default()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Checks);
        inquiry.reports.extend(self.globs.iter().map(ToString::to_string));
        assert!(self.strict || self.force_push == Push::Blocked || self.approvals.get() > 0);
    }

    fn references(&self) -> Vec<Reference<'_>> {
        assert!(
            self.checks
                .iter()
                .chain(self.areas.values())
                .all(|check| check.name.len() as u64 <= u64::MAX - check.app)
        );
        self.areas.keys().map(Reference::Area).collect()
    }

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// Checks itself as a whole.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawWhole")]
struct Whole;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhole {
    switch: Option<bool>,
    suites: Option<BTreeMap<String, bool>>,
}

impl TryFrom<RawWhole> for Whole {
    type Error = &'static str;

    fn try_from(raw: RawWhole) -> Result<Self, Self::Error> {
        let empty = raw.suites.is_some_and(|suites| suites.is_empty());
        if raw.switch.is_none() || empty { Err("this requires nothing") } else { Ok(Whole) }
    }
}

impl Control for Whole {
    fn kind(&self) -> &'static Kind {
        &WHOLE
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        ControlProcedure::default()
    }

    fn ask(&self, _inquiry: &mut Inquiry) {}

    fn check(&self, _case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        Ok(Vec::new())
    }
}

/// A policy without a mistake.
const GOOD: &str = r#"schema = 1

[project]
name = "Intelligence upload"
accountable = "Senior Responsible Owner"

[branches]
deployment = ["main", "release/*"]
# Nothing else is deployed.
history = "each-commit"

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = [
    "services/upload/**",
    "db/**",
]
content = ['(?i)\bnominal_id\b']
exclude = ["db/README.md"]
opaque = "outside"

[[people]]
name = "Robin Example"
logins = ["robin", "robin-admin"]
emails = ["robin@example.test"]

[roles.data-protection]
users = ["robin"]
teams = ["example/data-protection"]
code-owners = true

[controls.sample]
approvals = 2
globs = ["reports/*.xml"]
checks = [{ name = "build", app = 1 }]

[controls.sample.areas.upload]
name = "test"
app = 2
"#;

/// The settings of the control in `GOOD`.
const SETTINGS: &str = "approvals = 2\nglobs = [\"reports/*.xml\"]\nchecks = [{ name = \"build\", app = 1 }]";

/// The paths and patterns of the area in `GOOD`.
const RULES: &str =
    "paths = [\n    \"services/upload/**\",\n    \"db/**\",\n]\ncontent = ['(?i)\\bnominal_id\\b']\n";

fn problems(text: &str) -> Vec<Problem> {
    parse_on_github(text, KINDS).expect_err("the policy has a mistake")
}

fn shown(text: &str) -> String {
    show("portcullis.toml", text, &problems(text))
}

/// `GOOD` with one part replaced.
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old} is in the good policy");
    GOOD.replacen(old, new, 1)
}

/// What is said of a policy, one line each: `line:column message (help)`.
fn said_of(text: &str) -> Vec<String> {
    problems(text).iter().map(|problem| brief(text, problem)).collect()
}

fn brief(text: &str, problem: &Problem) -> String {
    let before = &text[..problem.span.start];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
    format!("{line}:{column} {}{help}", problem.message)
}

#[test]
fn a_good_policy_is_read_with_the_line_of_every_rule() {
    let policy = parse_on_github(GOOD, KINDS).unwrap();
    let area = &policy.scope.inventory.areas[0];
    let lines: Vec<u64> = area.paths.iter().chain(&area.exclude).map(|rule| rule.line).collect();
    assert_eq!((area.line, lines, area.content[0].line), (12, vec![16, 17, 20], 19));
    assert!(area.opaque == portcullis_model::inventory::Opaque::Outside && policy.each_commit);
    assert_eq!(policy.digest, Digest::of(GOOD.as_bytes()));
    assert_eq!(policy.accountable.as_deref(), Some("Senior Responsible Owner"));
    assert_eq!(policy.scope.people.0[0].logins.len(), 2);
    assert!(policy.scope.roles["data-protection"].code_owners);
}

#[test]
fn five_mistakes_five_messages() {
    let text = r#"schema = 1

[project]
name = "Intelligence upload"
acountable = "Senior Responsible Owner"

[branches]
deployment = ["main", "/release/*"]

[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
content = ['(nominal']

[controls.sample]
approvals = 0
force-push = "bloked"
"#;
    assert_data_eq!(
        shown(text),
        str![[r#"
error: unknown key `acountable`
 --> portcullis.toml:5:1
  |
5 | acountable = "Senior Responsible Owner"
  | ^^^^^^^^^^
  |
  = help: did you mean `accountable`?

error: bad pattern `/release/*`: patterns always start at the root of the repository; leave out the leading `/`
 --> portcullis.toml:8:23
  |
8 | deployment = ["main", "/release/*"]
  |                       ^^^^^^^^^^^^

error: bad regular expression: unclosed group
  --> portcullis.toml:14:12
   |
14 | content = ['(nominal']
   |            ^^^^^^^^^^
   |
   = help: see the syntax at https://docs.rs/regex/#syntax

error: expected a whole number above zero, found `0`
  --> portcullis.toml:17:13
   |
17 | approvals = 0
   |             ^

error: unknown value `bloked`
  --> portcullis.toml:18:14
   |
18 | force-push = "bloked"
   |              ^^^^^^^^
   |
   = help: did you mean `blocked`?

portcullis.toml: 5 problems

"#]]
    );
}

#[test]
fn several_mistakes_in_one_table_are_all_found() {
    let text = with(
        SETTINGS,
        r#"aprovals = 2
strict = "yes"
globs = ["a/", "ok", "/b"]
checks = [{ nam = "build", app = -1 }, {}]"#,
    );
    assert_eq!(
        said_of(&text),
        [
            "34:1 unknown key `aprovals` (did you mean `approvals`?)",
            "35:10 expected `true` or `false`, found a string",
            "36:10 bad pattern `a/`: write `a/**` for everything below the directory",
            "36:22 bad pattern `/b`: patterns always start at the root of the repository; leave out the leading `/`",
            "37:13 unknown key `nam` (did you mean `name`?)",
            "37:34 expected a whole number, found `-1`",
            "37:40 missing key `app` (write `app = ...` here)",
            "37:40 missing key `name` (write `name = ...` here)",
        ]
    );
}

#[test]
fn a_control_named_twice_is_found_and_hides_nothing() {
    let text = format!("{GOOD}\n[controls.sample]\nstrikt = true\n");
    assert_eq!(
        said_of(&text),
        [
            "42:11 `sample` is written twice (keep one of the two; each may say something else)",
            "43:1 unknown key `strikt` (did you mean `strict`?)",
        ]
    );
    let text = with("approvals = 2", "approvals = 2\napprovals = 1");
    assert_eq!(
        said_of(&text),
        ["35:1 `approvals` is written twice (keep one of the two; each may say something else)"]
    );
}

#[test]
fn broken_toml_is_one_or_two_messages() {
    let said = said_of(&with("approvals = 2", "approvals == 2"));
    assert!((1..=2).contains(&said.len()) && said[0].starts_with("34:12 not TOML: "), "{said:?}");
}

#[test]
fn settings_that_always_or_never_hold_are_mistakes() {
    let deployment = r#"["main", "release/*"]"#;
    let content = r"['(?i)\bnominal_id\b']";
    let pattern = r"(?i)\bnominal_id\b";
    let exclude = r#"["db/README.md"]"#;
    let logins = r#"["robin", "robin-admin"]"#;
    let table = [
        (deployment, "[]", "8:14 an empty list: no branch would be judged"),
        (content, "[]", "19:11 an empty list"),
        (pattern, "(nominal)*", "19:12 `(nominal)*` also matches an empty line"),
        (pattern, r"[^\s\S]", r"19:12 `[^\s\S]` can never match a line"),
        (pattern, r"a(b\n)+", r"19:12 `a(b\n)+` can never match a line"),
        (pattern, "a{9999}{9999}", "19:12 bad regular expression: "),
        (exclude, "[]", "20:11 an empty list: leave it out"),
        (exclude, r#"["**"]"#, "20:12 this excludes every file"),
        (exclude, r#"["db/**"]"#, "20:12 this excludes everything that the path `db/**`"),
        (exclude, r#"["services/**"]"#, "20:12 this excludes everything that the path `services/upload/**`"),
        (r#""upload""#, r#""""#, "13:8 `` cannot be the name of an area"),
        (r#""upload""#, r#""Up load""#, "13:8 `Up load` cannot be the name of an area"),
        (r#""Loads records""#, r#"" ""#, "14:11 the purpose of the area is empty"),
        (r#""Intelligence upload""#, r#""""#, "4:8 the name of the project is empty"),
        (r#""Senior Responsible Owner""#, r#""""#, "5:15 who is accountable is empty"),
        (logins, r#"["robin", "Robin"]"#, "25:20 the login `Robin` is already named in line 25"),
        (logins, r#"["@robin"]"#, "25:11 `@robin` is not a login"),
        ("robin@example.test", "robin", "26:11 `robin` is not an e-mail address"),
        (r#"users = ["robin"]"#, r#"users = ["example/team"]"#, "29:10 `example/team` is not a login"),
        ("[roles.data-protection]", "[roles.Data]", "28:8 `Data` cannot be the name of a role"),
        ("approvals = 2", "approvals = 0", "34:13 expected a whole number above zero, found `0`"),
    ];
    for (old, new, expected) in table {
        let said = said_of(&with(old, new));
        assert!(said.iter().any(|line| line.starts_with(expected)), "{new}: {said:#?}");
    }
}

#[test]
fn nobody_and_nothing_are_mistakes() {
    let others = "teams = [\"example/data-protection\"]\ncode-owners = true\n";
    let users = "users = [\"robin\"]\n";
    assert_eq!(
        said_of(&with(&format!("{users}{others}"), "")),
        ["28:8 no one can fill the role `data-protection` (write `users`, `teams` or `code-owners = true`)"]
    );
    let machine = with("emails = [\"robin@example.test\"]", "machine = true").replace(others, "");
    assert!(said_of(&machine)[0].starts_with("28:8 no person, only a machine, can fill the role"));
    let person = with("logins = [\"robin\", \"robin-admin\"]\nemails = [\"robin@example.test\"]", "");
    assert_eq!(
        said_of(&person),
        ["23:1 nothing identifies Robin Example (write `logins`, `emails` or both)"]
    );
    assert_eq!(
        said_of(&with(RULES, "")),
        ["12:1 nothing belongs to the area `upload` (write `paths`, `content` or both)"]
    );
}

#[test]
fn one_account_in_two_entries_and_one_area_twice_are_mistakes() {
    let text = with("[roles.data", "[[people]]\nname = \"Kim Example\"\nlogins = [\"ROBIN\"]\n[roles.data");
    assert_eq!(
        said_of(&text),
        ["30:11 the login `ROBIN` is already named in line 25 (name it once: it belongs to one person)"]
    );
    let again = "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"x\"]\n[[people]]";
    assert_eq!(
        said_of(&with("[[people]]", again)),
        ["24:8 the area `upload` is already defined in line 13 (give each area a name of its own)"]
    );
}

#[test]
fn no_misspelt_key_is_ever_ignored() {
    let lines: Vec<&str> = GOOD.lines().collect();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
        let mut lines = lines.clone();
        let misspelt = format!("x{line}");
        lines[place] = &misspelt;
        assert!(parse_on_github(&lines.join("\n"), KINDS).is_err(), "{misspelt}");
    }
}

#[test]
fn a_policy_without_controls_is_a_mistake() {
    let (start, _) = GOOD.split_once("[controls.sample]").unwrap();
    let vacuous = "a policy without a control that judges changes allows every change (write at least `[controls.required-reviews]`)";
    assert_eq!(said_of(start), [format!("1:1 {vacuous}")]);
    assert_eq!(said_of(&format!("{start}[controls]")), [format!("33:1 {vacuous}")]);
    assert_eq!(said_of(&format!("{start}[controls.gate-integrity]")), [format!("33:2 {vacuous}")]);
}

#[test]
fn everything_that_is_missing_is_named() {
    assert_eq!(
        said_of("[[data-processing]]\npaths = ['x']\n[controls.sample]"),
        [
            "1:1 missing key `branches` (write a table `[branches]` with `deployment`)",
            "1:1 missing key `project` (write a table `[project]` with `name`)",
            "1:1 missing key `schema` (write `schema = 1` in the first line)",
            "1:1 missing key `name` (write `name = ...` here)",
            "1:1 missing key `purpose` (write `purpose = ...` here)",
        ]
    );
    assert_eq!(said_of("").len(), 5);
}

#[test]
fn another_schema_is_the_only_thing_said() {
    let text = GOOD.replace("schema = 1", "schema = 2").replace("purpose", "porpoise");
    assert_eq!(
        said_of(&text),
        ["1:10 schema 2 is not known to this version of portcullis (it reads schema 1)"]
    );
    assert_eq!(
        said_of(&with("schema = 1", "schema = '1'")),
        ["1:10 expected a whole number, found a string (write 1 without quotes)"]
    );
}

#[test]
fn names_that_lead_nowhere_are_found() {
    let text = with("[controls.sample.areas.upload]", "[controls.sample.areas.uplaod]");
    assert_eq!(said_of(&text), ["38:24 there is no area `uplaod` (did you mean `upload`?)"]);
    let text = with("[controls.sample]", "[controls.gate-integrity]\nrole = \"nobody\"\n\n[controls.sample]");
    assert_eq!(said_of(&text), ["34:8 there is no role `nobody` (known here: `data-protection`)"]);
}

#[test]
fn a_broken_definition_is_still_one() {
    assert_eq!(said_of(&with("\"Loads records\"", "1")), ["14:11 expected a string, found a whole number"]);
    assert_eq!(
        said_of(&with("users = [\"robin\"]", "users = [\"robin\", 5]")),
        ["29:19 expected a string, found a whole number"]
    );
}

#[test]
fn a_lost_setting_makes_no_second_mistake() {
    for (old, new) in [
        (RULES, "paths = [\"/x\"]\n"),
        (RULES, "paths = \"x\"\n"),
        ("deployment = [\"main\", \"release/*\"]", "deployment = [\"/x\"]"),
        ("deployment = [\"main\", \"release/*\"]", "deployment = 1"),
        ("name = \"Intelligence upload\"", "name = 7"),
        ("name = \"upload\"", "name = 7"),
    ] {
        let said = said_of(&with(old, new));
        assert_eq!(said.len(), 1, "{new}: {said:#?}");
    }
    for (old, new, expected) in [
        (RULES, "path = [\"x\"]\n", "15:1 unknown key `path` (did you mean `paths`?)"),
        ("name = \"up", "nmae = \"up", "13:1 unknown key `nmae` (did you mean `name`?)"),
        (
            "[[data-processing]]",
            "[[data-procesing]]",
            "12:3 unknown key `data-procesing` (did you mean `data-processing`?)",
        ),
        ("[project]", "[projekt]", "3:2 unknown key `projekt` (did you mean `project`?)"),
    ] {
        assert_eq!(said_of(&with(old, new)), [expected]);
    }
}

#[test]
fn controls_with_unknown_names_or_odd_forms_are_mistakes() {
    assert_eq!(
        said_of(&format!("{GOOD}\n[controls.gate_integrety]\n")),
        ["42:11 unknown control `gate_integrety` (did you mean `gate-integrity`?)"]
    );
    for odd in [
        "[[controls.gate-integrity]]",
        "[controls]\ngate-integrity = []",
        "[controls]\ngate-integrity = true",
    ] {
        let said = said_of(&format!("{GOOD}\n{odd}\n"));
        assert!(said.iter().any(|line| line.contains("the settings of a control are a table")), "{said:?}");
    }
    let (start, _) = GOOD.split_once("[controls.sample]").unwrap();
    let said = said_of(&format!("controls = true\n{start}"));
    assert!(said[0].starts_with("1:12 the settings of a control are a table"), "{said:?}");
}

#[test]
fn a_list_in_the_place_of_a_table_is_a_mistake() {
    let project = "[project]\nname = \"Intelligence upload\"\naccountable = \"Senior Responsible Owner\"";
    let role = "[roles.data-protection]\nusers = [\"robin\"]\nteams = [\"example/data-protection\"]\ncode-owners = true";
    for (old, new, place) in [
        (project, "project = [\"a\", \"b\"]", "3:11"),
        (project, "project = [\"a\"]", "3:11"),
        ("[project]", "[[project]]", "3:1"),
        ("checks = [{ name = \"build\", app = 1 }]", "checks = [[\"build\", 1]]", "36:11"),
        (role, "[roles]\nx = []", "29:5"),
        (role, "[roles]\nx = [[\"kim\"], [], true, 9]", "29:5"),
        ("[controls.sample.areas.upload]\nname = \"test\"\napp = 2", "areas.upload = [\"test\", 2]", "38:16"),
    ] {
        let said = said_of(&with(old, new));
        let expected = format!("{place} expected a table, found a list");
        assert!(said.iter().any(|line| line.starts_with(&expected)), "{new}: {said:?}");
    }
}

#[test]
fn what_a_control_says_of_itself_as_a_whole_is_heard_unless_something_of_it_was_lost() {
    let said = |settings: &str| said_of(&format!("{GOOD}\n[controls.whole]\n{settings}"));
    assert_eq!(said(""), ["42:1 this requires nothing"]);
    assert_eq!(said("switch = true\nsuites = {}"), ["42:1 this requires nothing"]);
    assert_eq!(said("switch = 1"), ["43:10 expected `true` or `false`, found a whole number"]);
    assert_eq!(said("switsch = true"), ["43:1 unknown key `switsch` (did you mean `switch`?)"]);
}

#[test]
fn a_wrong_choice_is_named_as_such() {
    for (value, found) in [
        ("1", "a whole number"),
        ("[]", "a list"),
        ("[\"blocked\"]", "a list"),
        ("{}", "an empty table"),
        ("{ a = 1, b = 2 }", "a table with several keys"),
    ] {
        let said = said_of(&with(SETTINGS, &format!("force-push = {value}")));
        assert_eq!(said, [format!("34:14 expected one of a few words, found {found}")]);
    }
}

#[test]
fn bare_dates_belong_into_quotes() {
    for key in ["strict", "globs", "checks", "approvals", "force-push"] {
        let said = said_of(&with(SETTINGS, &format!("{key} = 2026-01-01")));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].ends_with("a policy has no bare dates (put dates in quotes)"), "{said:?}");
    }
}

#[test]
fn the_inquiry_asks_for_everything_that_the_policy_needs() {
    let inquiry = parse_on_github(GOOD, KINDS).unwrap().inquiry(Some("portcullis.toml".into()));
    assert!(inquiry.each_commit && inquiry.path_of(TextPurpose::Policy).is_some());
    assert_eq!(Vec::from_iter(inquiry.topics), [Topic::Reviews, Topic::CodeOwners, Topic::Checks]);
    assert_eq!(Vec::from_iter(inquiry.patterns), [r"(?i)\bnominal_id\b"]);
    assert_eq!(Vec::from_iter(inquiry.teams.iter().map(|team| team.as_str())), ["example/data-protection"]);
    assert_eq!(Vec::from_iter(inquiry.reports), ["reports/*.xml"]);
}

#[test]
fn gate_integrity_is_on_whether_or_not_it_is_named() {
    let names = |text: &str| Vec::from_iter(parse_on_github(text, KINDS).unwrap().controls.into_keys());
    assert_eq!(names(GOOD), ["gate-integrity", "sample"]);
    let named = format!("{GOOD}\n[controls.gate-integrity]\nrole = \"data-protection\"");
    assert_eq!(names(&named), ["gate-integrity", "sample"]);
}

#[test]
fn odd_texts_are_shown_with_columns_in_characters_and_without_escapes() {
    let shown = shown(concat!(
        "schema = 1\n",
        "\tproject = { name = \"Zażółć gęślą\", accountabel = \"x\" }\r\n",
        "\"\\u001b[31m\" = 1\r\n",
        "\"\u{202e}\" = 1\r\n",
    ));
    assert!(shown.contains("portcullis.toml:2:37"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']) && shown.contains(r"\u{1b}[31m"), "{shown}");
}

#[test]
fn a_span_anywhere_is_shown() {
    for text in ["", "\n", "a\r\nb", "é", "\t\té\r\n\r\n", "\r\r\u{1b}\u{200b}x"] {
        for (start, end) in
            (0..text.len() + 3).flat_map(|start| (0..text.len() + 3).map(move |end| (start, end)))
        {
            let problem = Problem::new(start..end, "odd\nplace").help("\u{202e}");
            assert!(show("x", text, &[problem]).contains("error: odd"));
        }
    }
}

#[test]
fn the_ready_policies_have_the_form_of_a_policy() {
    for (text, controls) in [(STARTER, 5), (include_str!("../../../policies/sensitive-data.toml"), 6)] {
        let problems = parse_on_github(text, &KINDS[1..]).unwrap_err();
        let other = problems.iter().find(|problem| !problem.message.starts_with("unknown control `"));
        assert_eq!((problems.len(), other), (controls, None));
    }
}

/// A policy or its problems, and in either case an answer: no panic, and problems that can be
/// shown.
fn answers(text: &str) {
    match parse_on_github(text, KINDS) {
        Ok(policy) => assert!(policy.controls.len() >= 2 && !policy.scope.inventory.areas.is_empty()),
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.span.end <= text.len()), "{problems:?}");
            assert!(show("portcullis.toml", text, &problems).contains("error: "));
        }
    }
}

#[test]
fn large_and_deep_nonsense_ends() {
    let many: String = (0..5_000).map(|n| format!("k{n} = 1\n")).collect();
    answers(&"a = 1\n".repeat(5_000));
    answers(&many);
    answers(&format!("{GOOD}{many}"));
    answers(&with("\"reports/*.xml\"", &"\"/x\",".repeat(5_000)));
    answers(&with("\"reports/*.xml\"", &"[],".repeat(5_000)));
    for deep in ["[", "{b="] {
        answers(&format!("a = {}", deep.repeat(5_000)));
    }
    answers(&format!("a{} = 1", ".a".repeat(5_000)));
    answers(&format!("[a{}]", ".a".repeat(5_000)));
    answers(&"[a]\n[[a]]\n".repeat(2_000));
}

/// Pieces that policies are made of, right and wrong.
const PIECES: &[&str] = &[
    "[project]\n",
    "[controls.sample]\n",
    "[[data-processing]]\n",
    "[[people]]\n",
    "[roles.x]\n",
    "[branches]\n",
    "[controls]\n",
    "name = ",
    "paths = ",
    "content = ",
    "approvals = ",
    "checks = ",
    "globs = ",
    "deployment = ",
    "areas.",
    "upload",
    "[",
    "]",
    "{",
    "}",
    ",",
    "=",
    "\"",
    "'",
    "\n",
    "\r\n",
    "\t",
    "é",
    "\u{202e}",
    "0",
    "-1",
    "1.5",
    "true",
    "2026-01-01",
    "\"/x\"",
    "[]",
    "{}",
    "\"\"",
    "\'\'\'",
    "\\u0000",
    "#",
    ".",
    "nan",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        answers(&text);
    }

    #[test]
    fn any_pile_of_pieces_gets_an_answer(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
    ) {
        answers(&pieces.concat());
        answers(&format!("{GOOD}{}", pieces.concat()));
    }

    #[test]
    fn any_mutation_of_a_policy_gets_an_answer(
        sample in any::<bool>(),
        edits in proptest::collection::vec(
            (any::<proptest::sample::Index>(), 0usize..9, proptest::sample::select(PIECES)),
            1..6,
        ),
    ) {
        let mut text = if sample { GOOD.to_string() } else { STARTER.to_string() };
        for (place, length, piece) in edits {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, piece);
        }
        answers(&text);
    }

    #[test]
    fn a_policy_with_a_line_twice_or_lost_gets_an_answer(place in 0usize..45, times in 0usize..3) {
        let lines = GOOD.lines().enumerate();
        let repeated = lines.flat_map(|(index, line)| {
            std::iter::repeat_n(line, if index == place { times } else { 1 })
        });
        answers(&repeated.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn a_policy_of_any_size_is_not_read_to_its_end() {
    let long = format!("schema = 1\n#{}\n", "x".repeat(256 * 1024));
    let problems = Policy::parse(&long).unwrap_err();
    assert!(matches!(&problems[..], [one] if one.message.contains("bytes")), "{problems:?}");
}

/// A host whose teams look like this.
fn host_with(teams: portcullis_model::host::TeamForm) -> HostProfile {
    let github = portcullis_model::host::HostConventions::github();
    let conventions =
        portcullis_model::host::HostConventions { name: "Elsewhere".into(), teams, ..(*github).clone() };
    HostProfile::of(&conventions.into(), &["elsewhere.example.test".into()])
}

#[test]
fn teams_are_those_of_the_host() {
    use portcullis_model::host::TeamForm::{GroupPath, OrganizationAndSlug, ProjectAndTeam, Text};
    for (team, form) in [
        ("example/data-protection", OrganizationAndSlug),
        ("police/forces/upload", GroupPath),
        ("police", GroupPath),
        (r"[Records]\\Data protection", ProjectAndTeam),
        ("Change Approvers (Records)", Text),
    ] {
        let text = with("\"example/data-protection\"", &format!("\"{team}\""));
        for host in [OrganizationAndSlug, GroupPath, ProjectAndTeam, Text] {
            let read = parse_with(&text, KINDS, &host_with(host), &HouseTexts::none());
            let also = host == Text || (form, host) == (OrganizationAndSlug, GroupPath);
            if host == form || also {
                assert!(read.is_ok(), "{team} on {host:?}: {read:?}");
                continue;
            }
            let problem = read.err().unwrap().remove(0);
            let place = &text[problem.span.clone()];
            assert_eq!(place, format!("\"{team}\""), "{host:?}");
            assert!(problem.message.ends_with(&format!("is not a team; write `{}`", host.example())));
        }
    }
    for odd in ["", "@", "@@maintainer", " example/team", "example/te\\u0007am"] {
        let text = with("\"example/data-protection\"", &format!("\"{odd}\""));
        for host in [OrganizationAndSlug, GroupPath, ProjectAndTeam, Text] {
            assert!(
                parse_with(&text, KINDS, &host_with(host), &HouseTexts::none()).is_err(),
                "{odd:?} on {host:?}"
            );
        }
    }
}
