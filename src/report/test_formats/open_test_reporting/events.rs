//! Events: nodes begin, are told of, and end, each known by its number.

use super::document::Parts;
use super::node::OtrNode;
use portcullis_report_shared::attempts::{Attempts, LIMITS};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::identity::join_identity;
use portcullis_report_shared::summary::add_sentences;
use portcullis_report_shared::xml::Element;
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::TestRun;
use std::collections::BTreeMap;

/// How deep nodes may nest.
const DEPTH: usize = 64;

/// The events while they are read.
#[derive(Default)]
pub struct Events {
    /// The node that the open event is about.
    open: Option<usize>,
    numbers: BTreeMap<String, usize>,
    nodes: Vec<Numbered>,
}

/// A node, and the number of its parent.
#[derive(Default)]
struct Numbered {
    node: OtrNode,
    outer: Option<usize>,
    /// It began, or ended, twice.
    twice: bool,
}

impl Parts for Events {
    fn begin(&mut self, element: &Element<'_>, times: &mut OwnTimes) -> Result<bool, ContentError> {
        if !matches!(element.name, "started" | "reported" | "finished") {
            return Ok(false);
        }
        if self.open.is_some() {
            return Err("an event begins within another".into());
        }
        element.value("time").iter().for_each(|text| times.text(text));
        let at = self.numbered(element.value("id").ok_or("an event does not say what it is about")?)?;
        self.open = Some(at);
        match element.name {
            "started" => self.starts(at, element)?,
            "finished" => {
                if let Some(about) = self.nodes.get_mut(at) {
                    about.twice |= std::mem::replace(&mut about.node.finished, true);
                }
            }
            _ => {}
        }
        Ok(true)
    }

    fn node(&mut self) -> Option<&mut OtrNode> {
        self.nodes.get_mut(self.open?).map(|numbered| &mut numbered.node)
    }

    fn end(&mut self, _run: &mut TestRun) -> Result<(), ContentError> {
        self.open = None;
        Ok(())
    }

    fn finish(mut self, mut run: TestRun) -> Result<TestRun, ContentError> {
        self.numbers.clear();
        self.join()?;
        let mut tests = Attempts::default();
        for at in 0..self.nodes.len() {
            let Some(numbered) = self.nodes.get(at) else { continue };
            if !numbered.node.started {
                add_sentences(&mut run.contradictions, ["an event is about something that never began"]);
            }
            if numbered.twice {
                add_sentences(&mut run.contradictions, ["something began, or ended, twice"]);
            }
            if let Some(outcome) = numbered.node.judge(&mut run) {
                let mut path: Vec<&str> = self.path(at).map(|numbered| numbered.node.named()).collect();
                path.reverse();
                let name = path.pop().unwrap_or_default();
                tests.add(join_identity(path, name), outcome)?;
            }
        }
        Ok(TestRun { tests: tests.finish(), ..run })
    }
}

impl Events {
    /// The place of the node that has this number.
    fn numbered(&mut self, id: &str) -> Result<usize, ContentError> {
        if let Some(at) = self.numbers.get(id) {
            return Ok(*at);
        }
        if self.nodes.len() as u64 >= LIMITS.records {
            return Err(format!("it holds more than {} tests and containers", LIMITS.records).into());
        }
        self.numbers.insert(id.to_string(), self.nodes.len());
        self.nodes.push(Numbered::default());
        Ok(self.nodes.len() - 1)
    }

    fn starts(&mut self, at: usize, element: &Element<'_>) -> Result<(), ContentError> {
        let outer = element.value("parentid").map(|id| self.numbered(id)).transpose()?;
        if let Some(begun) = self.nodes.get_mut(at) {
            begun.twice |= std::mem::replace(&mut begun.node.started, true);
            begun.node.name = element.value("name").unwrap_or("(unnamed)").to_string();
            begun.outer = outer;
        }
        Ok(())
    }

    /// A node, its parent, the parent of that, and so on.
    fn path(&self, at: usize) -> impl Iterator<Item = &Numbered> {
        std::iter::successors(self.nodes.get(at), |numbered| self.nodes.get(numbered.outer?))
    }

    /// Tells each node about its descendants.
    fn join(&mut self) -> Result<(), ContentError> {
        for at in 0..self.nodes.len() {
            if self.path(at).nth(DEPTH).is_some() {
                return Err(format!("tests are nested deeper than {DEPTH}, or in themselves").into());
            }
            let bad = self.nodes.get(at).is_some_and(|numbered| numbered.node.is_bad());
            let mut outer = self.nodes.get(at).and_then(|numbered| numbered.outer);
            while let Some(numbered) = outer.and_then(|outer| self.nodes.get_mut(outer)) {
                numbered.node.has_children = true;
                numbered.node.explained |= bad;
                outer = numbered.outer;
            }
        }
        Ok(())
    }
}
