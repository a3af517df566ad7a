//! Painting against what is reached, on histories that say what they like of their dates.

use super::*;
use crate::graph::prefetch::prefetch_pair;
use crate::tests::fixture::Fixture;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Commits by number, each with the numbers of its parents and with its date.
fn history(fixture: &Fixture, commits: &[(Vec<usize>, i64)]) -> Vec<Oid> {
    let tree = fixture.tree(&fixture.files(&[]));
    let mut ids = Vec::new();
    for (number, (parents, date)) in commits.iter().enumerate() {
        let parents: Vec<Oid> = parents.iter().map(|parent| ids[*parent]).collect();
        let headers = format!(
            "author Robin Example <robin@example.test> {date} +0000\n\
             committer Robin Example <robin@example.test> {date} +0000\n"
        );
        ids.push(fixture.raw_commit(tree, &parents, &headers, &number.to_string()));
    }
    ids
}

/// What each commit reaches, itself among it.
fn reached(commits: &[(Vec<usize>, i64)]) -> Vec<BTreeSet<usize>> {
    let mut all: Vec<BTreeSet<usize>> = Vec::new();
    for (number, (parents, _)) in commits.iter().enumerate() {
        let below = parents.iter().flat_map(|parent| all[*parent].clone());
        all.push(below.chain([number]).collect());
    }
    all
}

/// A long branch, another root that was merged into it lately, and a request that stands on that
/// root: the last four commits are root, merge, branch and request. The root says this date.
fn joined(length: usize, date: i64) -> Vec<(Vec<usize>, i64)> {
    let line = |at: usize| (at.checked_sub(1).into_iter().collect(), at as i64);
    let mut commits: Vec<(Vec<usize>, i64)> = (0..length).map(line).collect();
    let now = length as i64;
    commits.push((vec![], date));
    commits.push((vec![length - 1, length], now + 1));
    commits.push((vec![length + 1], now + 2));
    commits.push((vec![length], now + 3));
    commits
}

#[test]
fn a_history_that_was_read_once_is_not_painted_to_its_end_again() {
    let (fixture, commits) = (Fixture::new(), joined(300, 300));
    let ids = history(&fixture, &commits);
    let opened = fixture.open();
    let objects = opened.trusted_objects().unwrap();
    let mut graph = Graph::new(&objects);
    let [root, _, branch, request] = ids[300..] else { panic!("four") };
    assert_eq!(graph.near_merge_bases(&[branch], request, 200), Ok(None));
    assert_eq!(graph.merge_bases(&[branch], request), Ok(vec![root]));
    assert_eq!(graph.near_merge_bases(&[branch], request, 70), Ok(Some(vec![root])));
}

#[test]
fn a_false_date_ends_nothing_too_soon() {
    for date in [-1, 150, 1_000_000] {
        let (fixture, commits) = (Fixture::new(), joined(300, date));
        let ids = history(&fixture, &commits);
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let mut graph = Graph::new(&objects);
        let [root, _, branch, request] = ids[300..] else { panic!("four") };
        for _ in 0..3 {
            assert_eq!(graph.merge_bases(&[branch], request), Ok(vec![root]), "{date}");
            assert_eq!(graph.is_reached(root, &[branch]), Ok(true), "{date}");
            assert_eq!(graph.is_reached(request, &[branch]), Ok(false), "{date}");
            assert_eq!(graph.is_reached(ids[0], &[request]), Ok(false), "{date}");
        }
    }
}

/// What a false date could hide from painting is searched where it could be, and costs nothing
/// elsewhere.
#[test]
fn only_a_range_that_is_left_in_two_ways_is_searched_from_below() {
    // 0 ─ 1 ─ 2 ─ 3 ─ … the branch; a request from it, of which the last merges an older commit.
    let line = |at: usize| (at.checked_sub(1).into_iter().collect::<Vec<usize>>(), at as i64);
    let mut commits: Vec<(Vec<usize>, i64)> = (0..400).map(line).collect();
    commits.push((vec![300], 1_000));
    commits.push((vec![400], 1_001));
    commits.push((vec![401, 200], 1_002));
    let fixture = Fixture::new();
    let ids = history(&fixture, &commits);
    let opened = fixture.open();
    let objects = opened.trusted_objects().unwrap();
    let read = |head: usize| {
        let mut graph = Graph::new(&objects);
        let relation = graph.relate(ids[399], ids[head]).unwrap();
        (relation.merge_bases, relation.range.len(), graph.nodes.len())
    };
    assert_eq!(read(401), (vec![ids[300]], 2, 103));
    assert_eq!(read(402), (vec![ids[300]], 3, 203 + paint::SLACK));
}

#[test]
fn the_helper_reads_what_comes_soon_and_nobody_reads_it_again() {
    // Forty roots, and a commit that merges them all.
    let mut commits: Vec<(Vec<usize>, i64)> = (0..40).map(|at| (vec![], at)).collect();
    commits.push(((0..40).collect(), 100));
    let fixture = Fixture::new();
    let ids = history(&fixture, &commits);
    let opened = fixture.open();
    let [here, there] = [(); 2].map(|()| opened.trusted_objects().unwrap());
    let (prefetch, helper) = prefetch_pair();
    std::thread::scope(|scope| {
        scope.spawn(move || helper.run(&there));
        assert!(prefetch.header_if_here(&here, ids[40]).unwrap().is_some());
        prefetch.call([], []);
        while prefetch.waiting() < 40 - prefetch::LEAVE {
            std::thread::yield_now();
        }
        ids.iter().for_each(|id| fixture.remove(*id));
        let is_here = |id: &&Oid| prefetch.header_if_here(&here, **id).unwrap().is_some();
        assert_eq!(ids[..40].iter().filter(is_here).count(), 40 - prefetch::LEAVE);
        drop(prefetch);
    });
}

