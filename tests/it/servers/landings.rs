//! What lands after a review, and what does not: the same on sshd and on gitolite.

use super::gitolite::Gitolite;
use super::scenario::{FILE, POLICY, Scenario};
use super::sshd::Sshd;

/// Tells a story on each server that is installed.
fn on_each_server(story: fn(&Scenario)) {
    for (name, begin) in
        [("sshd", Sshd::scenario as fn() -> Option<Scenario>), ("gitolite", Gitolite::scenario)]
    {
        if let Some(scenario) = begin() {
            println!("on {name}");
            story(&scenario);
        }
    }
}

const ORDERED: &str = "INSERT INTO records SELECT * FROM staging ORDER BY id;\n";

#[test]
fn a_review_by_the_other_lets_it_land() {
    on_each_server(|scenario| {
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.land(&commit).expect_refused("broken required-reviews");
        scenario.kim.review(&*scenario.server, &commit, "main", &[]);
        scenario.land(&commit).expect_refused("required-reviews");
        scenario.robin.approve(&*scenario.server, &commit);
        scenario.land(&commit).expect_taken();
        assert_eq!(scenario.on_server("refs/heads/main"), commit);
    });
}

/// Landing what another person pushed before is no part in it; pushing a commit that no one else did is.
#[test]
fn a_reviewer_lands_what_was_approved_and_brings_nothing_along() {
    on_each_server(|scenario| {
        let (robin, server) = (&scenario.robin, &*scenario.server);
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(server, &commit);
        let kim = ["-c", "user.name=kim", "-c", "user.email=kim@example.test"];
        robin.git(server, &["checkout", "-q", "-B", "work", &commit]);
        std::fs::write(robin.clone_directory().join(FILE), "DELETE FROM records;\n").unwrap();
        let as_kim = [&kim[..], &["commit", "-q", "-a", "-m", "More"]].concat();
        robin.git(server, &as_kim);
        let own = robin.git(server, &["rev-parse", "HEAD"]);
        robin.push(server, &["origin", &format!("{own}:refs/heads/more")]).expect_taken();
        robin.approve(server, &own);
        robin.push(server, &["origin", &format!("{own}:refs/heads/main")]).expect_refused("required-reviews");
        robin.approve(server, &commit);
        robin.push(server, &["origin", &format!("{commit}:refs/heads/main")]).expect_taken();
    });
}

#[test]
fn a_late_commit_is_refused() {
    on_each_server(|scenario| {
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(&*scenario.server, &commit);
        let late =
            scenario.kim.commit(&*scenario.server, "One more thing", &[(FILE, "DELETE FROM records;\n")]);
        scenario.land(&late).expect_refused("required-reviews");
        scenario.land(&commit).expect_taken();
    });
}

#[test]
fn a_withdrawn_approval_is_refused() {
    on_each_server(|scenario| {
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(&*scenario.server, &commit);
        scenario.robin.review(&*scenario.server, &commit, "main", &["--withdraw"]).expect_taken();
        scenario.land(&commit).expect_refused("required-reviews");
        scenario.robin.approve(&*scenario.server, &commit);
        scenario.land(&commit).expect_taken();
    });
}

/// Robin's key has two names in the list, and each has a chain.
#[test]
fn an_approval_that_was_withdrawn_under_another_name_is_refused() {
    on_each_server(|scenario| {
        let (robin, server) = (&scenario.robin, &*scenario.server);
        let commit = scenario.topic("load-in-order", ORDERED);
        robin.approve(server, &commit);
        let address = robin.address();
        let arguments = ["approve", &commit, "--onto", "origin/main", "--yes", "--push", "origin"];
        let as_address = |more: &[&str]| {
            robin.git(server, &["fetch", "-q", "origin"]);
            robin.portcullis(server, &[&arguments[..], &["--reviewer", &address], more].concat())
        };
        as_address(&["--withdraw"]).expect_taken();
        scenario.land(&commit).expect_refused("required-reviews");
        as_address(&[]).expect_taken();
        scenario.land(&commit).expect_taken();
    });
}

