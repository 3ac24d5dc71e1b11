//! Which files make up the lake: numbered manifests, each committed in one atomic step.
//!
//! A manifest names every file of events, the table of event names, the segments of shoppers'
//! names and the offset of the log up to which all of them hold it. A crash leaves the old manifest
//! or the new one; files that the newest does not name are swept away on the next start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use fanvine_kernel::event::KeptSince;
use serde::{Deserialize, Serialize};

use crate::LakeError;
use crate::depot::Depot;
use crate::narrow::{self, Index, IndexPlace};
use crate::shoppers::Segment;
use crate::uniques::KeptDays;

const FORMAT: u32 = 2;
/// The folders of a lake.
pub(crate) const FOLDERS: [&str; 3] = ["catalogue", "events", "shoppers"];

/// What the catalogue knows of a file of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileFacts {
    /// Where it lies.
    pub(crate) path: String,
    /// The bucket of all its shoppers.
    pub(crate) bucket: u16,
    /// Events in it.
    pub(crate) rows: u64,
    /// Its size.
    pub(crate) bytes: u64,
    /// The earliest moment in it, microseconds.
    pub(crate) min_at: i64,
    /// The latest.
    pub(crate) max_at: i64,
    /// The lowest shopper's number in it.
    pub(crate) min_shopper: u32,
    /// The highest.
    pub(crate) max_shopper: u32,
    /// The stretch of the log it is from. Stretches of files of one bucket never overlap.
    pub(crate) first_offset: u64,
    /// The stretch's last offset.
    pub(crate) last_offset: u64,
    /// Where the index of its narrow blocks lies.
    pub(crate) narrow: IndexPlace,
    /// It holds nothing that [`Ages`] of this number forget.
    #[serde(default)]
    pub(crate) sifted: u64,
}

/// Since when events are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ages {
    /// Which ones, counted from 1; 0 before anything was ever to be forgotten.
    pub(crate) number: u64,
    /// What is kept now.
    pub(crate) kept: KeptSince,
    /// Since when it is complete: what was forgotten does not come back when more is kept later.
    pub(crate) complete: KeptSince,
}

/// One state of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// By how many buckets shoppers are spread.
    pub(crate) buckets: u16,
    /// The log is held up to here, this offset excluded.
    pub(crate) next_offset: u64,
    /// Event names; the place is the code.
    pub(crate) names: Vec<String>,
    /// Where shoppers' names lie.
    pub(crate) shoppers: Vec<Segment>,
    /// The files, by bucket and stretch of the log.
    pub(crate) files: Vec<FileFacts>,
    /// Since when events are kept.
    #[serde(default)]
    pub(crate) ages: Ages,
}

/// A file of events, shared by the catalogue and the queries that read it.
#[derive(Debug)]
pub(crate) struct DataFile {
    /// What is known of it.
    pub(crate) facts: FileFacts,
    depot: Arc<dyn Depot>,
    replaced: AtomicBool,
    index: OnceLock<Arc<Index>>,
    /// Who is in it by day, once that was asked.
    pub(crate) days: KeptDays,
}

impl DataFile {
    /// The index of its narrow blocks, read once.
    pub(crate) fn index(&self) -> Result<Arc<Index>, LakeError> {
        if let Some(index) = self.index.get() {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(narrow::index(&*self.depot, &self.facts.path, self.facts.narrow)?);
        Ok(Arc::clone(self.index.get_or_init(|| index)))
    }

    /// To be removed as soon as nobody reads it. Only after a manifest without it is safe.
    pub(crate) fn retire(&self) {
        self.replaced.store(true, Ordering::Release);
    }
}

impl Drop for DataFile {
    fn drop(&mut self) {
        if self.replaced.load(Ordering::Acquire)
            && let Err(error) = self.depot.delete(&self.facts.path)
        {
            tracing::warn!(path = self.facts.path, %error, "a replaced file could not be removed; the next start will");
        }
    }
}

/// The newest manifest and the way to the next one.
#[derive(Debug)]
pub(crate) struct Catalogue {
    depot: Arc<dyn Depot>,
    number: u64,
    /// The newest state.
    pub(crate) manifest: Manifest,
    made: u64,
}

impl Catalogue {
    /// Reads the newest manifest, checks that its files are whole, and sweeps away all others.
    pub(crate) fn open(depot: Arc<dyn Depot>, buckets: u16) -> Result<Self, LakeError> {
        let empty = Manifest {
            format: FORMAT,
            buckets,
            next_offset: 0,
            names: Vec::new(),
            shoppers: Vec::new(),
            files: Vec::new(),
            ages: Ages::default(),
        };
        let newest = newest(&*depot)?;
        let manifest = newest.manifest.unwrap_or(empty);
        if manifest.buckets != buckets {
            return Err(LakeError::Buckets { found: manifest.buckets, wanted: buckets });
        }
        let catalogue = Self { depot, number: newest.highest, manifest, made: 0 };
        catalogue.check()?;
        if newest.all_readable {
            catalogue.sweep()?;
        }
        Ok(catalogue)
    }

