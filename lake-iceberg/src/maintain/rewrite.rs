//! Which files of a table are better written anew.

use std::collections::BTreeMap;

use iceberg::spec::DataContentType;

use crate::commit::{Contents, LiveFile};
use crate::error::Result;
use crate::table::Table;

impl Table {
    /// The data files that are smaller than `threshold_bytes`, have deleted rows, or are partitioned otherwise than the
    /// table is now. One small file alone in its partition stays: written anew it would be as small.
    pub async fn worth_rewriting(&self, threshold_bytes: u64) -> Result<Vec<String>> {
        let contents = Contents::load(self).await?;
        let spec = self.metadata().default_partition_spec_id();
        let mut chosen: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for live in contents.data_files() {
            let file = live.file();
            let other = live.spec_id != spec || contents.deletes.iter().any(|delete| may_delete_from(delete, live));
            if other || file.file_size_in_bytes() < threshold_bytes {
                let partition = format!("{} {:?}", live.spec_id, file.partition());
                chosen.entry(partition).or_default().push((file.file_path().to_owned(), other));
            }
        }
        let useful = chosen.into_values().filter(|files| files.len() > 1 || files.iter().any(|(_, other)| *other));
        Ok(useful.flatten().map(|(file, _)| file).collect())
    }
}

/// Whether a delete file may hold rows of a data file.
fn may_delete_from(delete: &LiveFile, data: &LiveFile) -> bool {
    let older = data.entry.sequence_number() <= delete.entry.sequence_number();
    older
        && match delete.file().referenced_data_file() {
            Some(path) => path == data.file().file_path(),
            None if delete.entry.content_type() == DataContentType::EqualityDeletes => true,
            None => delete.spec_id == data.spec_id && delete.file().partition() == data.file().partition(),
        }
}
