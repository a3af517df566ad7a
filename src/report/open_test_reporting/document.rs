//! What events and trees have in common: the elements within a node.

use super::node::{Kind, Node};
use crate::model::own_times::OwnTimes;
use crate::model::test_run::TestRun;
use crate::report::strict;
use crate::report::xml::{self, Content, Element};

/// How the nodes of a report are nested.
pub trait Parts: Default {
    /// An element that may begin a node, or an event about one. `outermost`: it stands directly in the root, or in a node.
    ///
    /// # Errors
    /// When there cannot be such a one.
    fn begin(&mut self, element: &Element<'_>, times: &mut OwnTimes) -> Result<bool, String>;

    /// The node that is open.
    fn node(&mut self) -> Option<&mut Node>;

    /// The innermost node, or event, ends.
    ///
    /// # Errors
    /// When there are more than a report may hold.
    fn end(&mut self, run: &mut TestRun) -> Result<(), String>;

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// When it holds more than a report may.
    fn finish(self, run: TestRun) -> Result<TestRun, String>;
}

/// A document while it is read.
#[derive(Default)]
pub struct Document<P> {
    open: Vec<Place>,
    parts: P,
    kind: String,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Node,
    Metadata,
    /// What the writer calls the node, as text.
    Kind,
    Sources,
    /// What a node came to.
    Result,
    Other,
}

impl<P: Parts> Content for Document<P> {
    fn start(&mut self, element: &Element<'_>) -> Result<(), String> {
        let place = match (self.open.last(), element.name) {
            (None, _) => {
                let known = strict::attribute(element, &[]);
                known.iter().for_each(|what| what.against("the report", &mut self.run));
                Place::Root
            }
            (Some(Place::Root | Place::Node), _) if self.parts.begin(element, &mut self.run.times)? => {
                self.parts.node().into_iter().for_each(|node| node.look(element));
                Place::Node
            }
            (Some(Place::Root), "infrastructure") => Place::Other,
            (Some(Place::Root), name) => {
                strict::named(name).iter().for_each(|what| what.against("the report", &mut self.run));
                Place::Other
            }
            (Some(Place::Node), name) => self.within(name, element),
            (Some(Place::Result), _) => {
                self.parts.node().into_iter().for_each(|node| node.look_at_reason(element));
                Place::Result
            }
            (Some(Place::Metadata), "type") => Place::Kind,
            (Some(Place::Sources), "classsource") => self.class(element),
            _ => Place::Other,
        };
        self.open.push(place);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.open.last() == Some(&Place::Kind) {
            xml::seen(text)?;
            self.kind.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        match self.open.pop() {
            Some(Place::Node) => self.parts.end(&mut self.run)?,
            Some(Place::Kind) => {
                let kind = Kind::of(&std::mem::take(&mut self.kind));
                self.parts.node().into_iter().for_each(|node| node.kind = kind);
            }
            _ => {}
        }
        Ok(())
    }
}

impl<P: Parts> Document<P> {
    fn within(&mut self, name: &str, element: &Element<'_>) -> Place {
        self.parts.node().into_iter().for_each(|node| node.look(element));
        match name {
            "metadata" => Place::Metadata,
            "sources" => Place::Sources,
            "result" => {
                self.parts.node().into_iter().for_each(|node| node.result(element));
                Place::Result
            }
            _ => Place::Other,
        }
    }

    fn class(&mut self, element: &Element<'_>) -> Place {
        if let (Some(node), Some(class)) = (self.parts.node(), element.value("classname")) {
            node.class = Some(class.to_string());
        }
        Place::Other
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(self) -> Result<TestRun, String> {
        self.parts.finish(self.run)
    }
}
