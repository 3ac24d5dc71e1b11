//! What the demonstration keeps between its starts: the keys by which its shop speaks to Fanvine, and how far it came.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use fanvine_kernel::Entropy as _;
use serde::{Deserialize, Serialize};

use crate::ambient::SystemEntropy;

const FILE: &str = "demo.json";
/// The console's first login.
pub const OWNER: &str = "owner@localhost";

/// Keys of the shop's server, none of which a browser ever sees, but for the write key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    pub server_key: String,
    pub write_key: String,
    pub owner_password: String,
    /// The source in whose name shoppers' tokens are signed, and its secret.
    pub source_id: String,
    pub signing_secret: String,
    /// Whether the history is in, and whether the shop is set up.
    pub imported: bool,
    pub seeded: bool,
    /// How far the clock is ahead of the machine's.
    pub ahead_micros: i64,
}

impl Keys {
    /// Those of a folder, made if there are none.
    pub fn of(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(FILE);
        if path.exists() {
            let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_slice(&text).with_context(|| format!("{} is not as it was", path.display()));
        }
        let keys = Self {
            server_key: format!("fvs_{}", random()),
            write_key: format!("fvw_{}", random()),
            owner_password: format!("tea-{}", random().get(..10).unwrap_or_default()),
            source_id: String::new(),
            signing_secret: String::new(),
            imported: false,
            seeded: false,
            ahead_micros: 0,
        };
        keys.save(data_dir)?;
        Ok(keys)
    }

    /// Writes them where only the owner of the folder reads them.
    pub fn save(&self, data_dir: &Path) -> Result<()> {
        let (path, next) = (data_dir.join(FILE), data_dir.join("demo.json.next"));
        let mut file = std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&next)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        std::fs::rename(&next, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn random() -> String {
    let mut bytes = [0u8; 16];
    SystemEntropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
