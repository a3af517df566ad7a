//! What `policy check` tells to do, done literally: the mistake is named with its help, and the policy that follows the help is valid.

use crate::support::checkout::Checkout;

const POLICY: &str = r#"schema = 1

[project]
name = "Record upload"

[branches]
deployment = ["main"]

[[people]]
name = "Kim Example"
logins = ["kim-example"]
emails = ["kim@example.test"]

[[data-processing]]
name = "upload"
purpose = "Loads, amends and deletes records"
paths = ["services/upload/**"]

[roles.owners]
users = ["alex-example"]

[controls.required-reviews]
approvals = 1

[controls.regression-tests.suites.upload]
areas = ["upload"]
minimum = 1
reports = ["out/*.xml"]

[controls.protected-branch]
change-request = true

[controls.required-checks]
checks = [{ name = "build", app = "github-actions" }]

[controls.gate-integrity]
role = "owners"
approvals = 1
"#;

const WAIVERS: &str = r#"schema = 1

[[waivers]]
id = "W-12"
control = "required-reviews"
requests = [7]
reason = "The second reviewer is away until Monday"
ticket = "OPS-881"
requester = "robin"
approver = "kim-example"
created = "2026-11-18T18:00:00Z"
expires = "2026-11-21T09:00:00Z"

[[rollbacks]]
id = "R-3"
environment = "production"
from = "5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a"
to = "9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b"
reason = "Records of closed cases are not deleted any more"
ticket = "OPS-902"
requester = "robin"
approver = "kim-example"
created = "2026-11-18T18:00:00Z"
expires = "2026-11-19T18:00:00Z"
"#;

/// What stands in the sound text; the mistake that is put there; what helps; what follows the help.
type Row = (&'static str, &'static str, &'static str, &'static str);

struct Desk(Checkout);

impl Desk {
    fn new() -> Desk {
        let desk = Checkout::empty();
        for path in ["services/upload/load.sql", "README.md"] {
            desk.write(path, "x\n");
        }
        let key = ssh_key::PrivateKey::read_openssh_file(std::path::Path::new(&desk.key(7))).unwrap();
        let key = key.public_key().to_openssh().unwrap();
        desk.write("keys/signers", &format!("kim@example.test namespaces=\"portcullis\" {key}\n"));
        desk.write("portcullis.toml", POLICY);
        desk.write(".gitignore", "/out/\n");
        desk.commit("Begin");
        Desk(desk)
    }

    /// What `policy check` ends with and says of these files.
    fn says(&self, policy: &str, waivers: &str) -> (Option<i32>, String) {
        self.0.write("portcullis.toml", policy);
        self.0.write("portcullis-waivers.toml", waivers);
        let output = self.0.portcullis(&["policy", "check"]);
        let text =
            [&output.stdout[..], &output.stderr].map(|part| String::from_utf8_lossy(part).into_owned());
        (output.status.code(), text.concat())
    }
}

