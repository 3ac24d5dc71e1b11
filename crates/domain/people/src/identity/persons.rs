//! Who is one person, told to whoever counts people.

use fanvine_contracts::persons::Persons;

use super::Identity;

impl Persons for Identity {
    fn version(&self) -> u64 {
        // Whatever changes who is one person is an entry of the audit.
        u64::try_from(self.read().next_merge()).unwrap_or_default()
    }

    fn merged(&self) -> Vec<Vec<String>> {
        let (keys, persons) = self.read().keys_of_persons();
        let mut merged = vec![Vec::new(); persons];
        for (key, person) in keys {
            if let Some(keys) = merged.get_mut(person) {
                keys.push(key.to_string());
            }
        }
        merged
    }
}
