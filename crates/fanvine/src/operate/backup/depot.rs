//! The folder of backups: contents under their digests, each kept once, and the manifests that name them.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::{Entry, FORMAT, Manifest};

const CHUNK: usize = 1 << 20;

/// An open folder of backups. One program has it at a time.
pub struct Depot {
    root: PathBuf,
    made: u64,
    /// What was written since it was opened, in bytes.
    pub written: u64,
    _lock: File,
}

impl Depot {
    /// Opens the folder, making it where it is missing.
    pub fn open(root: &Path) -> Result<Self> {
        for folder in ["objects", "backups", "drafts"] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let lock = File::create(root.join("lock")).with_context(|| format!("cannot write in {}", root.display()))?;
        ensure!(lock.try_lock().is_ok(), "another process has the backups in {} open", root.display());
        // What a crash left there is of no use.
        for entry in fs::read_dir(root.join("drafts"))? {
            let path = entry?.path();
            if path.is_dir() { fs::remove_dir_all(&path)? } else { fs::remove_file(&path)? }
        }
        Ok(Self { root: root.to_owned(), made: 0, written: 0, _lock: lock })
    }

    /// A path for something that is not kept yet.
    pub fn draft(&mut self) -> PathBuf {
        self.made += 1;
        self.root.join("drafts").join(self.made.to_string())
    }

    /// The names of the backups, oldest first.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join("backups"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(".json").map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The backup of that name.
    pub fn manifest(&self, name: &str) -> Result<Manifest> {
        let path = self.root.join("backups").join(format!("{name}.json"));
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).with_context(|| format!("{} is not a backup", path.display()))?;
        ensure!(manifest.format == FORMAT, "{} has format {}, not {FORMAT}", path.display(), manifest.format);
        Ok(manifest)
    }

    /// Keeps the first `bytes` bytes of a file, or all of it.
    pub fn keep(&mut self, path: &str, source: &Path, bytes: Option<u64>) -> Result<Entry> {
        let file = File::open(source).with_context(|| format!("cannot read {}", source.display()))?;
        let wanted = bytes.unwrap_or(u64::MAX);
        let entry = self.keep_from(path, file.take(wanted)).with_context(|| source.display().to_string())?;
        ensure!(bytes.is_none_or(|bytes| bytes == entry.bytes), "{} became shorter", source.display());
        Ok(entry)
    }

    /// Keeps a file that is never changed. If `known` has it, it is not read again.
    pub fn keep_fixed(&mut self, path: &str, source: &Path, bytes: u64, known: &Known) -> Result<Entry> {
        let about = fs::metadata(source).with_context(|| format!("cannot read {}", source.display()))?;
        let modified_us = Some(about.mtime() * 1_000_000 + about.mtime_nsec() / 1_000);
        if let Some(before) = known.0.get(path)
            && (before.bytes, before.modified_us) == (bytes, modified_us)
            && self.holds(before)
        {
            return Ok(before.clone());
        }
        Ok(Entry { modified_us, ..self.keep(path, source, Some(bytes))? })
    }

    /// Keeps what `content` holds.
    pub fn keep_from(&mut self, path: &str, mut content: impl Read) -> Result<Entry> {
        let draft = self.draft();
        let mut file = File::create(&draft).with_context(|| format!("cannot write {}", draft.display()))?;
        let (mut digest, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
        loop {
            let read = match content.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            digest.update(&chunk[..read]);
            file.write_all(&chunk[..read]).with_context(|| format!("cannot write {}", draft.display()))?;
            bytes += read as u64;
        }
        let entry = Entry { path: path.to_owned(), bytes, sha256: hex(&digest.finalize()), modified_us: None };
        if self.holds(&entry) {
            fs::remove_file(&draft)?;
            return Ok(entry);
        }
        file.sync_all()?;
        let target = self.object(&entry);
        let folder = target.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        fs::rename(&draft, &target)?;
        File::open(folder)?.sync_all()?;
        self.written += bytes;
        Ok(entry)
    }

    /// Makes a backup count. Everything it names must be kept already.
    pub fn publish(&self, name: &str, manifest: &Manifest) -> Result<()> {
        let folder = self.root.join("backups");
        let (draft, target) = (self.root.join("drafts/manifest"), folder.join(format!("{name}.json")));
        ensure!(!target.exists(), "there is a backup {name} already");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(manifest)?)?;
        file.sync_all()?;
        File::open(self.root.join("objects"))?.sync_all()?;
        fs::rename(&draft, &target)?;
        File::open(&folder)?.sync_all()?;
        Ok(())
    }

    /// Removes all but the newest `keep` backups, and the contents nobody names any more; how many backups went.
    pub fn forget_all_but(&self, keep: usize) -> Result<usize> {
        let names = self.names()?;
        let (old, kept) = names.split_at(names.len().saturating_sub(keep.max(1)));
        for name in old {
            fs::remove_file(self.root.join("backups").join(format!("{name}.json")))?;
        }
        if old.is_empty() {
            return Ok(0);
        }
        let mut needed = HashSet::new();
        for name in kept {
            needed.extend(self.manifest(name)?.files.into_iter().map(|entry| self.object(&entry)));
        }
        for folder in fs::read_dir(self.root.join("objects"))? {
            for object in fs::read_dir(folder?.path())? {
                let path = object?.path();
                if !needed.contains(&path) {
                    fs::remove_file(&path)?;
                }
            }
        }
        Ok(old.len())
    }

    /// Writes a kept content to `target`, which must not exist, and checks it against its digest on the way.
    pub fn restore(&self, entry: &Entry, target: &Path) -> Result<()> {
        let source = self.object(entry);
        let mut content = File::open(&source)
            .with_context(|| format!("the backup lacks the content of {}: {}", entry.path, source.display()))?;
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(target).with_context(|| format!("cannot write {}", target.display()))?;
        let (mut digest, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
        loop {
            let read = content.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            digest.update(&chunk[..read]);
            file.write_all(&chunk[..read]).with_context(|| format!("cannot write {}", target.display()))?;
        }
        let found = hex(&digest.finalize());
        if found != entry.sha256 {
            bail!("the backup is damaged: {} ({}) has the digest {found}", source.display(), entry.path);
        }
        file.sync_all()?;
        Ok(())
    }

    fn holds(&self, entry: &Entry) -> bool {
        fs::metadata(self.object(entry)).is_ok_and(|about| about.len() == entry.bytes)
    }

    fn object(&self, entry: &Entry) -> PathBuf {
        let (folder, name) = entry.sha256.split_at_checked(2).unwrap_or(("00", &entry.sha256));
        self.root.join("objects").join(folder).join(name)
    }
}

