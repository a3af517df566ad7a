//! From files to the few globs that name them, and few others.

use crate::listing::{FileListing, folder_of, name_of};
use portcullis_pattern::glob::{Glob, escape_text};
use std::collections::{BTreeMap, BTreeSet};

/// Of the code below a folder, how much must have shown the tool for the folder to be named:
/// sixths.
const MOST: usize = 4;
/// How much of it, and how much for a folder that takes in several that are named already; what is
/// tried next where that gives too many globs.
const SHARES: [(usize, usize); 3] = [(MOST, 5), (3, 4), (3, 3)];
/// So many globs are few.
const FEW: usize = 12;
/// Folders or files of one name, from so many on, are named once for all.
const SEVERAL: usize = 3;
/// Files that are named one by one, for a tool.
const ONE_BY_ONE: usize = 25;

/// Files of a tool: how many, and one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoveredFiles {
    /// How many.
    pub files: usize,
    /// One of them; empty where there are none.
    pub example: String,
}

impl CoveredFiles {
    fn of(paths: &[&str]) -> Self {
        let example = paths.first().map(|path| path.to_string()).unwrap_or_default();
        CoveredFiles { files: paths.len(), example }
    }
}

/// A glob, and the files of the tool that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverGlob {
    /// The glob.
    pub glob: String,
    /// The files, sorted.
    pub files: Vec<String>,
}

/// Globs for the files that showed a tool, and what is left over.
pub fn cover_files(listing: &FileListing, matched: &BTreeSet<&str>) -> (Vec<CoverGlob>, CoveredFiles) {
    let coarser = SHARES.iter().map(|shares| cover_by_share(listing, matched, *shares));
    let mut best: Option<(Vec<CoverGlob>, CoveredFiles)> = None;
    for tried in coarser {
        let is_better = best.as_ref().is_none_or(|(globs, _)| tried.0.len() < globs.len());
        if is_better {
            best = Some(tried);
        }
        if best.as_ref().is_some_and(|(globs, left)| globs.len() <= FEW && left.files == 0) {
            break;
        }
    }
    best.unwrap_or_default()
}

fn cover_by_share(
    listing: &FileListing,
    matched: &BTreeSet<&str>,
    shares: (usize, usize),
) -> (Vec<CoverGlob>, CoveredFiles) {
    let folders = choose_folders(listing, matched, shares);
    let (below, rest): (Vec<&str>, Vec<&str>) =
        matched.iter().copied().partition(|path| chosen_above(&folders, path).is_some());
    let mut globs = name_folders(listing, &folders, &below, matched);
    let (by_name, rest) = name_files(listing, &rest);
    globs.extend(by_name);
    let (single, left) = rest.split_at(rest.len().min(ONE_BY_ONE));
    globs.extend(single.iter().map(|path| cover_glob(escape_text(path), &[*path])));
    globs.retain(|one| Glob::new(&one.glob).is_ok());
    (globs, CoveredFiles::of(left))
}

fn cover_glob(glob: String, files: &[&str]) -> CoverGlob {
    CoverGlob { glob, files: files.iter().map(|path| path.to_string()).collect() }
}

/// The folders above a path, the nearest first, without the root.
fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder_of(path)), |folder| Some(folder_of(folder)))
        .take_while(|one| !one.is_empty())
}

fn chosen_above<'f>(folders: &BTreeSet<&'f str>, path: &'f str) -> Option<&'f str> {
    folders_above(path).find(|folder| folders.contains(folder))
}

/// Folders of which most code showed the tool. One that takes in several of them has to be nearly
/// full of it.
fn choose_folders<'p>(
    listing: &FileListing,
    matched: &BTreeSet<&'p str>,
    shares: (usize, usize),
) -> BTreeSet<&'p str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    matched
        .iter()
        .flat_map(|path| folders_above(path))
        .for_each(|folder| *counts.entry(folder).or_default() += 1);
    let share = |folder: &str, sixths: usize| {
        let found = counts.get(folder).copied().unwrap_or(0);
        found > 0 && found * 6 >= listing.code_below(folder) * sixths
    };
    let mut chosen = BTreeSet::new();
    for path in matched {
        let mut best: Option<&str> = None;
        for folder in folders_above(path) {
            let grows = best.is_none_or(|best| counts.get(folder) > counts.get(best));
            let sixths = if best.is_some() { shares.1 } else { shares.0 };
            if grows && share(folder, sixths) && is_telling(folder) {
                best = Some(folder);
            }
        }
        chosen.extend(best);
    }
    chosen
}