/// Follows each row, in the policy or in the waivers beside it.
fn follow(rows: &[Row], sound: &str, files: impl Fn(&str) -> (String, String)) {
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for (stands, mistake, help, followed) in rows {
        let written = |text: &str| {
            assert!(sound.contains(stands), "`{stands}` is not there");
            let (policy, waivers) = files(&sound.replacen(stands, text, 1));
            desk.says(&policy, &waivers)
        };
        let (code, said) = written(mistake);
        let plain = said.split_whitespace().collect::<Vec<_>>().join(" ").replace("| ", "");
        if code != Some(4) || !plain.contains(help) {
            wrong.push(format!("`{mistake}` does not say `{help}` ({code:?}):\n{said}"));
        }
        let (code, said) = written(followed);
        if code != Some(0) {
            wrong.push(format!("`{followed}`, which follows `{help}`, is not valid ({code:?}):\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

#[test]
fn mistakes_of_the_form() {
    follow(
        &[
            ("schema = 1\n", "", "write `schema = 1` in the first line", "schema = 1\n"),
            (
                "[project]\nname = \"Record upload\"\n",
                "",
                "write a table `[project]` with `name`",
                "[project]\nname = \"Records\"\n",
            ),
            (
                "[branches]\ndeployment = [\"main\"]\n",
                "",
                "write a table `[branches]` with `deployment`",
                "[branches]\ndeployment = [\"main\"]\n",
            ),
            ("name = \"Record upload\"", "", "write `name = ...` here", "name = \"Records\""),
            (
                "[project]\nname = \"Record upload\"",
                "project = [\"Record upload\"]",
                "write one table, `[name]` in single brackets or `{ key = value }`",
                "project = { name = \"Record upload\" }",
            ),
            (
                "[controls.required-reviews]",
                "[[controls.required-reviews]]",
                "write one table with single brackets, `[controls.NAME]`, for each control",
                "[controls.required-reviews]",
            ),
            (
                "name = \"Record upload\"",
                "name = \"Record upload\"\naccountabel = \"K\"",
                "did you mean `accountable`?",
                "name = \"Record upload\"\naccountable = \"K\"",
            ),
            (
                "[project]\nname = \"Record upload\"",
                "[project]\nname = \"Record upload\"\nname = \"Other\"",
                "keep one of the two; each may say something else",
                "[project]\nname = \"Other\"",
            ),
            ("minimum = 1", "minimum = \"1\"", "write 1 without quotes", "minimum = 1"),
            (
                "[controls.required-checks]\n",
                "[waivers]\n[controls.required-checks]\n",
                "or leave it out",
                "[controls.required-checks]\n",
            ),
            (
                "[controls.required-checks]\n",
                "[waivers]\nlongest = 2026-11-29\n[controls.required-checks]\n",
                "put dates in quotes",
                "[waivers]\nlongest = \"12h\"\n[controls.required-checks]\n",
            ),
            (
                "[controls.required-checks]\n",
                "[waivers]\nsigners = \"/keys/signers\"\n[controls.required-checks]\n",
                "write it from the root, without `/` at the beginning",
                "[waivers]\nsigners = \"keys/signers\"\n[controls.required-checks]\n",
            ),
        ],
        POLICY,
        |policy| (policy.to_string(), "schema = 1\n".to_string()),
    );
}

#[test]
fn mistakes_about_areas_branches_and_people() {
    follow(
        &[
            (
                "deployment = [\"main\"]",
                "deployment = []",
                "no branch would be judged",
                "deployment = [\"main\"]",
            ),
            (
                "deployment = [\"main\"]",
                "deployment = [\"refs/heads/main\"]",
                "write `main`",
                "deployment = [\"main\"]",
            ),
            (
                "deployment = [\"main\"]",
                "deployment = [\"a..b\"]",
                "`git check-ref-format --branch NAME` tells what git takes",
                "deployment = [\"a.b\"]",
            ),
            (
                "name = \"upload\"",
                "name = \"Upload\"",
                "use lower-case letters, digits and `-`",
                "name = \"upload\"",
            ),
            (
                "paths = [\"services/upload/**\"]\n",
                "",
                "write `paths`, `content` or both",
                "paths = [\"services/upload/**\"]\n",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "paths = []",
                "no path would belong to the area",
                "paths = [\"services/**\"]",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "content = []",
                "no content would belong to the area",
                "content = ['nominal']",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "paths = [\"services/upload/**\"]\nexclude = []",
                "leave it out, or name what does not belong to the area",
                "paths = [\"services/upload/**\"]\nexclude = [\"**/*.md\"]",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "paths = [\"services/upload/**\"]\nexclude = [\"**\"]",
                "exclude only what does not process data",
                "paths = [\"services/upload/**\"]\nexclude = [\"**/*.md\"]",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "paths = [\"services/upload/**\"]\nexclude = [\"services/**\"]",
                "leave out one of the two",
                "paths = [\"services/upload/**\"]",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "paths = [\"services/upload/\"]",
                "write `services/upload/**` for everything below the directory",
                "paths = [\"services/upload/**\"]",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "content = ['(']",
                "see the syntax at https://docs.rs/regex/#syntax",
                "content = ['\\(']",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "content = ['x*']",
                "name at least one character that must be there",
                "content = ['x+']",
            ),
            (
                "paths = [\"services/upload/**\"]",
                "content = ['a\\nb']",
                "leave it out, or write what one line holds",
                "content = ['ab']",
            ),
            (
                "[roles.owners]",
                "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"x/**\"]\n[roles.owners]",
                "give each area a name of its own",
                "[[data-processing]]\nname = \"other\"\npurpose = \"x\"\npaths = [\"x/**\"]\n[roles.owners]",
            ),
            (
                "logins = [\"kim-example\"]\nemails = [\"kim@example.test\"]\n",
                "",
                "write `logins`, `emails` or both",
                "logins = [\"kim-example\"]\n",
            ),
            (
                "logins = [\"kim-example\"]",
                "logins = [\"@kim-example\"]",
                "write the account's name without `@`",
                "logins = [\"kim-example\"]",
            ),
            (
                "[roles.owners]",
                "[[people]]\nname = \"Other\"\nlogins = [\"KIM-example\"]\n[roles.owners]",
                "name it once: it belongs to one person",
                "[[people]]\nname = \"Other\"\nlogins = [\"robin-example\"]\n[roles.owners]",
            ),
            (
                "users = [\"alex-example\"]",
                "users = []",
                "write `users`, `teams` or `code-owners = true`",
                "code-owners = true",
            ),
            (
                "name = \"upload\"",
                "name = \"up\u{200b}load\"",
                "delete it, or write the text between single quotes",
                "name = \"upload\"",
            ),
        ],
        POLICY,
        |policy| (policy.to_string(), "schema = 1\n".to_string()),
    );
}

#[test]
fn mistakes_about_controls() {
    follow(
        &[
            (
                "[controls.required-checks]",
                "[controls.required-check]",
                "did you mean `required-checks`?",
                "[controls.required-checks]",
            ),
            (
                "checks = [{ name = \"build\", app = \"github-actions\" }]",
                "checks = [{ name = \"build\", app = \"github-actions\", creator = \"ci\" }]",
                "write `app` or `creator`, not both",
                "checks = [{ name = \"build\", creator = \"ci\" }]",
            ),
            ("role = \"owners\"", "role = \"owner\"", "did you mean `owners`?", "role = \"owners\""),
            ("minimum = 1", "minimum = 1\ntrust = \"signed\"", "signers", "minimum = 1\ntrust = \"local\""),
            (
                "change-request = true\n",
                "change-request = true\nbypass = [{ kind = \"team\", id = 7, reason = \" \" }]\n",
                "say why this actor may bypass the rules",
                "change-request = true\nbypass = [{ kind = \"team\", id = 7, reason = \"on call\" }]\n",
            ),
            (
                "[controls.regression-tests.suites.upload]\nareas = [\"upload\"]\nminimum = 1\nreports = [\"out/*.xml\"]\n",
                "[controls.regression-tests.suites]\n",
                "add one under `suites`",
                "[controls.regression-tests.suites.s]\nminimum = 1\n",
            ),
            (
                "[controls.required-checks]\n",
                "[controls.changed-line-coverage]\nminimum = 80\nreports = {}\n[controls.required-checks]\n",
                "add one under `reports`",
                "[controls.changed-line-coverage]\nminimum = 80\n[controls.changed-line-coverage.reports.sql]\nfiles = [\"out/lcov.info\"]\n[controls.required-checks]\n",
            ),
            (
                "[controls.required-checks]\n",
                "[deployment]\nenvironments = [\"production\"]\n[controls.freeze]\nenvironments = [\"staging\"]\nwindows = [{ from = \"2026-12-18T18:00:00Z\", until = \"2027-01-04T08:00:00Z\", reason = \"x\" }]\n[controls.required-checks]\n",
                "name an environment that is deployed to, or add it there",
                "[deployment]\nenvironments = [\"production\", \"staging\"]\n[controls.freeze]\nenvironments = [\"staging\"]\nwindows = [{ from = \"2026-12-18T18:00:00Z\", until = \"2027-01-04T08:00:00Z\", reason = \"x\" }]\n[controls.required-checks]\n",
            ),
        ],
        POLICY,
        |policy| (policy.to_string(), "schema = 1\n".to_string()),
    );
}

#[test]
fn mistakes_about_waivers_and_rollbacks() {
    follow(
        &[
            ("schema = 1\n", "", "write `schema = 1` in the first line", "schema = 1\n"),
            ("id = \"W-12\"", "id = \"W 12\"", "use letters, digits, `-`, `_` and `.`", "id = \"W_12\""),
            ("id = \"R-3\"", "id = \"W-12\"", "give each waiver an id of its own", "id = \"R-3\""),
            (
                "control = \"required-reviews\"",
                "control = \"gate-integrity\"",
                "have the owners of the gate approve the change",
                "control = \"required-checks\"",
            ),
            (
                "control = \"required-reviews\"",
                "control = \"reviewed-landings\"",
                "write `commits` with the full name of each landing's last commit",
                "control = \"reviewed-landings\"\ncommits = [\"5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a\"]",
            ),
            ("requests = [7]", "requests = []", "leave it out, or name requests", "requests = [7]"),
            ("requests = [7]", "commits = []", "leave it out, or name commits", "requests = [7]"),
            (
                "requests = [7]\n",
                "",
                "write at least one of `area`, `commits`, `requests`, `environment`",
                "environment = \"production\"\n",
            ),
            (
                "requester = \"robin\"",
                "requester = \"kim-example\"",
                "have another person do so; two accounts of one person are one person",
                "requester = \"robin\"",
            ),
            (
                "expires = \"2026-11-21T09:00:00Z\"",
                "expires = \"2026-11-01T09:00:00Z\"",
                "write a later moment",
                "expires = \"2026-11-20T09:00:00Z\"",
            ),
            (
                "expires = \"2026-11-21T09:00:00Z\"",
                "expires = \"2027-11-21T09:00:00Z\"",
                "write an earlier moment; `[waivers] longest` of the policy sets the limit",
                "expires = \"2026-11-20T09:00:00Z\"",
            ),
            (
                "requests = [7]",
                "requests = [7]\nemergency = true",
                "write `review-due`, the date by which someone reviews what it covered",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"",
            ),
            (
                "requests = [7]",
                "requests = [7]\nreview-due = \"2026-11-25\"",
                "write `emergency = true`, or leave this out",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"",
            ),
            (
                "requests = [7]",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-by = \"sam\"",
                "write `reviewed-on` too",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-by = \"sam\"\nreviewed-on = \"2026-11-22\"",
            ),
            (
                "requests = [7]",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-on = \"2026-11-22\"",
                "write `reviewed-by` too",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-by = \"sam\"\nreviewed-on = \"2026-11-22\"",
            ),
            (
                "to = \"9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b\"",
                "to = \"5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a5b1c0e3f2a\"",
                "name what was deployed before",
                "to = \"9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b9f8e7d6c5b\"",
            ),
            (
                "approver = \"kim-example\"",
                "approver = \"ci[bot]\"",
                "have a person do so",
                "approver = \"kim-example\"",
            ),
            (
                "requests = [7]",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-by = \"sam\"\nreviewed-on = \"2026-11-01\"",
                "write when the review took place",
                "requests = [7]\nemergency = true\nreview-due = \"2026-11-25\"\nreviewed-by = \"sam\"\nreviewed-on = \"2026-11-22\"",
            ),
        ],
        WAIVERS,
        |waivers| (POLICY.to_string(), waivers.to_string()),
    );
}

/// The sound policy without a part of it, and with that part as its help says.
#[test]
fn parts_that_are_missing_are_written() {
    let desk = Desk::new();
    let area = "[[data-processing]]\nname = \"upload\"\npurpose = \"Loads, amends and deletes records\"\npaths = [\"services/upload/**\"]\n";
    let none = POLICY.replace(area, "").replace("areas = [\"upload\"]\n", "");
    let controls = &POLICY[POLICY.find("[controls").unwrap()..];
    for (without, help, with) in [
        (
            none.clone(),
            "write a table `[[data-processing]]` with `name`, `purpose`, and `paths` or `content`",
            format!("{none}{area}"),
        ),
        (
            format!("data-processing = []\n{none}"),
            "name at least one area, or nothing is data-processing code",
            format!("{none}{area}"),
        ),
        (
            POLICY.replace(controls, ""),
            "write at least `[controls.required-reviews]`",
            POLICY.replace(controls, "[controls.required-reviews]\napprovals = 1\n"),
        ),
    ] {
        let (code, said) = desk.says(&without, "schema = 1\n");
        assert!(
            code == Some(4) && said.split_whitespace().collect::<Vec<_>>().join(" ").contains(help),
            "{help}: {said}"
        );
        let (code, said) = desk.says(&with, "schema = 1\n");
        assert_eq!(code, Some(0), "{help}: {said}");
    }
}

#[test]
fn a_list_of_signers_puts_its_values_between_quotes() {
    let desk = Desk::new();
    let signed = POLICY.replace(
        "[controls.required-checks]",
        "[waivers]\nsigners = \"keys/signers\"\n[controls.required-checks]",
    );
    let sound = std::fs::read_to_string(desk.0.path().join("keys/signers")).unwrap();
    desk.0.write("keys/signers", &sound.replace("\"portcullis\"", "portcullis"));
    let (code, said) = desk.says(&signed, "schema = 1\n");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("write `namespaces=\"…\"`, with the quotes"), "{said}");
    desk.0.write("keys/signers", &sound);
    let (code, said) = desk.says(&signed, "schema = 1\n");
    assert_eq!(code, Some(0), "{said}");
}
