//! `extends` of a service: it goes over another service, of the same file or of another.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::compose::model::{Loader, Place, Tree, Unreadable, canonical, is_elsewhere, merge, resources};
use crate::system::paths;

/// Services of one file that may extend one another.
struct Extended<'a> {
    file: PathBuf,
    services: Tree,
    /// What is cleared in a service that is extended: by its own file, and by those that led to it.
    cleared: Vec<&'a [Vec<String>]>,
}

impl Loader<'_> {
    /// Puts each service of a file over the one that it extends.
    pub(super) fn extend_services(
        &mut self,
        tree: &mut Tree,
        file: &Path,
        place: Place<'_>,
        cleared: &[Vec<String>],
    ) -> Result<(), Unreadable> {
        let Some(Value::Object(services)) = tree.get_mut("services") else { return Ok(()) };
        let names: Vec<String> = services.keys().cloned().collect();
        let mut extended =
            Extended { file: file.to_owned(), services: std::mem::take(services), cleared: vec![cleared] };
        for name in names {
            self.extend(&name, &mut extended, place, &mut Vec::new())?;
        }
        tree.insert("services".to_owned(), Value::Object(extended.services));
        Ok(())
    }

    /// The service of a name with what it extends, which it then has in `extended` too. `seen`: those that led to it.
    fn extend(
        &mut self,
        name: &str,
        extended: &mut Extended<'_>,
        place: Place<'_>,
        seen: &mut Vec<(PathBuf, String)>,
    ) -> Result<Value, Unreadable> {
        let file = extended.file.clone();
        let Some(service) = extended.services.get(name) else {
            return Err(self.at(&file, format!("a service extends `{name}`, which is not there")));
        };
        let (base, other) = match service.get("extends") {
            None | Some(Value::Null) => return Ok(service.clone()),
            Some(Value::String(base)) => (base.clone(), None),
            Some(long) => match long.get("service").and_then(Value::as_str) {
                Some(base) => (base.to_owned(), long.get("file").and_then(Value::as_str).map(str::to_owned)),
                None => return Err(self.at(&file, format!("`extends` of `{name}` names no service"))),
            },
        };
        let here = (file.clone(), name.to_owned());
        if seen.contains(&here) {
            return Err(self.at(&file, format!("`{name}` extends itself")));
        }
        if seen.len() > DEEPEST {
            return Err(Unreadable { too_much: true, ..self.at(&file, "services extend one another too deeply") });
        }
        seen.push(here);
        let mut service = service.clone();
        let mut source = match other {
            None => self.extend(&base, extended, place, seen)?,
            Some(other) => self.extend_from(&other, &base, extended, place, seen)?,
        };
        seen.pop();
        for cleared in &extended.cleared {
            clear(name, &mut source, cleared);
        }
        if let Value::Object(map) = &mut service {
            map.remove("extends");
        }
        let merged = if source.is_null() { service } else { merge::services(source, service) };
        self.take(&file, &merged)?;
        extended.services.insert(name.to_owned(), merged.clone());
        Ok(merged)
    }

    /// A service of another file, with what it extends itself.
    fn extend_from(
        &mut self,
        other: &str,
        base: &str,
        extended: &Extended<'_>,
        place: Place<'_>,
        seen: &mut Vec<(PathBuf, String)>,
    ) -> Result<Value, Unreadable> {
        if is_elsewhere(other) {
            return Err(
                self.at(&extended.file, format!("it extends a service of `{other}`, which is not on this machine"))
            );
        }
        let path = paths::absolute(place.dir, Path::new(other));
        let dir = path.parent().unwrap_or(place.dir).to_owned();
        let mut tree = Tree::new();
        let mut own_cleared = Vec::new();
        for document in self.documents(&path, place.variables)? {
            let own = self.top(&path, document.value)?;
            merge::clear(&mut tree, &document.cleared);
            tree = merge::maps(tree, own, &[]);
            canonical::expand(&mut tree);
            own_cleared = document.cleared;
        }
        resources::resolve_written(&mut tree, &dir, place.variables);
        let services = match tree.remove("services") {
            Some(Value::Object(services)) => services,
            _ => Tree::new(),
        };
        let mut cleared = extended.cleared.clone();
        cleared.push(&own_cleared);
        let mut there = Extended { file: path, services, cleared };
        self.extend(base, &mut there, Place { dir: &dir, ..place }, seen)
    }
}

/// How many services may extend one another in a row.
const DEEPEST: usize = 50;

/// Drops what is cleared of a service.
fn clear(name: &str, service: &mut Value, cleared: &[Vec<String>]) {
    if let Value::Object(map) = service {
        let own: Vec<Vec<String>> = cleared
            .iter()
            .filter(|path| path.len() > 2 && path[0] == "services" && path[1] == name)
            .map(|path| path[2..].to_vec())
            .collect();
        merge::clear(map, &own);
    }
}