/// A squash has another commit than the approved one, so the approved one can be squashed again.
#[test]
fn what_was_taken_back_does_not_land_again_by_the_old_review() {
    on_each_server(|scenario| {
        let (kim, robin, server) = (&scenario.kim, &scenario.robin, &*scenario.server);
        let head = scenario.topic("load-in-order", ORDERED);
        robin.approve(server, &head);
        let squash = |message: &str| {
            kim.update(server, "origin/main");
            kim.git(server, &["merge", "-q", "--squash", &head]);
            kim.commit(server, message, &[])
        };
        scenario.land(&squash("In order")).expect_taken();
        kim.git(server, &["revert", "--no-edit", "HEAD"]);
        let back = kim.git(server, &["rev-parse", "HEAD"]);
        kim.push(server, &["origin", "HEAD:refs/heads/back"]).expect_taken();
        robin.approve(server, &back);
        scenario.land(&back).expect_taken();
        let again = squash("Again");
        scenario.land(&again).expect_refused("required-reviews");
        kim.push(server, &["origin", "HEAD:refs/heads/again"]).expect_taken();
        robin.approve(server, &again);
        scenario.land(&again).expect_taken();
    });
}

/// Kim pushes it below another commit, in Robin's name, and approves it; Robin lands it.
#[test]
fn a_commit_that_no_push_ended_at_has_no_known_pusher() {
    on_each_server(|scenario| {
        let (kim, robin, server) = (&scenario.kim, &scenario.robin, &*scenario.server);
        kim.update(server, "origin/main");
        std::fs::write(kim.clone_directory().join(FILE), ORDERED).unwrap();
        let as_robin = ["-c", "user.name=robin", "-c", "user.email=robin@example.test"];
        kim.git(server, &[&as_robin[..], &["commit", "-q", "-a", "-m", "In order"]].concat());
        let hidden = kim.git(server, &["rev-parse", "HEAD"]);
        kim.commit(server, "On top", &[]);
        kim.push(server, &["origin", "HEAD:refs/heads/topic"]).expect_taken();
        kim.approve(server, &hidden);
        robin.git(server, &["fetch", "-q", "origin"]);
        let land = |commit: &str| robin.push(server, &["origin", &format!("{commit}:refs/heads/main")]);
        land(&hidden).expect_refused("has no push of");
        // The twin: a commit that Robin brings now, and Kim approves.
        robin.update(server, "origin/main");
        let own = robin.commit(server, "Mine", &[(FILE, ORDERED)]);
        robin.push(server, &["origin", &format!("{own}:refs/heads/own")]).expect_taken();
        kim.approve(server, &own);
        land(&own).expect_taken();
    });
}

/// The policy names it only afterwards, and no one judged what it holds by then.
#[test]
fn a_branch_of_unjudged_commits_does_not_become_a_deployment_branch() {
    on_each_server(|scenario| {
        let (kim, server) = (&scenario.kim, &*scenario.server);
        let commit = scenario.topic("hotfix/1", ORDERED);
        let naming = POLICY.replace("\"release/*\"", "\"release/*\", \"hotfix/*\"");
        let name_it = |topic: &str| {
            kim.update(server, "origin/main");
            let named = kim.commit(server, "Name hotfixes", &[("portcullis.toml", &naming)]);
            kim.push(server, &["origin", &format!("HEAD:refs/heads/{topic}")]).expect_taken();
            scenario.robin.approve(server, &named);
            scenario.land(&named)
        };
        name_it("early").expect_refused("hotfix/1 would become a deployment branch");
        scenario.robin.approve(server, &commit);
        scenario.land(&commit).expect_taken();
        name_it("late").expect_taken();
    });
}

