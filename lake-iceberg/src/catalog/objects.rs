//! Names → current metadata in an object store, which can write on condition but not rename.
//!
//! ```text
//! catalog/<namespace>/.properties.json    there is such a namespace
//! catalog/<namespace>/<name>.json         {"pointer": …}, or what a name is in the meantime
//! ```
//!
//! Each change is one conditional write, on condition that the object is the one that was read. A rename takes three:
//!
//! 1. the new name is *reserved* for it;
//! 2. the old name is marked as *moved* there. This is the moment of the rename: from now on nobody can commit through
//!    the old name, and the new one means the table;
//! 3. the new name gets the pointer, and the old one is free.
//!
//! Whoever finds a reservation whose old name has moved finishes the rename. Whoever wants a reserved name for itself
//! first makes itself its holder and then writes the old name anew: the rename, which reads the old name and then looks
//! whether it is the holder, cannot come to its second step any more. A name that was given up
//! stays as an object that says so, because objects cannot be removed on condition; collecting garbage removes those
//! that nobody has used for long.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::pointer::{Advance, Head, LOOKS, Pointer, decode, encode};
use crate::error::{Entry, Error, Result};
use crate::store::join;
use crate::store::objects::{Condition, Objects};

/// End of the names of pointers.
const SUFFIX: &str = ".json";

/// The pointers of a warehouse in an object store.
#[derive(Clone, Debug)]
pub(crate) struct ObjectPointers {
    objects: Objects,
    /// Location of the catalog.
    root: String,
}

/// What a name is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Pointer {
        pointer: Pointer,
        incarnation: String,
        /// Another one for each time that the pointer is written without being moved.
        #[serde(default)]
        touched: String,
    },
    Reserved {
        from: (String, String),
        id: String,
        /// The rename itself, or whoever is about to take the name away from it.
        holder: String,
    },
    Moved {
        to: (String, String),
        id: String,
        pointer: Pointer,
        incarnation: String,
    },
    Free,
}

/// A state as it was read.
#[derive(Clone, Debug)]
struct Read {
    state: State,
    tag: String,
}

type Name<'a> = (&'a str, &'a str);

impl ObjectPointers {
    pub fn new(objects: Objects, root: String) -> Self {
        Self { objects, root }
    }

    fn namespace(&self, namespace: &str) -> String {
        join(&self.root, &encode(namespace))
    }

    fn properties_of(&self, namespace: &str) -> String {
        join(&self.namespace(namespace), super::PROPERTIES)
    }

    fn location(&self, name: Name<'_>) -> String {
        join(&self.namespace(name.0), &format!("{}{SUFFIX}", encode(name.1)))
    }

    pub fn namespaces(&self) -> Result<Vec<String>> {
        let folders = self.objects.folders(&self.root)?;
        let mut found = Vec::new();
        for namespace in folders.iter().filter_map(|folder| decode(folder)) {
            if self.has_namespace(&namespace)? {
                found.push(namespace);
            }
        }
        found.sort();
        Ok(found)
    }

    pub fn has_namespace(&self, namespace: &str) -> Result<bool> {
        Ok(self.objects.get(&self.properties_of(namespace))?.is_some())
    }

    /// False if it is there already.
    pub fn make_namespace(&self, namespace: &str) -> Result<bool> {
        if self.has_namespace(namespace)? {
            return Ok(false);
        }
        Ok(self.objects.put(&self.properties_of(namespace), b"{}".to_vec(), &Condition::Absent)?.is_some())
    }

    pub fn remove_namespace(&self, namespace: &str) {
        self.objects.remove(&self.properties_of(namespace));
    }

