//! What reports of .NET runners (NUnit, xUnit.net, Visual Studio) have in common: names that hold
//! paths of the machine that built the tests, and tests that elements inside them can contradict.

use crate::attempts::TestName;
use crate::said;
use crate::xml::Element;
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::TestOutcome;

/// A test while its element is open.
pub struct OpenTest {
    /// The name that the report gives it.
    pub name: TestName,
    /// The outcome so far.
    pub outcome: TestOutcome,
}

impl OpenTest {
    /// Is the test called passed or skipped?
    pub fn is_good(&self) -> bool {
        self.outcome <= TestOutcome::Skipped
    }

    /// Takes an element inside a good test that says that it failed, or that may say so. Returns
    /// the contradiction.
    pub fn contradict(&mut self, element: &str, failed: bool) -> String {
        self.outcome = if failed { TestOutcome::Failed } else { TestOutcome::Error };
        let element = said::shown(element);
        format!("a test is not called failed and holds `{element}`, which says that it may have")
    }

    /// Takes the description of a failure. Returns the contradiction where the test is called good.
    pub fn fail(&mut self) -> Option<&'static str> {
        let contradicted = self.is_good();
        if contradicted {
            self.outcome = TestOutcome::Failed;
        }
        contradicted.then_some("a test is not called failed and shown as failed")
    }
}

/// Takes the times of an element: attributes that hold a moment, and a pair of attributes with a
/// date and a time of day.
pub fn take_times(element: &Element<'_>, moments: &[&str], [date, time]: [&str; 2], times: &mut OwnTimes) {
    for name in moments {
        element.value(name).iter().for_each(|text| times.text(text));
    }
    if let (Some(date), Some(time)) = (element.value(date), element.value(time)) {
        times.text(&format!("{date}T{time}"));
    }
}

/// Returns the name of an assembly: the last part of its path, without `.dll` or `.exe`.
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

/// Returns the class of a test without the assembly's name, version and culture that may follow.
pub fn class_name(written: &str) -> &str {
    written.split(',').next().unwrap_or_default().trim()
}

/// Returns the name of a test without its class in front.
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
