//! The manifests of the next snapshot: those of the current one, without what goes, with what comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iceberg::spec::{
    DataContentType, DataFile, ManifestContentType, ManifestEntryRef, ManifestFile, ManifestListWriter, ManifestWriter,
    ManifestWriterBuilder, PartitionSpec, SchemaRef,
};
use uuid::Uuid;

use super::Pending;
use crate::error::{Error, Result};
use crate::store::join;
use crate::table::Table;
use crate::write::WrittenPaths;
use crate::write::deletes::DeleteFile;

/// So many manifests become one, unless the table's properties say otherwise.
const MERGE_COUNT: usize = 100;
/// Manifests of this size are left alone.
const MERGED_BYTES: i64 = 8 << 20;

/// The live files of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub manifests: Vec<LoadedManifest>,
    data: BTreeMap<String, LiveFile>,
    pub deletes: Vec<LiveFile>,
}

/// A manifest and its entries.
#[derive(Debug)]
pub(crate) struct LoadedManifest {
    pub file: ManifestFile,
    pub entries: Vec<ManifestEntryRef>,
    /// The table's columns when it was written.
    pub schema: SchemaRef,
}

impl LoadedManifest {
    async fn load(table: &iceberg::table::Table, file: ManifestFile) -> Result<Self> {
        let (entries, metadata) = file.load_manifest(table.file_io()).await?.into_parts();
        Ok(Self { file, entries, schema: metadata.schema().clone() })
    }
}

/// A file that a snapshot reads.
#[derive(Clone, Debug)]
pub(crate) struct LiveFile {
    pub entry: ManifestEntryRef,
    pub spec_id: i32,
    /// The table's columns when its manifest was written, which give the types of its partition values.
    pub schema: SchemaRef,
    /// The manifest that names it,
    pub manifest: Arc<str>,
    /// and where in that.
    pub position: usize,
}

impl LiveFile {
    pub fn file(&self) -> &DataFile {
        self.entry.data_file()
    }
}

impl Contents {
    /// Loads the files of the table's current snapshot.
    pub async fn load(table: &Table) -> Result<Self> {
        match table.snapshot() {
            Some(snapshot) => Self::load_snapshot(&table.inner, snapshot).await,
            None => Ok(Self::default()),
        }
    }

    pub async fn load_snapshot(table: &iceberg::table::Table, snapshot: &iceberg::spec::SnapshotRef) -> Result<Self> {
        let mut contents = Self::default();
        for file in table.manifest_list_reader(snapshot).load().await?.entries() {
            let loaded = LoadedManifest::load(table, file.clone()).await?;
            let manifest: Arc<str> = file.manifest_path.as_str().into();
            for (position, entry) in loaded.entries.iter().enumerate().filter(|(_, entry)| entry.is_alive()) {
                let (spec_id, schema) = (file.partition_spec_id, loaded.schema.clone());
                let live = LiveFile { entry: entry.clone(), spec_id, schema, manifest: manifest.clone(), position };
                match entry.content_type() {
                    DataContentType::Data => {
                        contents.data.insert(entry.file_path().to_owned(), live);
                    }
                    _ => contents.deletes.push(live),
                }
            }
            contents.manifests.push(loaded);
        }
        Ok(contents)
    }

    pub fn data_file(&self, path: &str) -> Option<&LiveFile> {
        self.data.get(path)
    }

    pub fn data_files(&self) -> impl Iterator<Item = &LiveFile> {
        self.data.values()
    }
}

/// What was written for an attempt to commit. Removed again unless it is kept.
pub(crate) struct WrittenManifests {
    /// Path of the manifest list.
    pub list: String,
    /// Files that the snapshot no longer has.
    pub dropped: Vec<DataFile>,
    written: WrittenPaths,
}