/// Kim takes Robin's statement for a chain of her own.
#[test]
fn a_copied_statement_is_refused() {
    on_each_server(|scenario| {
        let first = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(&*scenario.server, &first);
        scenario.kim.git(&*scenario.server, &["fetch", "-q", "origin"]);
        let pushed = scenario.kim.push(
            &*scenario.server,
            &["origin", "refs/portcullis/reviews/robin:refs/portcullis/reviews/kim"],
        );
        pushed.expect_refused("refs/portcullis/reviews/kim is refused");
        scenario.land(&first).expect_taken();
    });
}

#[test]
fn a_statement_for_another_branch_is_refused() {
    on_each_server(|scenario| {
        let release = format!("{}:refs/heads/release/1", scenario.base);
        scenario.kim.push(&*scenario.server, &["origin", &release]).expect_taken();
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.review(&*scenario.server, &commit, "release/1", &[]).expect_taken();
        scenario.land(&commit).expect_refused("required-reviews");
        scenario
            .kim
            .push(&*scenario.server, &["origin", &format!("{commit}:refs/heads/release/1")])
            .expect_taken();
    });
}

/// Robin approves and withdraws; then the chain is set back to the approval.
#[test]
fn a_cut_chain_is_refused() {
    on_each_server(|scenario| {
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(&*scenario.server, &commit);
        scenario.robin.review(&*scenario.server, &commit, "main", &["--withdraw"]).expect_taken();
        let chain = "refs/portcullis/reviews/robin";
        for person in [&scenario.robin, &scenario.kim] {
            person.git(&*scenario.server, &["fetch", "-q", "origin"]);
            let cut = person.push(&*scenario.server, &["-f", "origin", &format!("{chain}~1:{chain}")]);
            assert!(!cut.taken, "{}", cut.text);
            let gone = person.push(&*scenario.server, &["origin", &format!(":{chain}")]);
            assert!(!gone.taken, "{}", gone.text);
        }
        scenario.land(&commit).expect_refused("required-reviews");
    });
}

/// The list of signers on the branch says until when a key counts.
#[test]
fn a_retired_key_is_refused() {
    on_each_server(|scenario| {
        let retired = scenario.robin.signer("valid-before=\"20260101Z\" ");
        let signers = [scenario.kim.signer(""), retired].concat();
        scenario.kim.update(&*scenario.server, "origin/main");
        let list = ".portcullis/allowed_signers";
        let retiring = scenario.kim.commit(&*scenario.server, "Robin leaves", &[(list, &signers)]);
        scenario.kim.push(&*scenario.server, &["origin", "HEAD:refs/heads/signers"]).expect_taken();
        scenario.robin.approve(&*scenario.server, &retiring);
        scenario.land(&retiring).expect_taken();
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.review(&*scenario.server, &commit, "main", &[]);
        scenario.land(&commit).expect_refused("required-reviews");
    });
}

#[test]
fn records_cannot_be_rewound() {
    on_each_server(|scenario| {
        let (kim, server) = (&scenario.kim, &*scenario.server);
        let first = kim.commit(server, "one", &[("record.json", "1")]);
        let second = kim.commit(server, "two", &[("record.json", "2")]);
        let snapshots = "refs/portcullis/snapshots/release+2f1";
        let snap = |from: &str| kim.push(server, &["-f", "origin", &format!("{from}:{snapshots}")]);
        snap(&second).expect_taken();
        snap(&first).expect_refused("may only grow");
        snap("").expect_refused("may not be deleted");
        let chain = "refs/portcullis/deployments/production";
        let push = |from: &str| kim.push(server, &["-f", "origin", &format!("{from}:{chain}")]);
        push(&second).expect_taken();
        push(&first).expect_refused("may only grow");
        push("").expect_refused("may not be deleted");
        // A merge that keeps the old tip as a side leaves it out of the chain.
        let tree = kim.git(server, &["rev-parse", "HEAD^{tree}"]);
        let beside = kim.git(server, &["commit-tree", "-p", &first, "-p", &second, "-m", "beside", &tree]);
        push(&beside).expect_refused("may only grow");
        for reference in ["refs/portcullis/pushes", "refs/portcullis/server"] {
            let written = kim.push(server, &["-f", "origin", &format!("{first}:{reference}")]);
            written.expect_refused("is written by the hook of the server alone");
        }
        let third = kim.commit_on(server, &second, "three");
        push(&third).expect_taken();
    });
}

