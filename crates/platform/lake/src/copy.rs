//! What a copy of a lake needs, found in its files alone: nobody has to open the lake, and whoever has it open goes on.

use std::fs;
use std::path::Path;

use crate::LakeError;
use crate::catalogue::Manifest;

/// One state of a lake. Its files are never changed, but may be gone before they are copied, merged into others: then ask
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFiles {
    /// The file that makes the others count, relative to the lake's folder, and what it held.
    pub manifest: (String, Vec<u8>),
    /// The others and their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// The log is held up to here, this offset excluded.
    pub next_offset: u64,
}

/// The newest state of the lake in `root`; none before it was first written.
///
/// # Errors
/// [`LakeError::Damaged`] if no manifest can be read though there is one.
pub fn lake_files(root: &Path) -> Result<Option<LakeFiles>, LakeError> {
    let folder = root.join("catalogue");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LakeError::io("list", "catalogue")(error)),
    };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".json"));
    names.sort_unstable();
    let mut unreadable = None;
    for name in names.into_iter().rev() {
        let path = format!("catalogue/{name}");
        // One that is gone was replaced by a newer one: who asks again finds it.
        let bytes = fs::read(root.join(&path)).map_err(LakeError::io("read", &path))?;
        match serde_json::from_slice::<Manifest>(&bytes) {
            Ok(manifest) => {
                let events = manifest.files.iter().map(|file| (file.path.clone(), file.bytes));
                let shoppers = manifest.shoppers.iter().map(|segment| (segment.path.clone(), segment.bytes));
                let files = events.chain(shoppers).collect();
                return Ok(Some(LakeFiles { manifest: (path, bytes), files, next_offset: manifest.next_offset }));
            }
            Err(error) => unreadable = Some(LakeError::Damaged { path, reason: error.to_string() }),
        }
    }
    unreadable.map_or(Ok(None), Err)
}