/// A folder whose name says only that code is in it is not named: what comes there tomorrow may be
/// anything.
fn is_telling(folder: &str) -> bool {
    ![
        "src", "lib", "app", "apps", "cmd", "internal", "pkg", "main", "java", "kotlin", "python", "com",
        "org", "packages",
    ]
    .contains(&name_of(folder))
}

/// `FOLDER/**` for each, and `**/NAME/**` once for several of one name.
fn name_folders(
    listing: &FileListing,
    folders: &BTreeSet<&str>,
    below: &[&str],
    matched: &BTreeSet<&str>,
) -> Vec<CoverGlob> {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in below {
        if let Some(folder) = chosen_above(folders, path) {
            files.entry(folder).or_default().push(path);
        }
    }
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    files.keys().for_each(|folder| named.entry(name_of(folder)).or_default().push(folder));
    named.into_iter().flat_map(|(name, group)| name_group(listing, name, &group, &files, matched)).collect()
}

fn name_group(
    listing: &FileListing,
    name: &str,
    group: &[&str],
    files: &BTreeMap<&str, Vec<&str>>,
    matched: &BTreeSet<&str>,
) -> Vec<CoverGlob> {
    let of = |folder: &&str| files.get(*folder).cloned().unwrap_or_default();
    if group.len() >= SEVERAL
        && is_mostly(listing, matched, |path| folders_above(path).any(|one| name_of(one) == name))
    {
        let all: Vec<&str> = group.iter().flat_map(of).collect();
        return vec![cover_glob(format!("{}**/{}/**", common_folder(group), escape_text(name)), &all)];
    }
    group.iter().map(|folder| cover_glob(format!("{}/**", escape_text(folder)), &of(folder))).collect()
}

/// The folders that all of these are in, as the beginning of a glob.
fn common_folder(folders: &[&str]) -> String {
    let first = folders.first().copied().unwrap_or_default();
    let common =
        folders_above(first).find(|above| folders.iter().all(|one| one.starts_with(&format!("{above}/"))));
    common.map(|folder| format!("{}/", escape_text(folder))).unwrap_or_default()
}

/// Are most files of code of this kind among those that showed the tool?
fn is_mostly(listing: &FileListing, matched: &BTreeSet<&str>, is_of: impl Fn(&str) -> bool) -> bool {
    let all = listing.files.iter().filter(|file| file.is_code() && is_of(&file.path)).count();
    let found = matched.iter().filter(|path| is_of(path)).count();
    found * 6 >= all * MOST
}

/// `**/NAME` for several files of one name, and `**/*ENDING` for several names that end alike.
fn name_files<'p>(listing: &FileListing, paths: &[&'p str]) -> (Vec<CoverGlob>, Vec<&'p str>) {
    let (mut globs, rest) = name_alike(listing, paths, name_of, "**/");
    let (more, rest) = name_alike(listing, &rest, tail_of, "**/*");
    globs.extend(more);
    (globs, rest)
}

fn name_alike<'p>(
    listing: &FileListing,
    paths: &[&'p str],
    key: fn(&str) -> &str,
    before: &str,
) -> (Vec<CoverGlob>, Vec<&'p str>) {
    let mut groups: BTreeMap<&str, Vec<&'p str>> = BTreeMap::new();
    paths.iter().for_each(|path| groups.entry(key(path)).or_default().push(path));
    let (mut globs, mut rest) = (Vec::new(), Vec::new());
    for (name, group) in groups {
        let ends =
            |path: &str| if before == "**/" { name_of(path) == name } else { name_of(path).ends_with(name) };
        let found: BTreeSet<&str> = group.iter().copied().collect();
        if group.len() >= SEVERAL && !name.is_empty() && is_mostly(listing, &found, ends) {
            globs.push(cover_glob(format!("{before}{}", escape_text(name)), &group));
        } else {
            rest.extend(group);
        }
    }
    rest.sort_unstable();
    (globs, rest)
}