#[test]
fn merges_and_squashes_land_by_their_reviewed_head() {
    on_each_server(|scenario| {
        let (kim, server) = (&scenario.kim, &*scenario.server);
        let commit = scenario.topic("load-in-order", ORDERED);
        scenario.robin.approve(server, &commit);
        kim.update(server, "origin/main");
        kim.git(server, &["merge", "-q", "--no-ff", "-m", "Merge", &commit]);
        let merge = kim.git(server, &["rev-parse", "HEAD"]);
        // An evil merge first: it brings a line that no one has seen.
        kim.commit(server, "evil", &[(FILE, "DROP TABLE records;\n")]);
        let tree = kim.git(server, &["rev-parse", "HEAD^{tree}"]);
        let evil =
            kim.git(server, &["commit-tree", "-p", &scenario.base, "-p", &commit, "-m", "Merge", &tree]);
        scenario.land(&evil).expect_refused("changes something of its own");
        scenario.land(&merge).expect_taken();
        // A squash of two commits, of which the second was approved.
        kim.update(server, "origin/main");
        kim.commit(server, "first", &[("services/upload/a.sql", "SELECT 1;\n")]);
        let head = kim.commit(server, "second", &[("services/upload/b.sql", "SELECT 2;\n")]);
        kim.push(server, &["origin", &format!("{head}:refs/heads/two")]).expect_taken();
        scenario.robin.approve(server, &head);
        kim.update(server, "origin/main");
        kim.git(server, &["merge", "-q", "--squash", &head]);
        let squash = kim.commit(server, "Both", &[]);
        let other = kim.commit_on_with(server, &merge, "Both, and more", (FILE, "DROP TABLE records;\n"));
        scenario.land(&other).expect_refused("required-reviews");
        scenario.land(&squash).expect_taken();
    });
}

/// No host says who may write: signers are asked for.
#[test]
fn the_remedy_on_a_server_names_the_allowed_signers() {
    on_each_server(|scenario| {
        let commit = scenario.topic("load-in-order", "INSERT INTO records SELECT 1;\n");
        let refused = scenario.land(&commit);
        refused.expect_refused("Ask 1 more person of the allowed signers who took no part in the change");
        assert!(!refused.text.contains("write access"), "{}", refused.text);
        scenario.robin.approve(&*scenario.server, &commit);
        scenario.land(&commit).expect_taken();
    });
}

/// Two squashes in one push: each is a change that was reviewed.
#[test]
fn two_squashes_of_one_push_land_where_both_were_reviewed() {
    on_each_server(|scenario| {
        let (kim, server) = (&scenario.kim, &*scenario.server);
        let topic = |name: &str| {
            kim.update(server, &scenario.base);
            let head = kim.commit(server, name, &[(&format!("services/upload/{name}.sql"), "SELECT 1;\n")]);
            kim.push(server, &["origin", &format!("HEAD:refs/heads/{name}")]).expect_taken();
            head
        };
        let [one, two] = ["one", "two"].map(topic);
        scenario.robin.approve(server, &one);
        let squashed = |between: bool| {
            kim.update(server, &scenario.base);
            kim.git(server, &["merge", "-q", "--squash", &one]);
            kim.commit(server, "Squash one", &[]);
            if between {
                kim.commit(server, "Straight in", &[("services/upload/other.sql", "DELETE FROM records;\n")]);
            }
            kim.git(server, &["merge", "-q", "--squash", &two]);
            kim.commit(server, "Squash two", &[])
        };
        let both = squashed(false);
        scenario.land(&both).expect_refused("broken required-reviews");
        scenario.robin.approve(server, &two);
        scenario.land(&squashed(true)).expect_refused("unproven required-reviews");
        scenario.land(&both).expect_taken();
    });
}
