//! Names in reports of .NET runners: assemblies are paths of the machine that built them, tests repeat their class.

/// The name of an assembly: the last part of its path, without `.dll` or `.exe`.
pub fn assembly_name(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let extension = file
        .rsplit_once('.')
        .filter(|(_, end)| ["dll", "exe"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    extension.map_or(file, |(name, _)| name)
}

/// Is this the path of an assembly, and not the name of a namespace or class?
pub fn is_assembly(name: &str) -> bool {
    assembly_name(name).len() < name.len()
}

/// The class that a test is of: without the assembly's name, version and culture that may follow.
pub fn class_name(written: &str) -> &str {
    written.split(',').next().unwrap_or_default().trim()
}

/// The name of a test without its class before it.
pub fn below_class<'a>(name: &'a str, class: &str) -> &'a str {
    let rest = name.strip_prefix(class).and_then(|rest| rest.strip_prefix('.'));
    rest.filter(|rest| !class.is_empty() && !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assemblies_are_known_without_their_place() {
        for (path, name) in [
            ("C:\\jobs\\a\\My.Tests.DLL", "My.Tests"),
            ("/b/My.Tests.exe", "My.Tests"),
            ("My.Tests", "My.Tests"),
        ] {
            assert_eq!(assembly_name(path), name);
        }
        assert!(is_assembly("a.dll") && is_assembly("/a/b") && !is_assembly("My.Tests"));
    }

    #[test]
    fn classes_and_tests_are_told_apart() {
        assert_eq!(class_name("A.B, A, Version=1.0.0.0"), "A.B");
        assert_eq!(below_class("A.B.C(1.5)", "A.B"), "C(1.5)");
        assert_eq!(below_class("A.Bx", "A.B"), "A.Bx");
        assert_eq!(below_class("a", ""), "a");
    }
}