    /// A path that no file has had since the lake was opened.
    pub(crate) fn new_path(&mut self, folder: &str, label: &str) -> String {
        self.made += 1;
        format!("{folder}/{:010}-{:04}{label}", self.number + 1, self.made)
    }

    /// A handle on a file.
    pub(crate) fn file(&self, facts: FileFacts) -> Arc<DataFile> {
        Arc::new(DataFile {
            facts,
            depot: Arc::clone(&self.depot),
            replaced: AtomicBool::new(false),
            index: OnceLock::new(),
            days: KeptDays::default(),
        })
    }

    /// Makes `next` the state of the lake. All its files must be sealed already.
    pub(crate) fn commit(&mut self, mut next: Manifest) -> Result<(), LakeError> {
        next.files.sort_by_key(|file| (file.bucket, file.first_offset));
        for folder in ["events", "shoppers"] {
            self.depot.settle(folder).map_err(LakeError::io("settle", folder))?;
        }
        let path = manifest_path(self.number + 1);
        let bytes = serde_json::to_vec(&next)
            .map_err(|error| LakeError::Damaged { path: path.clone(), reason: error.to_string() })?;
        self.depot.publish(&path, &bytes).map_err(LakeError::io("publish", &path))?;
        let replaced: Vec<String> = self
            .manifest
            .shoppers
            .iter()
            .filter(|segment| !next.shoppers.contains(segment))
            .map(|segment| segment.path.clone())
            .collect();
        self.number += 1;
        self.manifest = next;
        for path in replaced.into_iter().chain(self.number.checked_sub(2).map(manifest_path)) {
            if let Err(error) = self.depot.delete(&path) {
                tracing::warn!(path, %error, "an old file could not be removed; the next start will");
            }
        }
        Ok(())
    }

    /// After a commit that failed: whether its manifest may be there nevertheless.
    pub(crate) fn next_may_exist(&self) -> bool {
        !matches!(self.depot.size(&manifest_path(self.number + 1)), Ok(None))
    }

    fn check(&self) -> Result<(), LakeError> {
        let files = self.manifest.files.iter().map(|file| (&file.path, file.bytes));
        let segments = self.manifest.shoppers.iter().map(|segment| (&segment.path, segment.bytes));
        for (path, bytes) in files.chain(segments) {
            let size = self.depot.size(path).map_err(LakeError::io("look at", path))?;
            if size != Some(bytes) {
                let found = size.map_or("it is missing".to_owned(), |size| format!("it has {size} bytes, not {bytes}"));
                return Err(LakeError::Damaged { path: path.clone(), reason: found });
            }
        }
        Ok(())
    }

    fn sweep(&self) -> Result<(), LakeError> {
        let newest = manifest_path(self.number);
        let known: HashSet<&str> = self
            .manifest
            .files
            .iter()
            .map(|file| file.path.as_str())
            .chain(self.manifest.shoppers.iter().map(|segment| segment.path.as_str()))
            .chain([newest.as_str()])
            .collect();
        for folder in FOLDERS {
            for path in self.depot.list(folder).map_err(LakeError::io("list", folder))? {
                if !known.contains(path.as_str()) {
                    self.depot.delete(&path).map_err(LakeError::io("remove", &path))?;
                }
            }
        }
        Ok(())
    }
}

fn manifest_path(number: u64) -> String {
    format!("catalogue/{number:020}.json")
}

/// What every manifest says, whatever its format.
#[derive(Deserialize)]
struct Formatted {
    format: u32,
}

struct Newest {
    /// The highest number of any manifest.
    highest: u64,
    /// The newest that can be read.
    manifest: Option<Manifest>,
    all_readable: bool,
}

/// The newest manifest. One that cannot be read is passed over for the one before, whose files
/// [`Catalogue::check`] then finds whole or says what is missing; and nothing is swept away then, for
/// the unreadable one may name it.
fn newest(depot: &dyn Depot) -> Result<Newest, LakeError> {
    let mut newest = Newest { highest: 0, manifest: None, all_readable: true };
    let mut unreadable = None;
    let paths = depot.list("catalogue").map_err(LakeError::io("list", "catalogue"))?;
    for path in paths.into_iter().rev() {
        let Some(number) = path
            .strip_prefix("catalogue/")
            .and_then(|name| name.strip_suffix(".json"))
            .and_then(|digits| digits.parse::<u64>().ok())
        else {
            continue;
        };
        newest.highest = newest.highest.max(number);
        let bytes = depot.read(&path).map_err(LakeError::io("read", &path))?;
        if let Ok(Formatted { format }) = serde_json::from_slice(&bytes)
            && format != FORMAT
        {
            let hint =
                if format < FORMAT { "; remove the lake's folder, and it is filled again from the log" } else { "" };
            let reason = format!("it has format {format}, this program knows {FORMAT}{hint}");
            return Err(LakeError::Damaged { path, reason });
        }
        match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(manifest) => {
                newest.manifest = Some(manifest);
                return Ok(newest);
            }
            Err(error) => {
                tracing::error!(path, %error, "a manifest is unreadable; the one before it is used");
                newest.all_readable = false;
                unreadable = Some(LakeError::Damaged { path, reason: error.to_string() });
            }
        }
    }
    unreadable.map_or(Ok(newest), Err)
}
