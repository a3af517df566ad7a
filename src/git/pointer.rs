//! Files that stand for bytes which lie elsewhere.
//!
//! What counts is what the programs take that put those bytes in the file's place on a checkout,
//! and they are generous. git-lfs looks at no more than the beginning of a file, leaves out white
//! space around it and empty lines in it, and takes the addresses of its earlier versions (Git LFS
//! specification, "The Pointer"; `git-lfs-pointer(1)`). This is more generous still: the lines may
//! be in any order.

/// How much of a file the versions of git-lfs look at, in bytes.
const LOOKED_AT: [usize; 2] = [1024, 512];

/// What an address of the specification holds, in each of its versions.
const NAMES: [&str; 3] = ["git-lfs", "hawser", "git-media"];

/// How the pointers of other programs begin: git-annex (its "pointer file format") and git-fat.
const OTHERS: [&[u8]; 3] = [b"/annex/objects/", b"\\annex\\objects\\", b"#$# git-fat "];

/// Is it a pointer?
pub fn is_pointer(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    OTHERS.iter().any(|other| start.starts_with(other)) || LOOKED_AT.iter().any(|limit| is_lfs(text, *limit))
}

fn is_lfs(text: &[u8], limit: usize) -> bool {
    let head = &text[..text.len().min(limit)];
    // Nearly all files are no pointers, and show it in their first word.
    if !matches!(head.trim_ascii_start().first(), Some(b'v' | b'o' | b's' | b'e' | 0x80..)) {
        return false;
    }
    let Ok(head) = std::str::from_utf8(head) else { return false };
    let mut lines = head.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.clone().all(is_known) && lines.any(is_version)
}

fn is_version(line: &str) -> bool {
    line.strip_prefix("version ").is_some_and(|address| NAMES.iter().any(|name| address.contains(name)))
}

fn is_known(line: &str) -> bool {
    let key = line.split(' ').next().unwrap_or_default();
    is_version(line) || matches!(key, "oid" | "size") || key.starts_with("ext-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_lfs_takes_is_a_pointer() {
        let v1 = "version https://git-lfs.github.com/spec/v1";
        for text in [
            format!("{v1}\noid sha256:aa\nsize 5\n"),
            format!("{v1}\noid sha256:aa\nsize 5"),
            format!("\u{a0}\n\t{v1} \r\noid sha256:aa\r\n\r\nsize 5\r\n"),
            format!("{v1}\next-0-a sha256:bb\next-1-b sha256:cc\noid sha256:aa\nsize 5\n"),
            format!("{v1}\noid sha256:aa\nsize 5{}rest", "\n".repeat(1100)),
            format!("{v1}\noid sha256:aa\nsize 5{}rest", " ".repeat(600)),
        ] {
            assert!(is_pointer(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_only_speaks_of_pointers_is_none() {
        for text in [
            "",
            "version 2\n",
            "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\nand so on\n",
            "See version https://git-lfs.github.com/spec/v1\n",
            "oid sha256:aa\nsize 5\n",
        ] {
            assert!(!is_pointer(text.as_bytes()), "{text}");
        }
    }
}
