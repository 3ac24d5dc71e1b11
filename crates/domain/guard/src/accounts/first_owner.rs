//! The first owner: how somebody gets in on the first day.

use fanvine_contracts::access::Role;
use fanvine_kernel::ids::AccountId;

use super::{Account, AccountError, Email, NewPassword, store};
use crate::Guard;
use crate::audit::{self, Action, Entry};
use crate::secret::{Secret, readable_password};

const EMAIL: &str = "owner@localhost";

/// The account made on an empty database, to be shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstOwner {
    /// The e-mail address to sign in with.
    pub email: String,
    /// The password, kept nowhere else.
    pub password: Secret,
}

impl Guard {
    /// Makes `owner@localhost` if there is no account yet, with the preset password or a random readable
    /// one, and gives it back; `None` if there is an account already.
    pub async fn ensure_first_owner(&self, preset: Option<&str>) -> Result<Option<FirstOwner>, AccountError> {
        if self.store.read(|tx| Box::pin(store::count(tx))).await? > 0 {
            return Ok(None);
        }
        let secret = preset.map_or_else(|| readable_password(self.entropy.as_ref()), Secret::new);
        let hash = self.hasher.hash(&NewPassword::parse(&secret)?).await?;
        let now = self.clock.now();
        let account = Account {
            id: AccountId::new(now, self.entropy.as_ref()),
            email: Email::parse(EMAIL)?,
            name: "Owner".to_owned(),
            role: Role::Owner,
            created_at: now,
        };
        let entry = Entry::by_program(now, Action::AccountCreated).about(account.id.as_str()).saying("the first owner");
        let made = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Two programs may start on one empty database: the lock lets only the first go on.
                    store::count_owners_held(tx).await?;
                    if store::count(tx).await? > 0 {
                        return Ok::<_, AccountError>(false);
                    }
                    store::insert(tx, &account, &hash).await?;
                    audit::store::insert(tx, &entry).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(made.then(|| FirstOwner { email: EMAIL.to_owned(), password: secret }))
    }
}
