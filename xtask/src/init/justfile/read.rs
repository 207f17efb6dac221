//! A justfile as it is written: recipes, variables, settings and aliases, in order.

use crate::init::justfile::expression::{Cursor, Expression};

/// What stands in a justfile.
#[derive(Clone, Debug, Default)]
pub struct Justfile {
    pub recipes: Vec<Recipe>,
    pub variables: Vec<Variable>,
    pub aliases: Vec<(String, String)>,
    pub settings: Vec<Setting>,
    pub modules: Vec<String>,
    /// Files that were read, each once.
    pub imported: Vec<String>,
    /// Lines that can't be read.
    pub odd: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub is_exported: bool,
    pub value: Expression,
}

/// `set NAME := …`
#[derive(Clone, Debug)]
pub struct Setting {
    pub name: String,
    /// None: the setting alone, which is `true`.
    pub values: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Recipe {
    pub name: String,
    pub doc: Option<String>,
    pub attributes: Vec<Attribute>,
    pub parameters: Vec<Parameter>,
    pub needs: Vec<Call>,
    /// Those behind `&&`.
    pub after: Vec<Call>,
    /// Without the blanks that they begin with.
    pub body: Vec<String>,
    /// What in its first line can't be read.
    pub fault: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub kind: Kind,
    pub is_exported: bool,
    pub default: Option<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    One,
    /// `*name`
    Any,
    /// `+name`
    Some,
}

/// A recipe that another one needs, with its arguments.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub words: Vec<Expression>,
}

/// How many files may be imported.
const MOST: usize = 50;

/// Reads a justfile, and those that it imports: `load` gives their text.
pub fn read(text: &str, load: &dyn Fn(&str) -> Option<String>) -> Justfile {
    let mut file = Justfile::default();
    read_into(&mut file, &text.replace("\r\n", "\n"), load);
    file
}

fn read_into(file: &mut Justfile, text: &str, load: &dyn Fn(&str) -> Option<String>) {
    let mut cursor = Cursor::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let (mut doc, mut attributes) = (None, Vec::new());
    while cursor.at < cursor.text.len() {
        let line = cursor.rest().lines().next().unwrap_or_default();
        let start = cursor.at;
        if line.trim().is_empty() {
            (doc, attributes) = (None, Vec::new());
        } else if let Some(comment) = line.strip_prefix('#') {
            doc = Some(comment.trim_start_matches('#').trim().to_owned())
                .filter(|doc| !doc.is_empty() && !line.starts_with("#!"));
        } else if line.starts_with('[') {
            match self::attributes(&mut cursor) {
                Some(more) => attributes.extend(more),
                None => attributes.push(Attribute { name: line.to_owned(), values: Vec::new() }),
            }
        } else if let Some(imported) = import(line) {
            let is_wanted = !line.starts_with("import?");
            let is_new = !file.imported.contains(&imported) && file.imported.len() < MOST;
            file.imported.extend(is_new.then(|| imported.clone()));
            match is_new.then(|| load(&imported)).flatten() {
                Some(text) => read_into(file, &text.replace("\r\n", "\n"), load),
                None if is_wanted && is_new => file.odd.push(line.to_owned()),
                None => {}
            }
        } else if item(file, &mut cursor, line) {
            (doc, attributes) = (None, Vec::new());
        } else {
            cursor.at = start;
            let mut recipe = recipe(&mut cursor, line);
            (recipe.doc, recipe.attributes) = (doc.take(), std::mem::take(&mut attributes));
            if recipe.name.is_empty() {
                file.odd.push(line.to_owned());
            } else {
                file.recipes.push(recipe);
            }
            continue;
        }
        // The rest of the line; a string may have gone past several.
        let rest = cursor.rest();
        cursor.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
    }
}

/// `import 'file'`
fn import(line: &str) -> Option<String> {
    let rest = line.strip_prefix("import")?;
    let rest = rest.strip_prefix('?').unwrap_or(rest);
    match Cursor::new(rest.strip_prefix(' ')?.trim_start()).string()? {
        Expression::Text(file) => Some(file),
        _ => None,
    }
}

/// A variable, a setting, an alias or a module. `false`: it is something else.
fn item(file: &mut Justfile, cursor: &mut Cursor<'_>, line: &str) -> bool {
    let Some(first) = cursor.name() else { return false };
    cursor.blanks();
    match first {
        "mod" if cursor.peek().is_some_and(|c| c.is_alphabetic() || c == '?') && !line.contains(':') => {
            cursor.eat("?");
            cursor.blanks();
            file.modules.extend(cursor.name().map(str::to_owned));
            return true;
        }
        "set" if cursor.peek().is_some_and(char::is_alphabetic) => {
            let Some(name) = cursor.name() else { return false };
            cursor.blanks();
            let values = if cursor.eat(":=") { setting_values(cursor) } else { Some(Vec::new()) };
            let Some(values) = values.filter(|_| cursor.is_at_end()) else { return false };
            file.settings.push(Setting { name: name.to_owned(), values });
            return true;
        }
        "unexport" if cursor.peek().is_some_and(char::is_alphabetic) && !line.contains(':') => {
            file.odd.push(line.to_owned());
            return true;
        }
        "alias" | "export" if cursor.peek().is_some_and(|c| c.is_alphabetic() || c == '_') => {
            let Some(name) = cursor.name() else { return false };
            cursor.blanks();
            if !cursor.eat(":=") {
                return false;
            }
            return match first {
                "alias" => {
                    cursor.blanks();
                    let target = cursor.name().map(str::to_owned);
                    file.aliases.extend(target.map(|target| (name.to_owned(), target)));
                    true
                }
                _ => assigned(file, cursor, name, true),
            };
        }
        _ => {}
    }
    cursor.eat(":=") && assigned(file, cursor, first, false)
}

