//! The key the configuration presets (`FANVINE_SERVER_KEY`), so that a script needs no console.

use fanvine_contracts::access::Role;
use fanvine_kernel::ids::ServerKeyId;

use super::{KeyError, PRESET_LENGTH, ServerKey, store};
use crate::Guard;
use crate::audit::{self, Action, Entry};
use crate::secret::Fingerprint;

const NAME: &str = "FANVINE_SERVER_KEY";
/// Below this many characters, whoever reads the database could guess the key from its fingerprint.
const HARD_TO_GUESS: usize = 24;

impl Guard {
    /// Lets in whoever bears the preset key, as owner, in place of one preset before. Without one, nothing
    /// changes: a key preset earlier stays until it is revoked.
    pub async fn ensure_preset_key(&self, preset: Option<&str>) -> Result<(), KeyError> {
        let Some(text) = preset else { return Ok(()) };
        check(text)?;
        if text.len() < HARD_TO_GUESS {
            tracing::warn!(length = text.len(), advised = HARD_TO_GUESS, "{NAME} is short and could be guessed");
        }
        let now = self.clock.now();
        let secret = Fingerprint::of(text);
        let key = ServerKey {
            id: ServerKeyId::new(now, self.entropy.as_ref()),
            name: NAME.to_owned(),
            role: Role::Owner,
            prefix: None,
            created_at: now,
            last_used_at: None,
            expires_at: None,
        };
        let entry = Entry::by_program(now, Action::KeyPreset).about(key.id.as_str());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    store::delete_other_presets(tx, secret).await?;
                    if store::insert(tx, &key, secret, true).await? {
                        audit::store::insert(tx, &entry).await?;
                    }
                    Ok::<_, KeyError>(())
                })
            })
            .await?;
        self.recognised.forget_all();
        Ok(())
    }
}

fn check(text: &str) -> Result<(), KeyError> {
    let length = text.chars().count();
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if printable && PRESET_LENGTH.contains(&length) {
        Ok(())
    } else {
        Err(KeyError::InvalidPreset { length, printable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_key_must_travel_in_a_header() {
        assert!(check("ci-key-1").is_ok());
        for text in ["short", "has a space", "schlüssel!", &"k".repeat(129)] {
            let refusal = check(text).unwrap_err().to_string();
            assert!(!refusal.contains(text), "{refusal}");
        }
    }
}