impl WrittenManifests {
    pub async fn write(current: &Table, pending: &Pending, snapshot_id: i64, location: &str) -> Result<Self> {
        let mut output = Output::new(current, snapshot_id, location);
        let mut manifests = Vec::new();
        let mut dropped = Vec::new();
        if pending.change.removed.is_empty() {
            manifests = existing_manifests(current).await?;
        } else {
            let contents = Contents::load(current).await?;
            for manifest in contents.manifests {
                let gone = gone_from(&manifest, &pending.change.removed);
                if gone.is_empty() {
                    manifests.push(manifest.file);
                    continue;
                }
                manifests.push(output.rewrite(std::slice::from_ref(&manifest), &gone).await?);
                let files = manifest.entries.iter().filter(|entry| gone.contains(entry.file_path()));
                dropped.extend(files.map(|entry| entry.data_file().clone()));
            }
        }
        let mut manifests = output.merge(manifests).await?;
        if !pending.change.added.is_empty() {
            let added = &pending.change.added;
            let files = added.files.iter().collect::<Vec<_>>();
            let schema = current.metadata().current_schema().clone();
            manifests.push(output.add(ManifestContentType::Data, added.spec_id, &schema, &files).await?);
        }
        let mut groups: BTreeMap<(i32, i32), (SchemaRef, Vec<&DataFile>)> = BTreeMap::new();
        for DeleteFile { spec_id, schema, file } in &pending.delete_files {
            let schema = output.fitting(*spec_id, schema)?;
            groups.entry((*spec_id, schema.schema_id())).or_insert_with(|| (schema, vec![])).1.push(file);
        }
        for ((spec_id, _), (schema, files)) in groups {
            manifests.push(output.add(ManifestContentType::Deletes, spec_id, &schema, &files).await?);
        }
        let list = output.list(manifests).await?;
        Ok(Self { list, dropped, written: output.written })
    }

    /// They are committed, or may be.
    pub fn keep(&self) {
        self.written.keep();
    }
}

async fn existing_manifests(table: &Table) -> Result<Vec<ManifestFile>> {
    let Some(snapshot) = table.snapshot() else { return Ok(Vec::new()) };
    let list = table.inner.manifest_list_reader(snapshot).load().await?;
    // A manifest without live files only records what an earlier snapshot has removed.
    let live = |manifest: &&ManifestFile| manifest.has_added_files() || manifest.has_existing_files();
    Ok(list.entries().iter().filter(live).cloned().collect())
}

/// The live files of a manifest that go: removed data files, and delete files that belong to one of them.
fn gone_from(manifest: &LoadedManifest, removed: &BTreeSet<String>) -> BTreeSet<String> {
    let goes = |entry: &&ManifestEntryRef| match entry.content_type() {
        DataContentType::Data => removed.contains(entry.file_path()),
        DataContentType::PositionDeletes => {
            entry.data_file().referenced_data_file().is_some_and(|file| removed.contains(&file))
        }
        DataContentType::EqualityDeletes => false,
    };
    let live = manifest.entries.iter().filter(|entry| entry.is_alive());
    live.filter(goes).map(|entry| entry.file_path().to_owned()).collect()
}

struct Output<'a> {
    table: &'a Table,
    snapshot_id: i64,
    folder: String,
    id: Uuid,
    count: usize,
    written: WrittenPaths,
}

impl<'a> Output<'a> {
    fn new(table: &'a Table, snapshot_id: i64, location: &str) -> Self {
        let written = WrittenPaths::new(table.warehouse.store());
        Self { table, snapshot_id, folder: join(location, "metadata"), id: Uuid::new_v4(), count: 0, written }
    }

    fn path(&self, name: &str) -> String {
        let path = join(&self.folder, name);
        self.written.record(path.clone());
        path
    }

    /// The schema to write files of a spec with: the current one, unless a column by which they are partitioned had
    /// another type in the schema that they were written with.
    fn fitting(&self, spec_id: i32, written: &SchemaRef) -> Result<SchemaRef> {
        let current = self.table.metadata().current_schema();
        let spec = self.spec(spec_id)?;
        let same = match (spec.partition_type(current), spec.partition_type(written)) {
            (Ok(now), Ok(then)) => now == then,
            (now, _) => now.is_ok(),
        };
        Ok(if same { current.clone() } else { written.clone() })
    }

    fn spec(&self, spec_id: i32) -> Result<Arc<PartitionSpec>> {
        let spec = self.table.metadata().partition_spec_by_id(spec_id);
        spec.cloned().ok_or_else(|| Error::Invalid(format!("the table has no partition spec {spec_id}")))
    }

