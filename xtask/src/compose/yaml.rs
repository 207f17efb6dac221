//! YAML as compose reads it. Both parsers are ports of libyaml (compose's is go-yaml), so they agree about what is a
//! mistake; plain words become numbers and flags by go-yaml's rules.
//!
//! A file may come from anywhere, so what it can become is bounded: its size, its depth, and its nodes once aliases are
//! followed. Compose itself has no such bound (442 bytes of aliases cost it 24 GB).

mod plain;
mod work_around;

pub use plain::shown;

use std::collections::BTreeMap;

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The largest file that is read. Large real ones have 200 KB.
pub const LARGEST: u64 = 2 << 20;
/// How deep nodes may stand in one another.
const DEEPEST: usize = 100;
/// How many nodes a file may have, aliases followed. A text counts for each 32 bytes of it.
const MOST_NODES: usize = 200_000;

/// One document of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub value: Value,
    /// The paths of what is tagged `!reset` or `!override`: what stood there before is dropped.
    pub cleared: Vec<Vec<String>>,
}

/// Why a text can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: Option<usize>,
    pub why: String,
    /// Whether it is past our bound, so that compose must not be asked either.
    pub too_much: bool,
}

impl Mistake {
    pub fn at(line: usize, why: String) -> Mistake {
        Mistake { line: Some(line), why, too_much: false }
    }
}

/// How much a value takes of a bound on nodes.
pub fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => text.len() / 32,
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| 1 + key.len() / 32 + nodes(value)).sum(),
        _ => 0,
    }
}

/// Reads a text, which may have several documents.
pub fn documents(text: &str) -> Result<Vec<Document>, Mistake> {
    if text.len() as u64 > LARGEST {
        return Err(Mistake { line: None, why: format!("it is larger than {} MB", LARGEST >> 20), too_much: true });
    }
    let text = work_around::before(text);
    let mut parser = Parser::new();
    parser.set_input(text.as_bytes());
    let mut reader = Reader {
        parser,
        nodes: 0,
        anchors: BTreeMap::new(),
        path: Vec::new(),
        cleared: Vec::new(),
        below_override: false,
    };
    let mut documents = Vec::new();
    loop {
        match reader.next()?.data {
            EventData::StreamEnd => return Ok(documents),
            EventData::DocumentStart { .. } => {
                let first = reader.next()?;
                let value = reader.node(first, 0)?.map_or(Value::Null, |node| node.value);
                documents.push(Document { value, cleared: std::mem::take(&mut reader.cleared) });
                reader.anchors.clear();
            }
            _ => {}
        }
    }
}

/// A node, read.
#[derive(Clone)]
struct Node {
    value: Value,
    /// How much of the bound it takes.
    nodes: usize,
    /// How deep it is.
    height: usize,
    /// The paths in it that are cleared, from it.
    cleared: Vec<Vec<String>>,
    is_merge_key: bool,
}

struct Reader<'t> {
    parser: Parser<&'t [u8]>,
    nodes: usize,
    anchors: BTreeMap<String, Node>,
    path: Vec<String>,
    cleared: Vec<Vec<String>>,
    below_override: bool,
}

fn at(event: &Event) -> Option<usize> {
    Some(event.start_mark.line as usize + 1)
}

fn mistake<T>(line: Option<usize>, why: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake { line, why: why.into(), too_much: false })
}

