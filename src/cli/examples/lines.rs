//! The examples themselves, by command. A group of commands shows the first one of each below it.

use super::Example;

pub(super) const fn line(line: &'static str, about: &'static str) -> Example {
    Example { line, about }
}

/// The words of the command below the program, and its examples.
pub(super) static TABLE: &[(&str, &[Example])] = &[
    (
        "",
        &[
            line("portcullis demo", "See the gate at work on a made-up repository."),
            line("portcullis init", "Propose a policy from what the repository holds."),
            line(
                "portcullis check --host none --base main",
                "Judge the branch that you are on, without a host.",
            ),
            line("portcullis check", "Judge the change request of this CI job."),
        ],
    ),
    (
        "check",
        &[
            line(
                "portcullis check --host none --base main --head topic",
                "Judge a branch by what git knows.",
            ),
            line(
                "portcullis check --format terminal --format sarif=gate.sarif",
                "In a CI job: for people and for code scanning.",
            ),
            line(
                "portcullis check --environment production --head v2 --record",
                "Before a deployment; an allowed one is recorded.",
            ),
            line(
                "portcullis check --evidence out/upload.json --seal sealed.json",
                "With statements of test runs; keep everything it was decided from.",
            ),
        ],
    ),
    (
        "audit",
        &[
            line(
                "portcullis audit --since 2026-01-01 --until 2026-03-31",
                "Every landing and deployment of a quarter.",
            ),
            line("portcullis audit v1..v2 --pack out", "Of a release; and write the evidence as a pack."),
        ],
    ),
    (
        "facts",
        &[line("portcullis facts -o facts.json --request 7", "Ask git and the host, and judge nothing.")],
    ),
    (
        "facts check",
        &[line("portcullis facts check facts.json", "Say whether the file holds what a judgement needs.")],
    ),
    (
        "approve",
        &[
            line(
                "portcullis approve origin/topic --onto origin/main",
                "Say with your key that the commit may land.",
            ),
            line("portcullis approve topic --onto main --reject", "Say that it may not."),
        ],
    ),
    (
        "reviews list",
        &[line("portcullis reviews list --onto main", "Reviews of what would land on a branch.")],
    ),
    (
        "reviews verify",
        &[line("portcullis reviews verify --onto main topic", "Verify every signature and chain.")],
    ),
    (
        "decide",
        &[line(
            "portcullis decide --facts facts.json --policy portcullis.toml",
            "Judge gathered facts again.",
        )],
    ),
    (
        "explain",
        &[
            line("portcullis explain required-reviews", "What a control requires, and why."),
            line(
                "portcullis explain services/upload/load.sql",
                "Which area a path belongs to, by which line.",
            ),
            line("portcullis explain HEAD", "How a commit landed."),
        ],
    ),
    (
        "policy check",
        &[line("portcullis policy check", "List every mistake of portcullis.toml with its line.")],
    ),
    (
        "policy waiver",
        &[line(
            "portcullis policy waiver W-12 > W-12",
            "Print what the person who approves the waiver signs.",
        )],
    ),
    (
        "policy procedure",
        &[
            line("portcullis policy procedure -o docs/PROCEDURE.md", "Write the policy as a page for staff."),
            line(
                "portcullis policy procedure --check docs/PROCEDURE.md",
                "Does the page say what the policy says?",
            ),
        ],
    ),
    (
        "policy acknowledgements",
        &[line(
            "portcullis policy acknowledgements --list read.csv",
            "Who has read the procedure that is in force.",
        )],
    ),
    ("policy init", &[line("portcullis policy init", "Write a commented policy to start from.")]),
    (
        "people check",
        &[line("portcullis people check --within 60d", "Whose training ends in the next sixty days.")],
    ),
    (
        "people import csv",
        &[line(
            "portcullis people import csv done.csv --mapping moodle.toml --update",
            "Add what a learning system exported.",
        )],
    ),
    (
        "people import open-badge",
        &[line(
            "portcullis people import open-badge badge.jwt --dry-run",
            "Verify a badge, and show what would be added.",
        )],
    ),
    (
        "people import xapi",
        &[line(
            "portcullis people import xapi statements.json --dry-run",
            "Show what statements of a learning record store would add.",
        )],
    ),
    (
        "reconcile extract",
        &[line(
            "portcullis reconcile extract nominal --side source -o source",
            "Read the sender's records into a manifest.",
        )],
    ),
    (
        "reconcile compare",
        &[line(
            "portcullis reconcile compare source target --record",
            "Say what did not arrive, and keep the run.",
        )],
    ),
    (
        "reconcile run",
        &[line(
            "portcullis reconcile run nominal --key-file dataset.key",
            "Read both sides and compare them.",
        )],
    ),
    (
        "reconcile judge",
        &[line(
            "portcullis reconcile judge source target --run 3",
            "Compare kept manifests again, and compare the result.",
        )],
    ),
    (
        "reconcile explain",
        &[line("portcullis reconcile explain nominal --key id=N2", "Show one record as both sides have it.")],
    ),
    ("reconcile list", &[line("portcullis reconcile list", "The runs of every dataset.")]),
    (
        "reconcile show",
        &[line("portcullis reconcile show nominal", "The newest run: classes, and what is open.")],
    ),
    (
        "reconcile verify",
        &[line("portcullis reconcile verify nominal --at-least 3", "Verify the chain of runs.")],
    ),
    (
        "reconcile plan",
        &[line(
            "portcullis reconcile plan source target --engine spark --output plan",
            "Write the comparison for a cluster.",
        )],
    ),
    (
        "reconcile start",
        &[line(
            "portcullis reconcile start plan --output answer -- --master yarn",
            "Run it with your own Spark.",
        )],
    ),
    (
        "reconcile bucket",
        &[line(
            "portcullis reconcile bucket source target --plan plan --bucket 0 --output b",
            "Compare one part of it here.",
        )],
    ),
    (
        "reconcile combine",
        &[line(
            "portcullis reconcile combine source target --plan plan --engine-result out",
            "Accept the answers of all parts.",
        )],
    ),
    (
        "reconcile exchange begin",
        &[line(
            "portcullis reconcile exchange begin source --output 0.json",
            "Write the first message to a partner.",
        )],
    ),
    (
        "reconcile exchange answer",
        &[line(
            "portcullis reconcile exchange answer target 0.json --output 1.json",
            "Answer a message of the partner.",
        )],
    ),
    (
        "reconcile exchange show",
        &[line("portcullis reconcile exchange show 1.json", "Say what a message tells.")],
    ),
    ("record list", &[line("portcullis record list", "The records of every environment.")]),
    (
        "record show",
        &[line("portcullis record show production 1", "What was decided, by which policy, and why.")],
    ),
    (
        "record verify",
        &[line(
            "portcullis record verify production --deployed v2",
            "Verify the chain, and what is deployed now.",
        )],
    ),
    (
        "record anchor",
        &[line(
            "portcullis record anchor -o anchor.json",
            "Write down the newest of each chain, to keep elsewhere.",
        )],
    ),
    (
        "replay",
        &[
            line("portcullis replay sealed.json", "Take a sealed decision again."),
            line(
                "portcullis replay production#1 --policy stricter.toml",
                "What would another policy have said of a record?",
            ),
        ],
    ),
    (
        "snapshot",
        &[line("portcullis snapshot --push origin", "In a nightly job: keep what protects the branches.")],
    ),
    ("snapshot list", &[line("portcullis snapshot list main", "The snapshots of a branch.")]),
    ("snapshot verify", &[line("portcullis snapshot verify", "Verify every chain of snapshots.")]),
    (
        "incident begin",
        &[line("portcullis incident begin", "Begin the register, before there is an incident.")],
    ),
    (
        "incident open",
        &[line(
            "portcullis incident open --dataset nominals --aware-at 2026-03-02T10:00:00Z",
            "All clocks begin at this moment.",
        )],
    ),
    ("incident list", &[line("portcullis incident list", "Every incident.")]),
    ("incident show", &[line("portcullis incident show 2", "Everything that is known of one.")]),
    (
        "incident note",
        &[line("portcullis incident note 2 \"The upload was stopped.\"", "Add what became known.")],
    ),
    (
        "incident notify",
        &[line("portcullis incident notify 2 --party forces --draft -o letter.txt", "Draft a notice.")],
    ),
    (
        "incident close",
        &[line(
            "portcullis incident close 2 --as resolved --reason \"Sent again.\"",
            "Close it, where no notice is owed.",
        )],
    ),
    (
        "incident status",
        &[line("portcullis incident status", "Which notices are due, and which are overdue.")],
    ),
    ("incident verify", &[line("portcullis incident verify --at-least 5", "Verify the register.")]),
    (
        "due",
        &[
            line("portcullis due", "Everything that should have happened and did not."),
            line(
                "portcullis due --within 7d --ical due.ics",
                "And what comes in the next week, as a calendar.",
            ),
        ],
    ),
    ("init", &[line("portcullis init --dry-run", "What it would propose, with the evidence of each line.")]),
    (
        "rehearse",
        &[line("portcullis rehearse --last 100", "What would this policy have said of the last landings?")],
    ),
    ("policy test", &[line("portcullis policy test", "Judge the cases beside the policy.")]),
    (
        "policy explain-decision",
        &[line("portcullis policy explain-decision sealed.json", "Why did a decision come out so?")],
    ),
    (
        "simulate",
        &[line(
            "portcullis simulate sealed.json --suite upload-regression",
            "What if the suite had passed? Nothing is decided.",
        )],
    ),
    (
        "remedy",
        &[line(
            "portcullis remedy --host github --repository OWNER/NAME",
            "What has to change on the host, as its own calls.",
        )],
    ),
    ("status", &[line("portcullis status production", "What is deployed, what waits, and what blocks it.")]),
    (
        "evidence record",
        &[line(
            "portcullis evidence record --suite upload --report out.xml -- ./run-suite",
            "Run a suite, and bind its report to the tree.",
        )],
    ),
    (
        "evidence diff",
        &[line("portcullis evidence diff HEAD out/upload.json", "Which tests came, went or changed.")],
    ),
    (
        "evidence sign",
        &[line("portcullis evidence sign --key key -o out/signed.json out/upload.json", "Sign statements.")],
    ),
    (
        "evidence verify",
        &[line(
            "portcullis evidence verify --signers allowed_signers out/signed.json",
            "Say who signed them.",
        )],
    ),
    ("evidence list", &[line("portcullis evidence list vsa.json", "What other programs say of a commit.")]),
    (
        "pack verify",
        &[line(
            "portcullis pack verify out --repo . --signers allowed_signers",
            "Verify everything that a pack says.",
        )],
    ),
    ("pack reveal", &[line("portcullis pack reveal --key pack.key P-4f1c", "Map a pseudonym back.")]),
    (
        "signature make",
        &[line(
            "portcullis signature make sealed.json --key ~/.ssh/id_ed25519",
            "Sign a file, into sealed.json.sig.",
        )],
    ),
    (
        "signature verify",
        &[line("portcullis signature verify sealed.json --signers allowed_signers", "Say who signed it.")],
    ),
    (
        "hook pre-receive",
        &[line("portcullis hook pre-receive", "In the hook of a server; git hands over the refs.")],
    ),
    (
        "hook update",
        &[line(
            "portcullis hook update refs/heads/main OLD NEW",
            "In the hook `update` of a server: one ref.",
        )],
    ),
    (
        "hook post-receive",
        &[line("portcullis hook post-receive", "In the hook of a server, after the push.")],
    ),
    (
        "hook install",
        &[line("portcullis hook install --repository /srv/git/upload.git", "Write hooks and settings.")],
    ),
    (
        "hook check",
        &[line("portcullis hook check --repository /srv/git/upload.git", "Say what of them still holds.")],
    ),
    ("drill", &[line("portcullis drill", "On which day would our policy have found what went wrong?")]),
    ("schema", &[line("portcullis schema decision", "The JSON Schema of a decision.")]),
    (
        "completions",
        &[
            line("portcullis completions bash > portcullis.bash", "Then source the file in ~/.bashrc."),
            line("portcullis completions zsh > _portcullis", "Into a directory of $fpath."),
        ],
    ),
    (
        "man",
        &[
            line("portcullis man policy check | man -l -", "Read one page."),
            line("portcullis man --dir /usr/local/share/man/man1", "Write every page where `man` finds it."),
        ],
    ),
    (
        "demo",
        &[
            line("portcullis demo", "A handful of changes, each with its verdict."),
            line("portcullis demo --show hidden-bypass-list", "One verdict in full."),
            line("portcullis demo --pack out", "A year of them, as a pack for an auditor."),
        ],
    ),
];
