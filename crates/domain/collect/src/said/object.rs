//! A JSON object, written entry by entry.

use crate::segment::json::{fields, push_text};

/// The text of a JSON object that is being written.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// An entry whose value is JSON already; none without a value.
    pub(crate) fn raw(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.key(key);
            self.0.push_str(value);
        }
        self
    }

    /// An entry that is a text; none if there is no text, or an empty one.
    pub(crate) fn text(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.key(key);
            push_text(&mut self.0, value);
        }
        self
    }

    /// An entry that is an object; none if it has no entries.
    pub(crate) fn object(&mut self, key: &str, value: Self) -> &mut Self {
        if value.is_empty() { self } else { self.raw(key, Some(&value.done())) }
    }

    /// All entries of an object, if it is there.
    pub(crate) fn all_of(&mut self, object: Option<&str>) -> &mut Self {
        if let Some(object) = object {
            // What is no object has no entries.
            let _ = fields(object, |key, value| {
                self.raw(key, Some(value));
            });
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.len() == 1
    }

    /// The text.
    pub(crate) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty() {
            self.0.push(',');
        }
        push_text(&mut self.0, key);
        self.0.push(':');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_written_as_they_are_and_absent_ones_left_out() {
        let mut inner = Object::new();
        inner.text("a", Some("\"茶\n")).text("b", None).text("c", Some(""));
        let mut object = Object::new();
        object.raw("n", Some("1.50")).raw("m", None).object("in", inner).object("empty", Object::new());
        object.all_of(Some(r#"{"x":[1], "y": {"z":null}}"#)).all_of(Some("7"));
        assert_eq!(object.done(), r#"{"n":1.50,"in":{"a":"\"茶\n"},"x":[1],"y":{"z":null}}"#);
    }
}