/// What an earlier backup holds, by path.
#[derive(Debug, Default)]
pub struct Known(HashMap<String, Entry>);

impl Known {
    /// What this backup holds.
    pub fn of(manifest: Manifest) -> Self {
        Self(manifest.files.into_iter().map(|entry| (entry.path.clone(), entry)).collect())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(depot: &mut Depot, name: &str, contents: &[(&str, &str)]) -> Manifest {
        let files = contents.iter().map(|(path, text)| depot.keep_from(path, text.as_bytes()).unwrap()).collect();
        let manifest = Manifest {
            format: FORMAT,
            fanvine: String::new(),
            made_at: fanvine_kernel::Timestamp::from_seconds(0),
            store: "sqlite".into(),
            log_start: 0,
            log_end: 0,
            files,
        };
        depot.publish(name, &manifest).unwrap();
        manifest
    }

    #[test]
    fn the_same_content_is_kept_once_and_goes_with_the_last_backup_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut depot = Depot::open(folder.path()).unwrap();
        assert!(Depot::open(folder.path()).is_err(), "two at once");
        kept(&mut depot, "1", &[("a", "same"), ("b", "old")]);
        assert_eq!(depot.written, 7);
        let second = kept(&mut depot, "2", &[("a", "same"), ("b", "newer")]);
        assert_eq!(depot.written, 12);
        assert_eq!(depot.forget_all_but(1).unwrap(), 1);
        assert_eq!(depot.names().unwrap(), ["2"]);
        let target = folder.path().join("restored");
        for entry in &depot.manifest("2").unwrap().files {
            depot.restore(entry, &target.join(&entry.path)).unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("b")).unwrap(), "newer");
        let old = Sha256::digest(b"old");
        assert!(!depot.object(&Entry { sha256: hex(&old), ..second.files[0].clone() }).exists());
    }

    #[test]
    fn a_content_that_rotted_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut depot = Depot::open(folder.path()).unwrap();
        let manifest = kept(&mut depot, "1", &[("log/x", "content")]);
        let entry = &manifest.files[0];
        fs::write(depot.object(entry), "cOntent").unwrap();
        let error = depot.restore(entry, &folder.path().join("x")).unwrap_err().to_string();
        assert!(error.contains("log/x"), "{error}");
    }

    #[test]
    fn a_file_that_is_never_changed_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut depot = Depot::open(&folder.path().join("backups")).unwrap();
        let source = folder.path().join("segment");
        fs::write(&source, "twelve bytes").unwrap();
        let first = depot.keep_fixed("log/segment", &source, 12, &Known::default()).unwrap();
        let known = Known([(first.path.clone(), first.clone())].into());
        assert_eq!(depot.keep_fixed("log/segment", &source, 12, &known).unwrap(), first);
        assert_eq!(depot.written, 12);
        assert_eq!(depot.keep_fixed("log/segment", &source, 6, &known).unwrap().bytes, 6);
        assert!(depot.keep_fixed("log/segment", &source, 13, &known).is_err());
    }
}