    pub fn properties(&self, namespace: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.objects.get(&self.properties_of(namespace))?.map(|found| found.bytes.into()))
    }

    pub fn set_properties(&self, namespace: &str, properties: Vec<u8>) -> Result<()> {
        self.objects.overwrite(&self.properties_of(namespace), properties)
    }

    /// The names in a namespace, in order.
    pub fn names(&self, namespace: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for file in self.objects.list(&self.namespace(namespace))? {
            let name = crate::store::file_name(&file.location).strip_suffix(SUFFIX).and_then(decode);
            if let Some(name) = name
                && self.head(namespace, &name)?.is_some()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, name: Name<'_>) -> Result<Option<Read>> {
        let location = self.location(name);
        let Some(found) = self.objects.get(&location)? else { return Ok(None) };
        let state = serde_json::from_slice(&found.bytes)
            .map_err(|error| Error::Invalid(format!("{location} is damaged: {error}")))?;
        Ok(Some(Read { state, tag: found.tag }))
    }

    /// Writes a state in the place of another; None if another writer was first.
    fn write(&self, name: Name<'_>, state: &State, over: &Condition) -> Result<Option<String>> {
        let bytes = serde_json::to_vec(state).expect("strings are JSON");
        self.objects.put(&self.location(name), bytes, over)
    }

    /// What a name is, with renames that have happened finished, and None where it is free.
    fn settled(&self, name: Name<'_>) -> Result<Option<Read>> {
        for _ in 0..LOOKS {
            let Some(read) = self.read(name)? else { return Ok(None) };
            match &read.state {
                State::Pointer { .. } => return Ok(Some(read)),
                State::Free | State::Moved { .. } => return Ok(None),
                State::Reserved { from, id, .. } => {
                    let Some(old) = self.read((&from.0, &from.1))? else { return Ok(None) };
                    match old.state {
                        State::Moved { id: moved, pointer, incarnation, .. } if moved == *id => {
                            let state = State::Pointer { pointer, incarnation, touched: String::new() };
                            self.write(name, &state, &Condition::Tagged(read.tag))?;
                            self.write((&from.0, &from.1), &State::Free, &Condition::Tagged(old.tag))?;
                        }
                        _ => return Ok(None),
                    }
                }
            }
        }
        Err(Error::Invalid(format!("the catalog's entry of {}.{} does not hold still", name.0, name.1)))
    }

    pub fn head(&self, namespace: &str, name: &str) -> Result<Option<Head>> {
        let read = self.settled((namespace, name))?;
        Ok(read.and_then(|read| match read.state {
            State::Pointer { pointer, incarnation, .. } => {
                Some(Head { incarnation, version: 0, tag: Some(read.tag), pointer })
            }
            _ => None,
        }))
    }

    /// Writes a state to a free name.
    fn claim(&self, name: Name<'_>, state: &State, kind: Entry) -> Result<String> {
        if !self.has_namespace(name.0)? {
            return Err(Error::NotFound { entry: Entry::Namespace, name: name.0.to_owned() });
        }
        for _ in 0..LOOKS {
            if let Some(head) = self.head(name.0, name.1)? {
                return Err(Error::Exists { entry: head.pointer.kind, name: format!("{}.{}", name.0, name.1) });
            }
            let over = match self.read(name)? {
                None => Condition::Absent,
                Some(Read { state: State::Pointer { .. }, .. }) => continue,
                Some(Read { state: State::Free, tag }) => Condition::Tagged(tag),
                // Whoever is to find the table under its new name must not need this mark any more.
                Some(Read { state: State::Moved { to, .. }, .. }) => {
                    self.head(&to.0, &to.1)?;
                    continue;
                }
                Some(Read { state: State::Reserved { from, id, .. }, tag }) => {
                    let holder = Uuid::new_v4().simple().to_string();
                    let held = State::Reserved { from: from.clone(), id: id.clone(), holder };
                    let Some(tag) = self.write(name, &held, &Condition::Tagged(tag))? else { continue };
                    if !self.forestall((&from.0, &from.1), &id)? {
                        continue;
                    }
                    Condition::Tagged(tag)
                }
            };
            if let Some(tag) = self.write(name, state, &over)? {
                return Ok(tag);
            }
        }
        Err(Error::Exists { entry: kind, name: format!("{}.{}", name.0, name.1) })
    }

    /// Keeps a rename from happening any more; false if it has, or if the old name changes all the time.
    fn forestall(&self, from: Name<'_>, id: &str) -> Result<bool> {
        match self.read(from)? {
            Some(Read { state: State::Moved { id: moved, .. }, .. }) if moved == id => Ok(false),
            Some(Read { state: State::Pointer { pointer, incarnation, .. }, tag }) => {
                let state = State::Pointer { pointer, incarnation, touched: Uuid::new_v4().simple().to_string() };
                Ok(self.write(from, &state, &Condition::Tagged(tag))?.is_some())
            }
            // It can only be renamed while it is there.
            _ => Ok(true),
        }
    }

    pub fn create(&self, namespace: &str, name: &str, pointer: Pointer) -> Result<Head> {
        let incarnation = Uuid::new_v4().simple().to_string();
        let state =
            State::Pointer { pointer: pointer.clone(), incarnation: incarnation.clone(), touched: String::new() };
        let tag = self.claim((namespace, name), &state, pointer.kind)?;
        Ok(Head { incarnation, version: 0, tag: Some(tag), pointer })
    }

    pub fn advance(&self, namespace: &str, name: &str, head: &Head, pointer: Pointer) -> Result<Advance> {
        let incarnation = head.incarnation.clone();
        let state =
            State::Pointer { pointer: pointer.clone(), incarnation: incarnation.clone(), touched: String::new() };
        let over = Condition::Tagged(head.tag.clone().unwrap_or_default());
        if let Some(tag) = self.write((namespace, name), &state, &over)? {
            return Ok(Advance::Done(Head { incarnation, version: 0, tag: Some(tag), pointer }));
        }
        let now = self.head(namespace, name)?;
        let same = now.is_some_and(|now| now.incarnation == incarnation);
        Ok(if same { Advance::Lost } else { Advance::Gone })
    }

    pub fn rename(&self, from: Name<'_>, to: Name<'_>, kind: Entry) -> Result<()> {
        let not_found = || Error::NotFound { entry: kind, name: format!("{}.{}", from.0, from.1) };
        if from == to {
            return Err(Error::Exists { entry: kind, name: format!("{}.{}", to.0, to.1) });
        }
        if self.head(from.0, from.1)?.is_none() {
            return Err(not_found());
        }
        let id = Uuid::new_v4().simple().to_string();
        let reserved =
            State::Reserved { from: (from.0.to_owned(), from.1.to_owned()), id: id.clone(), holder: id.clone() };
        let reservation = self.claim(to, &reserved, kind)?;
        let moved = self.mark_as_moved(from, to, &id);
        if !matches!(moved, Ok(true)) {
            self.write(to, &State::Free, &Condition::Tagged(reservation))?;
        }
        match moved? {
            true => self.settled(to).map(drop),
            false => Err(not_found()),
        }
    }

    /// The second step of a rename; false if there is nothing to rename any more.
    fn mark_as_moved(&self, from: Name<'_>, to: Name<'_>, id: &str) -> Result<bool> {
        for _ in 0..LOOKS {
            // Somebody else may have taken the reservation away, and has then seen to it that this cannot go on.
            let Some(read) = self.settled(from)? else { return Ok(false) };
            let reserved = self.read(to)?;
            if !matches!(reserved, Some(Read { state: State::Reserved { holder, .. }, .. }) if holder == id) {
                return Err(Error::Exists { entry: Entry::Table, name: format!("{}.{}", to.0, to.1) });
            }
            let State::Pointer { pointer, incarnation, .. } = read.state else { return Ok(false) };
            let to = (to.0.to_owned(), to.1.to_owned());
            let state = State::Moved { to, id: id.to_owned(), pointer, incarnation };
            if self.write(from, &state, &Condition::Tagged(read.tag))?.is_some() {
                return Ok(true);
            }
        }
        Err(Error::Invalid(format!("{}.{} changes all the time: rename it again later", from.0, from.1)))
    }

    pub fn remove(&self, namespace: &str, name: &str, kind: Entry) -> Result<()> {
        for _ in 0..LOOKS {
            let Some(read) = self.settled((namespace, name))? else {
                return Err(Error::NotFound { entry: kind, name: format!("{namespace}.{name}") });
            };
            if self.write((namespace, name), &State::Free, &Condition::Tagged(read.tag))?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Invalid(format!("{namespace}.{name} changes all the time: remove it again later")))
    }

    /// Removes the marks of names that are free and were not touched since `before`.
    ///
    /// An object cannot be removed on condition: whoever takes such a name between the look and the removal, after it
    /// was free all that time, would lose it.
    pub fn prune(&self, before: SystemTime) -> Result<()> {
        for namespace in self.namespaces()? {
            for file in self.objects.list(&self.namespace(&namespace))? {
                let name = crate::store::file_name(&file.location).strip_suffix(SUFFIX).and_then(decode);
                let Some(name) = name.filter(|_| file.modified < before) else { continue };
                if matches!(self.read((&namespace, &name))?, Some(Read { state: State::Free, .. })) {
                    self.objects.remove(&file.location);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    const OLD: Name<'_> = ("s", "old");
    const NEW: Name<'_> = ("s", "new");

    fn pointers() -> ObjectPointers {
        let objects = Objects::new(Arc::new(InMemory::new()), "s3://bucket", "s3://bucket/lake").unwrap();
        let pointers = ObjectPointers::new(objects, "s3://bucket/lake/catalog".to_owned());
        assert!(pointers.make_namespace("s").unwrap());
        pointers
    }

    fn to(metadata: &str) -> Pointer {
        Pointer { kind: Entry::Table, metadata: metadata.to_owned() }
    }

    fn at(pointers: &ObjectPointers, name: Name<'_>) -> Option<String> {
        pointers.head(name.0, name.1).unwrap().map(|head| head.pointer.metadata)
    }

    /// A rename whose process dies after its first step.
    fn reserve(pointers: &ObjectPointers, id: &str) {
        let from = (OLD.0.to_owned(), OLD.1.to_owned());
        let reserved = State::Reserved { from, id: id.to_owned(), holder: id.to_owned() };
        pointers.claim(NEW, &reserved, Entry::Table).unwrap();
    }

    #[test]
    fn the_second_of_two_writers_loses() {
        let pointers = pointers();
        let first = pointers.create("s", "t", to("1")).unwrap();
        let Advance::Done(second) = pointers.advance("s", "t", &first, to("2")).unwrap() else { panic!("alone") };
        assert!(matches!(pointers.advance("s", "t", &first, to("other")).unwrap(), Advance::Lost));
        // A request that is repeated because its answer was lost is the same commit.
        assert!(matches!(pointers.advance("s", "t", &first, to("2")).unwrap(), Advance::Done(_)));
        pointers.remove("s", "t", Entry::Table).unwrap();
        assert!(matches!(pointers.advance("s", "t", &second, to("3")).unwrap(), Advance::Gone));
        pointers.create("s", "t", to("4")).unwrap();
        assert!(matches!(pointers.advance("s", "t", &second, to("3")).unwrap(), Advance::Gone));
        assert_eq!(at(&pointers, ("s", "t")).as_deref(), Some("4"));
    }

    #[test]
    fn a_rename_that_only_reserved_has_not_happened() {
        let pointers = pointers();
        let head = pointers.create("s", "old", to("1")).unwrap();
        reserve(&pointers, "dead");
        assert_eq!((at(&pointers, OLD).as_deref(), at(&pointers, NEW)), (Some("1"), None));
        assert_eq!(pointers.names("s").unwrap(), ["old"]);
        pointers.create("s", "new", to("2")).unwrap();
        // The process was only asleep: it cannot go on.
        assert!(pointers.mark_as_moved(OLD, NEW, "dead").is_err());
        assert_eq!((at(&pointers, OLD).as_deref(), at(&pointers, NEW).as_deref()), (Some("1"), Some("2")));
        assert!(matches!(pointers.advance("s", "old", &head, to("3")).unwrap(), Advance::Lost), "it was written anew");
    }

    #[test]
    fn a_rename_that_has_moved_is_finished_by_whoever_looks() {
        for look in [OLD, NEW] {
            let pointers = pointers();
            let head = pointers.create("s", "old", to("1")).unwrap();
            reserve(&pointers, "dead");
            assert!(pointers.mark_as_moved(OLD, NEW, "dead").unwrap());
            assert!(matches!(pointers.advance("s", "old", &head, to("late")).unwrap(), Advance::Gone));
            at(&pointers, look);
            // Either name may be asked for first, and the old one may be taken at once.
            pointers.create("s", "old", to("2")).unwrap();
            assert_eq!((at(&pointers, OLD).as_deref(), at(&pointers, NEW).as_deref()), (Some("2"), Some("1")));
            assert_eq!(pointers.create("s", "new", to("3")).unwrap_err().to_string(), "table s.new exists already");
        }
    }

    /// Somebody who wants the reserved name dies after taking it away from the rename, or is too late for that.
    #[test]
    fn who_takes_a_reservation_away_loses_no_table() {
        for late in [false, true] {
            let pointers = pointers();
            pointers.create("s", "old", to("1")).unwrap();
            reserve(&pointers, "rename");
            let read = pointers.read(NEW).unwrap().unwrap();
            let from = (OLD.0.to_owned(), OLD.1.to_owned());
            let held = State::Reserved { from, id: "rename".to_owned(), holder: "taker".to_owned() };
            if late {
                assert!(pointers.mark_as_moved(OLD, NEW, "rename").unwrap());
            }
            pointers.write(NEW, &held, &Condition::Tagged(read.tag)).unwrap().unwrap();
            assert_eq!(pointers.forestall(OLD, "rename").unwrap(), !late);
            match late {
                true => assert_eq!((at(&pointers, OLD), at(&pointers, NEW).as_deref()), (None, Some("1"))),
                false => {
                    assert!(pointers.mark_as_moved(OLD, NEW, "rename").is_err());
                    assert_eq!((at(&pointers, OLD).as_deref(), at(&pointers, NEW)), (Some("1"), None));
                    pointers.create("s", "new", to("2")).unwrap();
                }
            }
        }
    }

    #[test]
    fn free_names_leave_nothing_behind_in_the_end() {
        let pointers = pointers();
        pointers.create("s", "old", to("1")).unwrap();
        pointers.rename(OLD, NEW, Entry::Table).unwrap();
        assert_eq!(pointers.objects.list(&pointers.namespace("s")).unwrap().len(), 3);
        pointers.prune(SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(pointers.objects.list(&pointers.namespace("s")).unwrap().len(), 2);
        assert_eq!(at(&pointers, NEW).as_deref(), Some("1"));
    }
}
