//! Processes that share tables and a journal: what one of them holds dies with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream::BoxStream;
use lake_core::engine::Engine;
use lake_core::journal::Journal;
use lake_core::project::Project;
use lake_core::run::clock::Clock;
use lake_core::run::landing::Landing;
use lake_core::run::session::Session;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::{Faulty, Life, ModelEngine};

/// Tables and a journal that outlive processes.
#[derive(Default)]
pub struct World {
    /// A connection that no process holds.
    pub engine: ModelEngine,
    journal: Arc<InMemory>,
}

impl World {
    /// The same journal over another engine.
    pub fn with_engine(engine: ModelEngine) -> Self {
        Self { engine, journal: Arc::default() }
    }

    /// Another world that has come to the same point.
    pub fn fork(&self) -> Self {
        Self { engine: self.engine.fork(), journal: Arc::new(self.journal.fork()) }
    }

    /// A new process, which may be doomed to die at a write of its journal.
    pub fn start(&self, project: Project, landing: Box<dyn Landing>, death: Option<Death>) -> Process {
        let engine = Arc::new(self.engine.connect());
        let life = engine.life();
        let journal = journal(self.journal.clone(), engine.life(), death);
        let session = Session::with(project, engine.clone(), journal, landing, Arc::new(EngineClock(engine)));
        Process { session, life }
    }
}

/// A journal in a folder, for processes whose engine is another one.
pub struct Place {
    journal: PathBuf,
    /// Milliseconds that sleeping processes have let pass.
    slept: Arc<AtomicU64>,
}

impl Place {
    /// The journal of a folder that is there.
    pub fn new(journal: PathBuf) -> Self {
        Self { journal, slept: Arc::default() }
    }

    /// The copy of this place in another folder.
    pub fn copied_to(&self, journal: PathBuf) -> Self {
        Self { journal, slept: Arc::new(AtomicU64::new(self.slept.load(Ordering::SeqCst))) }
    }

    /// A new process; its journal dies with its engine.
    pub fn start<E: Engine + 'static>(
        &self,
        engine: Arc<Faulty<E>>,
        project: Project,
        landing: Box<dyn Landing>,
        death: Option<Death>,
    ) -> Process {
        let life = engine.life();
        let store = LocalFileSystem::new_with_prefix(&self.journal).expect("the journal's folder is there");
        let journal = journal(Arc::new(store), life.clone(), death);
        let session = Session::with(project, engine, journal, landing, Arc::new(SleeplessClock(self.slept.clone())));
        Process { session, life }
    }
}

fn journal(inner: Arc<dyn ObjectStore>, life: Life, death: Option<Death>) -> Journal {
    let store = MortalStore { inner, life, death, writes: AtomicU64::new(0) };
    Journal::new(Arc::new(store)).expect("a runtime for the journal can be had")
}

/// A session and the life of its process.
pub struct Process {
    session: Session,
    life: Life,
}

impl Process {
    /// Whether it lives. A call may return after its death: nobody hears of what it returns.
    pub fn is_alive(&self) -> bool {
        self.life.is_alive()
    }
}

impl std::ops::Deref for Process {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// The engine's time, which passes only when something happens.
struct EngineClock(Arc<ModelEngine>);

impl Clock for EngineClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.now()).expect("virtual time stays near its start")
    }

    fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

/// The machine's time and what was slept, for which nobody waits.
struct SleeplessClock(Arc<AtomicU64>);

impl Clock for SleeplessClock {
    fn now(&self) -> DateTime<Utc> {
        let slept = i64::try_from(self.0.load(Ordering::SeqCst)).expect("no test sleeps that long");
        Utc::now() + TimeDelta::milliseconds(slept)
    }

    fn sleep(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).expect("no test sleeps that long");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

/// When the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// Before this write or deletion, counted from 1.
    Before(u64),
    /// Behind it.
    After(u64),
}

/// The journal's store as one process sees it.
#[derive(Debug)]
struct MortalStore {
    inner: Arc<dyn ObjectStore>,
    life: Life,
    death: Option<Death>,
    writes: AtomicU64,
}

fn dead() -> Error {
    Error::Generic { store: "mortal", source: "the process has died".into() }
}

impl MortalStore {
    fn alive(&self) -> Result<()> {
        match self.life.is_alive() {
            true => Ok(()),
            false => Err(dead()),
        }
    }

    fn before_write(&self) -> Result<u64> {
        self.alive()?;
        let write = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if self.death == Some(Death::Before(write)) {
            self.life.end();
        }
        self.alive()?;
        Ok(write)
    }

    fn after_write(&self, write: u64) -> Result<()> {
        if self.death == Some(Death::After(write)) {
            self.life.end();
        }
        self.alive()
    }
}

impl fmt::Display for MortalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mortal")
    }
}

#[async_trait::async_trait]
impl ObjectStore for MortalStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let write = self.before_write()?;
        let result = self.inner.put_opts(location, payload, opts).await;
        self.after_write(write)?;
        result
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.alive()?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.before_write() {
            Ok(write) => {
                let (life, doomed) = (self.life.clone(), self.death == Some(Death::After(write)));
                Box::pin(self.inner.delete_stream(locations).map(move |deleted| match doomed {
                    true => {
                        life.end();
                        Err(dead())
                    }
                    false => deleted,
                }))
            }
            Err(error) => Box::pin(futures::stream::once(async move { Err(error) })),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.alive() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => Box::pin(futures::stream::once(async move { Err(error) })),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