fn too_much<T>(line: Option<usize>, why: String) -> Result<T, Mistake> {
    Err(Mistake { line, why, too_much: true })
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Event, Mistake> {
        self.parser.parse().map_err(|error| Mistake {
            line: error.problem_mark().map(|mark| mark.line as usize + 1),
            why: error.problem().to_owned(),
            too_much: false,
        })
    }

    fn count(&mut self, nodes: usize, line: Option<usize>) -> Result<(), Mistake> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            return too_much(line, format!("it has more than {MOST_NODES} values once its aliases are followed"));
        }
        Ok(())
    }

    /// The node that an event begins; `None` for one that is tagged `!reset`.
    fn node(&mut self, event: Event, depth: usize) -> Result<Option<Node>, Mistake> {
        let line = at(&event);
        if depth > DEEPEST {
            return too_much(line, format!("it is more than {DEEPEST} levels deep"));
        }
        let (before, first_cleared) = (self.nodes, self.cleared.len());
        // Below `!override` compose takes no notice of either tag.
        let clears = |tag: Option<&str>| matches!(tag, Some("!reset" | "!override"));
        let is_override = matches!(&event.data,
            EventData::SequenceStart { tag, .. } | EventData::MappingStart { tag, .. } if tag.as_deref() == Some("!override"));
        let below_override = self.below_override;
        self.below_override |= is_override;
        let (anchor, tag, value, height, is_merge_key) = match event.data {
            EventData::Alias { anchor } => return self.alias(&anchor, depth, line).map(Some),
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let value = work_around::after(value);
                self.count(1 + value.len() / 32, line)?;
                let is_plain = style == ScalarStyle::Plain;
                let is_merge_key = is_plain && value == "<<" && tag.is_none();
                (anchor, tag.clone(), plain::resolve(value, is_plain, tag.as_deref()), 0, is_merge_key)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.count(1, line)?;
                let (items, height) = self.items(depth)?;
                (anchor, tag, Value::Array(items), height, false)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                self.count(1, line)?;
                let (map, height) = self.map(depth)?;
                (anchor, tag, Value::Object(map), height, false)
            }
            _ => return mistake(line, "a value is missing"),
        };
        self.below_override = below_override;
        if clears(tag.as_deref()) && !below_override {
            self.cleared.truncate(first_cleared);
            self.cleared.push(self.path.clone());
        }
        let inner = self.cleared[first_cleared..].iter().map(|path| path[self.path.len()..].to_vec());
        let (nodes, cleared) = (self.nodes - before, inner.collect());
        let node = Node { value, nodes, height, cleared, is_merge_key };
        if let Some(anchor) = anchor {
            // It is kept once more, as a copy.
            self.count(nodes, line)?;
            self.anchors.insert(anchor, node.clone());
        }
        let is_reset = tag.as_deref() == Some("!reset") && !below_override;
        Ok((!is_reset).then_some(node))
    }

    fn alias(&mut self, anchor: &str, depth: usize, line: Option<usize>) -> Result<Node, Mistake> {
        let Some(node) = self.anchors.get(anchor) else { return mistake(line, format!("unknown anchor `{anchor}`")) };
        let (nodes, height) = (node.nodes, node.height);
        self.count(nodes, line)?;
        if depth + height > DEEPEST {
            return too_much(line, format!("it is more than {DEEPEST} levels deep once its aliases are followed"));
        }
        let node = self.anchors[anchor].clone();
        for inner in &node.cleared {
            self.cleared.push([self.path.as_slice(), inner.as_slice()].concat());
        }
        Ok(Node { is_merge_key: false, ..node })
    }

    fn items(&mut self, depth: usize) -> Result<(Vec<Value>, usize), Mistake> {
        let (mut items, mut height) = (Vec::new(), 0);
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::SequenceEnd) {
                return Ok((items, height));
            }
            self.path.push(items.len().to_string());
            let item = self.node(event, depth + 1)?;
            self.path.pop();
            height = height.max(item.as_ref().map_or(0, |item| item.height + 1));
            items.extend(item.map(|item| item.value));
        }
    }

    fn map(&mut self, depth: usize) -> Result<(Map<String, Value>, usize), Mistake> {
        let (mut own, mut merged, mut height) = (Map::new(), Vec::new(), 0);
        let mut lines: BTreeMap<String, Option<usize>> = BTreeMap::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                break;
            }
            let line = at(&event);
            let Some(key) = self.node(event, depth + 1)? else { return mistake(line, "a key is reset") };
            let Value::String(name) = key.value else {
                return mistake(line, format!("a key has to be text: {}", plain::shown(&key.value)));
            };
            if let Some(first) = lines.insert(name.clone(), line) {
                let first = first.map(|first| format!(" (first in line {first})")).unwrap_or_default();
                return mistake(line, format!("the key `{name}` is there twice{first}"));
            }
            let event = self.next()?;
            if !key.is_merge_key {
                self.path.push(name.clone());
            }
            let value = self.node(event, depth + 1)?;
            if !key.is_merge_key {
                self.path.pop();
            }
            let Some(value) = value else { continue };
            height = height.max(value.height + 1);
            if !key.is_merge_key {
                own.insert(name, value.value);
                continue;
            }
            match value.value {
                Value::Array(maps) => merged.extend(maps),
                map => merged.push(map),
            }
        }
        // The first map that has a key gives it, unless the map has it itself.
        for map in merged {
            let Value::Object(map) = map else { return mistake(None, "`<<` wants a map, or a list of maps") };
            for (key, value) in map {
                own.entry(key).or_insert(value);
            }
        }
        Ok((own, height))
    }
}

#[cfg(test)]
pub mod tests;