/// The last word of a name with its ending: `_job.rb`, `Repository.java`, `.model.ts`. Empty where
/// the name is one word.
fn tail_of(path: &str) -> &str {
    let name = name_of(path);
    let Some((stem, _)) = name.rsplit_once('.') else { return "" };
    let at = stem
        .char_indices()
        .skip(1)
        .filter(|(_, c)| matches!(c, '_' | '.' | '-') || c.is_ascii_uppercase())
        .last();
    at.and_then(|(at, _)| name.get(at..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_model::path::RepoPath;

    fn globs(all: &[&str], matched: &[&str]) -> Vec<String> {
        let paths: Vec<RepoPath> = all.iter().chain(matched).map(|path| RepoPath::from(*path)).collect();
        let listing = FileListing::of(paths.iter());
        let (globs, _) = cover_files(&listing, &matched.iter().copied().collect());
        globs.into_iter().map(|one| one.glob).collect()
    }

    #[test]
    fn a_folder_full_of_it_is_named_and_not_the_one_above() {
        assert_eq!(
            globs(&["db/seeds.rb", "app/a.rb"], &["db/migrate/1.rb", "db/migrate/2.rb"]),
            ["db/migrate/**"]
        );
    }

    #[test]
    fn folders_of_one_name_are_named_once() {
        let all = ["a/views.py", "b/views.py", "c/views.py"];
        let matched = ["a/migrations/1.py", "b/migrations/1.py", "c/migrations/1.py"];
        assert_eq!(globs(&all, &matched), ["**/migrations/**"]);
        let below = ["x/a/migrations/1.py", "x/b/migrations/1.py", "x/c/migrations/1.py"];
        assert_eq!(globs(&["x/a/v.py", "x/b/v.py", "x/c/v.py"], &below), ["x/**/migrations/**"]);
    }

    #[test]
    fn files_of_one_name_and_names_that_end_alike_are_named_once() {
        let all = ["a/views.py", "a/urls.py", "b/views.py", "b/urls.py", "c/views.py", "c/urls.py"];
        assert_eq!(globs(&all, &["a/models.py", "b/models.py", "c/models.py"]), ["**/models.py"]);
        let jobs = ["app/a/load_job.rb", "app/b/send_job.rb", "app/c/drop_job.rb"];
        let beside = ["app/a/x.rb", "app/b/y.rb", "app/c/z.rb"];
        assert_eq!(globs(&beside, &jobs), ["**/*_job.rb"]);
    }

    #[test]
    fn a_single_file_is_named_as_it_is() {
        assert_eq!(globs(&["src/a.py", "src/b.py", "src/c.py"], &["src/[x].py"]), [r"src/\[x\].py"]);
    }

    #[test]
    fn a_folder_that_is_named_src_stays_unnamed() {
        assert_eq!(globs(&["x.py"], &["src/a.py"]), ["src/a.py"]);
    }

    #[test]
    fn what_is_too_much_to_name_is_counted() {
        let all: Vec<String> = (0..60).map(|n| format!("m{n}/other{n}x.py")).collect();
        let matched: Vec<String> = (0..60).map(|n| format!("m{n}/thing{n}y.py")).collect();
        let paths: Vec<RepoPath> =
            all.iter().chain(&matched).map(|path| RepoPath::from(path.as_str())).collect();
        let matched: BTreeSet<&str> = matched.iter().map(String::as_str).collect();
        let (globs, left) = cover_files(&FileListing::of(paths.iter()), &matched);
        assert_eq!((globs.len(), left.files), (ONE_BY_ONE, 60 - ONE_BY_ONE));
    }
}