    fn manifest(&mut self, content: ManifestContentType, spec_id: i32, schema: &SchemaRef) -> Result<ManifestWriter> {
        let path = self.path(&format!("{}-m{}.avro", self.id, self.count));
        self.count += 1;
        let spec = self.spec(spec_id)?;
        let builder = ManifestWriterBuilder::new(
            self.table.inner.file_io().new_output(path)?,
            Some(self.snapshot_id),
            schema.clone(),
            Arc::unwrap_or_clone(spec),
        );
        Ok(match content {
            ManifestContentType::Data => builder.build_v2_data(),
            ManifestContentType::Deletes => builder.build_v2_deletes(),
        })
    }

    async fn add(
        &mut self,
        content: ManifestContentType,
        spec_id: i32,
        schema: &SchemaRef,
        files: &[&DataFile],
    ) -> Result<ManifestFile> {
        let mut writer = self.manifest(content, spec_id, schema)?;
        for file in files {
            // The sequence number is inherited from the snapshot.
            writer.add_file((*file).clone(), -1)?;
        }
        Ok(writer.write_manifest_file().await?)
    }

    /// The live entries of manifests of one content and spec as one manifest, with the files in `gone` marked as
    /// deleted; the others keep their snapshot and sequence numbers.
    async fn rewrite(&mut self, manifests: &[LoadedManifest], gone: &BTreeSet<String>) -> Result<ManifestFile> {
        let first = &manifests[0].file;
        let schema = self.fitting(first.partition_spec_id, &manifests[0].schema)?;
        let mut writer = self.manifest(first.content, first.partition_spec_id, &schema)?;
        for manifest in manifests {
            for entry in manifest.entries.iter().filter(|entry| entry.is_alive()) {
                let sequence = entry.sequence_number().unwrap_or_default();
                let file = entry.data_file().clone();
                if gone.contains(entry.file_path()) {
                    writer.add_delete_file(file, sequence, entry.file_sequence_number)?;
                } else {
                    let snapshot_id = entry.snapshot_id().unwrap_or(manifest.file.added_snapshot_id);
                    writer.add_existing_file(file, snapshot_id, sequence, entry.file_sequence_number)?;
                }
            }
        }
        Ok(writer.write_manifest_file().await?)
    }

    /// Makes one manifest of many small ones, so that planning does not get slower with each commit.
    async fn merge(&mut self, manifests: Vec<ManifestFile>) -> Result<Vec<ManifestFile>> {
        let mut small: BTreeMap<(bool, i32), Vec<ManifestFile>> = BTreeMap::new();
        let mut kept = Vec::new();
        for manifest in manifests {
            // Those of this commit tell what it removes.
            let mergeable = manifest.added_snapshot_id != self.snapshot_id && manifest.manifest_length < MERGED_BYTES;
            match mergeable {
                true => {
                    let data = manifest.content == ManifestContentType::Data;
                    small.entry((data, manifest.partition_spec_id)).or_default().push(manifest);
                }
                false => kept.push(manifest),
            }
        }
        for group in small.into_values() {
            if group.len() < self.merge_count() {
                kept.extend(group);
                continue;
            }
            // Values of a partition are of one type in a manifest.
            let mut loaded: BTreeMap<i32, Vec<LoadedManifest>> = BTreeMap::new();
            for file in group {
                let manifest = LoadedManifest::load(&self.table.inner, file).await?;
                let schema = self.fitting(manifest.file.partition_spec_id, &manifest.schema)?;
                loaded.entry(schema.schema_id()).or_default().push(manifest);
            }
            for manifests in loaded.into_values() {
                kept.push(self.rewrite(&manifests, &BTreeSet::new()).await?);
            }
        }
        Ok(kept)
    }

    fn merge_count(&self) -> usize {
        let property = self.table.metadata().properties().get("commit.manifest.min-count-to-merge");
        property.and_then(|count| count.parse().ok()).unwrap_or(MERGE_COUNT).max(2)
    }

    async fn list(&mut self, manifests: Vec<ManifestFile>) -> Result<String> {
        let path = self.path(&format!("snap-{}-{}.avro", self.snapshot_id, self.id));
        let sequence = self.table.metadata().next_sequence_number();
        let output = self.table.inner.file_io().new_output(path.clone())?;
        let parent = self.table.snapshot_id();
        let mut writer = ManifestListWriter::v2(output.writer().await?, self.snapshot_id, parent, sequence);
        writer.add_manifests(manifests.into_iter())?;
        writer.close().await?;
        Ok(path)
    }
}