fn commits() -> impl Strategy<Value = Vec<(Vec<usize>, i64)>> {
    let commit =
        (proptest::collection::vec(1_usize..12, 1..3), prop_oneof![4 => Just(0), 1 => -300_i64..300]);
    proptest::collection::vec(commit, 90..140).prop_map(|commits| {
        let place = |(number, (back, lie)): (usize, (Vec<usize>, i64))| {
            let parents: BTreeSet<usize> = back.iter().filter_map(|back| number.checked_sub(*back)).collect();
            (parents.into_iter().collect(), number as i64 + lie)
        };
        commits.into_iter().enumerate().map(place).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was read before, and whatever the dates are.
    #[test]
    fn ancestors_are_those_that_are_reached(commits in commits(), pairs in proptest::collection::vec((0_usize..140, 0_usize..140), 1..8)) {
        let fixture = Fixture::new();
        let (ids, reached) = (history(&fixture, &commits), reached(&commits));
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let mut graph = Graph::new(&objects);
        let ((prefetch, helper), there) = (prefetch_pair(), opened.trusted_objects().unwrap());
        let mut alone = Graph::new(&objects);
        let pairs: Vec<_> = pairs.iter().map(|(base, head)| (base % ids.len(), head % ids.len())).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || helper.run(&there));
            let mut helped = Graph::helped(&objects, prefetch);
            for (number, (base, head)) in pairs.iter().enumerate() {
                if number > 0 {
                    helped.call_help();
                }
                let both = [&mut alone, &mut helped].map(|graph| graph.relate(ids[*base], ids[*head]).unwrap());
                prop_assert_eq!(&both[0], &both[1]);
            }
            Ok(())
        })?;
        for (base, head) in pairs {
            prop_assert_eq!(graph.is_reached(ids[head], &[ids[base]]).unwrap(), reached[base].contains(&head));
            let common: BTreeSet<usize> = reached[base].intersection(&reached[head]).copied().collect();
            let best = common.iter().filter(|one| !common.iter().any(|other| other != *one && reached[*other].contains(one)));
            let best: BTreeSet<Oid> = best.map(|number| ids[*number]).collect();
            let found: BTreeSet<Oid> = graph.merge_bases(&[ids[base]], ids[head]).unwrap().into_iter().collect();
            prop_assert!(found.is_superset(&best));
            prop_assert!(found.iter().all(|id| common.iter().any(|number| ids[*number] == *id)));
            let relation = graph.relate(ids[base], ids[head]).unwrap();
            let only: BTreeSet<Oid> = reached[head].difference(&reached[base]).map(|number| ids[*number]).collect();
            let range: BTreeSet<Oid> = relation.range.iter().copied().collect();
            prop_assert!(range.is_superset(&only));
            let is_bottom = |(parents, _): &(Vec<usize>, i64)| parents.is_empty() || parents.iter().any(|parent| !range.contains(&ids[*parent]));
            let bottoms = (0..ids.len()).filter(|number| range.contains(&ids[*number]) && is_bottom(&commits[*number]));
            if bottoms.count() == 1 || reached[base].contains(&head) {
                prop_assert_eq!(range, only);
            }
            prop_assert_eq!(relation.merge_bases.into_iter().collect::<BTreeSet<_>>(), best);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Where a commit came onto a first-parent line, and how far another history goes along with
    /// it.
    #[test]
    fn a_line_is_found_by_halving_whatever_the_dates_are(
        commits in commits(),
        asked in proptest::collection::vec((0_usize..140, 0_usize..140), 1..12),
    ) {
        let fixture = Fixture::new();
        let (ids, reached) = (history(&fixture, &commits), reached(&commits));
        let opened = fixture.open();
        let objects = opened.trusted_objects().unwrap();
        let mut graph = Graph::new(&objects);
        for (tip, other) in asked {
            let (tip, other) = (tip % ids.len(), other % ids.len());
            let line: Vec<usize> = std::iter::successors(Some(tip), |at| commits[*at].0.first().copied()).collect();
            let fork = line.iter().find(|at| reached[other].contains(at)).map(|at| ids[*at]);
            let found = graph.fork(ids[tip], &[ids[other]]).unwrap();
            let are_true = commits.iter().all(|(parents, date)| parents.iter().all(|parent| commits[*parent].1 <= *date));
            prop_assert!(found == fork || found.is_none() && !are_true);
            let with = line.iter().rposition(|at| reached[*at].contains(&other));
            let arrival = with.map(|place| (ids[line[place]], line.get(place + 1).map(|at| ids[*at])));
            let found = graph.arrival(ids[tip], ids[other]).unwrap();
            if let Some(first_parents::Arrival { after: Some(after), bases, .. }) = &found {
                prop_assert_eq!(bases, &graph.merge_bases(&[*after], ids[other]).unwrap());
            }
            prop_assert_eq!(found.map(|found| (found.with, found.after)), arrival);
            if graph.is_on_line(ids[tip], ids[other]).unwrap() {
                prop_assert!(line.contains(&other));
            }
        }
    }
}