fn assigned(file: &mut Justfile, cursor: &mut Cursor<'_>, name: &str, is_exported: bool) -> bool {
    let value = cursor.expression().filter(|_| cursor.is_at_end());
    let value = value.unwrap_or(Expression::Odd("an expression that can't be read here"));
    file.variables.push(Variable { name: name.to_owned(), is_exported, value });
    true
}

/// One value or a list: strings, `true` and `false`.
fn setting_values(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    cursor.blanks();
    let is_list = cursor.eat("[");
    let mut values = Vec::new();
    loop {
        while is_list && cursor.peek().is_some_and(char::is_whitespace) {
            cursor.at += cursor.peek().map_or(0, char::len_utf8);
        }
        if is_list && cursor.eat("]") {
            return Some(values);
        }
        match cursor.expression()? {
            Expression::Text(text) | Expression::Variable(text) => values.push(text),
            _ => return None,
        }
        cursor.blanks();
        if !is_list {
            return Some(values);
        }
        cursor.eat(",");
    }
}

/// `[a, b('c'), d: 'e']`
fn attributes(cursor: &mut Cursor<'_>) -> Option<Vec<Attribute>> {
    cursor.eat("[");
    let mut attributes = Vec::new();
    loop {
        cursor.blanks();
        let name = cursor.name()?.to_owned();
        let mut values = Vec::new();
        cursor.blanks();
        if cursor.eat("(") {
            loop {
                cursor.blanks();
                if cursor.eat(")") {
                    break;
                }
                let Expression::Text(value) = cursor.string()? else { return None };
                values.push(value);
                cursor.blanks();
                cursor.eat(",");
            }
        } else if cursor.eat(":") {
            cursor.blanks();
            let Expression::Text(value) = cursor.string()? else { return None };
            values.push(value);
        }
        attributes.push(Attribute { name, values });
        cursor.blanks();
        if cursor.eat("]") {
            return cursor.is_at_end().then_some(attributes);
        }
        cursor.eat(",").then_some(())?;
    }
}

/// A recipe: its first line, and the lines below that begin with a blank. Goes past all of them.
fn recipe(cursor: &mut Cursor<'_>, line: &str) -> Recipe {
    let mut recipe = Recipe::default();
    if first_line(&mut recipe, cursor).is_none() && !recipe.name.is_empty() {
        recipe.fault = Some(line.trim().to_owned());
    }
    let rest = cursor.rest();
    cursor.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
    let mut body: Vec<&str> = Vec::new();
    while let Some(line) = cursor.rest().split_inclusive('\n').next() {
        if !line.trim().is_empty() && !line.starts_with([' ', '\t']) {
            break;
        }
        body.push(line.trim_end());
        cursor.at += line.len();
    }
    // What stands between two recipes belongs to neither, but a blank line decides whose comment one is.
    while body.last().is_some_and(|line| line.is_empty()) {
        body.pop();
    }
    let depth = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = body.first().map_or(0, depth);
    let without = |line: &&str| line.get(least.min(depth(line))..).unwrap_or_default().to_owned();
    recipe.body = body.iter().map(without).collect();
    recipe
}

fn first_line(recipe: &mut Recipe, cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.eat("@");
    recipe.name = cursor.name()?.to_owned();
    loop {
        cursor.blanks();
        if cursor.eat(":") {
            break;
        }
        let kind = if cursor.eat("*") {
            Kind::Any
        } else if cursor.eat("+") {
            Kind::Some
        } else {
            Kind::One
        };
        let is_exported = cursor.eat("$");
        let Some(name) = cursor.name() else {
            // No recipe at all, if it has no colon.
            let line = cursor.rest().lines().next().unwrap_or_default();
            recipe.name = if line.contains(':') { std::mem::take(&mut recipe.name) } else { String::new() };
            return None;
        };
        cursor.blanks();
        let default = if cursor.eat("=") {
            cursor.blanks();
            // `+` begins the next parameter.
            Some(cursor.single()?)
        } else {
            None
        };
        recipe.parameters.push(Parameter { name: name.to_owned(), kind, is_exported, default });
    }
    let mut is_after = false;
    while !cursor.is_at_end() {
        if cursor.eat("&&") {
            is_after = true;
            continue;
        }
        let has_words = cursor.eat("(");
        cursor.blanks();
        let name = cursor.name()?.to_owned();
        let mut words = Vec::new();
        if has_words {
            loop {
                cursor.blanks();
                if cursor.eat(")") {
                    break;
                }
                words.push(cursor.expression()?);
            }
        }
        let calls = if is_after { &mut recipe.after } else { &mut recipe.needs };
        calls.push(Call { name, words });
    }
    Some(())
}
