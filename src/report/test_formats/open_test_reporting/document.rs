//! What events and trees have in common: the elements within a node.

use super::node::{OtrNode, OtrNodeKind};
use portcullis_report_shared::error::ContentError;
use portcullis_report_shared::strict;
use portcullis_report_shared::xml::{self, ContentHandler, Element};
use portcullis_testrun::own_times::OwnTimes;
use portcullis_testrun::test_run::TestRun;

/// How the nodes of a report are nested.
pub trait Parts: Default {
    /// An element that may begin a node, or an event about one. `outermost`: it is directly in the
    /// root, or in a node.
    ///
    /// # Errors
    /// When there cannot be such a one.
    fn begin(&mut self, element: &Element<'_>, times: &mut OwnTimes) -> Result<bool, ContentError>;

    /// The node that is open.
    fn node(&mut self) -> Option<&mut OtrNode>;

    /// The innermost node, or event, ends.
    ///
    /// # Errors
    /// When there are more than a report may hold.
    fn end(&mut self, run: &mut TestRun) -> Result<(), ContentError>;

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// When it holds more than a report may.
    fn finish(self, run: TestRun) -> Result<TestRun, ContentError>;
}

/// A document while it is read.
#[derive(Default)]
pub struct OtrDocument<P> {
    open: Vec<OtrElement>,
    parts: P,
    kind: String,
    run: TestRun,
}

/// What an open element is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OtrElement {
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

impl<P: Parts> ContentHandler for OtrDocument<P> {
    fn start(&mut self, element: &Element<'_>) -> Result<(), ContentError> {
        let place = match (self.open.last(), element.name) {
            (None, _) => {
                let known = strict::attribute(element, &[]);
                known.iter().for_each(|what| what.against("the report", &mut self.run));
                OtrElement::Root
            }
            (Some(OtrElement::Root | OtrElement::Node), _)
                if self.parts.begin(element, &mut self.run.times)? =>
            {
                self.parts.node().into_iter().for_each(|node| node.look(element));
                OtrElement::Node
            }
            (Some(OtrElement::Root), "infrastructure") => OtrElement::Other,
            (Some(OtrElement::Root), name) => {
                strict::named(name).iter().for_each(|what| what.against("the report", &mut self.run));
                OtrElement::Other
            }
            (Some(OtrElement::Node), name) => self.within(name, element),
            (Some(OtrElement::Result), _) => {
                self.parts.node().into_iter().for_each(|node| node.look_at_reason(element));
                OtrElement::Result
            }
            (Some(OtrElement::Metadata), "type") => OtrElement::Kind,
            (Some(OtrElement::Sources), "classsource") => self.class(element),
            _ => OtrElement::Other,
        };
        self.open.push(place);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ContentError> {
        if self.open.last() == Some(&OtrElement::Kind) {
            xml::seen(text)?;
            self.kind.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        match self.open.pop() {
            Some(OtrElement::Node) => self.parts.end(&mut self.run)?,
            Some(OtrElement::Kind) => {
                let kind = OtrNodeKind::of(&std::mem::take(&mut self.kind));
                self.parts.node().into_iter().for_each(|node| node.kind = kind);
            }
            _ => {}
        }
        Ok(())
    }
}

impl<P: Parts> OtrDocument<P> {
    fn within(&mut self, name: &str, element: &Element<'_>) -> OtrElement {
        self.parts.node().into_iter().for_each(|node| node.look(element));
        match name {
            "metadata" => OtrElement::Metadata,
            "sources" => OtrElement::Sources,
            "result" => {
                self.parts.node().into_iter().for_each(|node| node.result(element));
                OtrElement::Result
            }
            _ => OtrElement::Other,
        }
    }

    fn class(&mut self, element: &Element<'_>) -> OtrElement {
        if let (Some(node), Some(class)) = (self.parts.node(), element.value("classname")) {
            node.class = Some(class.to_string());
        }
        OtrElement::Other
    }

    /// The run, once the document has ended.
    ///
    /// # Errors
    /// A sentence, when it holds more than a report may.
    pub fn finish(self) -> Result<TestRun, ContentError> {
        self.parts.finish(self.run)
    }
}
