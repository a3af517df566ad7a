//! The tree: nodes are nested.

use super::document::Parts;
use super::node::OtrNode;
use portcullis_report_shared::attempts::Attempts;
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::xml::Element;
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::TestRun;

/// A tree while it is read.
#[derive(Default)]
pub struct Tree {
    open: Vec<OtrNode>,
    tests: Attempts,
}

impl Parts for Tree {
    fn begin(&mut self, element: &Element<'_>, times: &mut OwnTimes) -> Result<bool, ContentError> {
        match (element.name, self.open.last_mut()) {
            ("root", None) => {}
            ("child", Some(outer)) => outer.has_children = true,
            ("root" | "child", _) => return Err("a root or child is where it cannot be".into()),
            _ => return Ok(false),
        }
        element.value("start").iter().for_each(|text| times.text(text));
        let name = element.value("name").unwrap_or("(unnamed)").to_string();
        self.open.push(OtrNode { name, started: true, finished: true, ..OtrNode::default() });
        Ok(true)
    }

    fn node(&mut self) -> Option<&mut OtrNode> {
        self.open.last_mut()
    }

    fn end(&mut self, run: &mut TestRun) -> Result<(), ContentError> {
        let Some(node) = self.open.pop() else { return Ok(()) };
        if let Some(outer) = self.open.last_mut() {
            outer.explained |= node.is_bad() || node.explained;
        }
        match node.judge(run) {
            Some(outcome) => {
                let outer = self.open.iter().map(OtrNode::named);
                self.tests.add(join_identity(outer, node.named()), outcome)
            }
            None => Ok(()),
        }
    }

    fn finish(self, run: TestRun) -> Result<TestRun, ContentError> {
        Ok(TestRun { tests: self.tests.finish(), ..run })
    }
}
