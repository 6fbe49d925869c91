//! A strict JSON reader that remembers where everything was, keeps repeated keys and the digits of numbers.
//!
//! Policies decide who may do what, so nothing is repaired: RFC 8259 to the letter, no comments, no trailing commas, no
//! lone surrogates, and a depth no policy needs is refused instead of using up the stack. `serde_json` forgets places
//! and merges repeated keys, which is exactly what a policy must not do silently.

use std::borrow::Cow;

/// Deeper than any policy: a condition value is seven levels down.
const MAX_DEPTH: usize = 16;

/// A value and the byte offset where it starts.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) offset: usize,
    pub(super) value: Value<'t>,
}

/// A JSON value with nothing lost.
#[derive(Debug)]
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    /// Borrowed unless something in it is escaped.
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    /// Members in their order, repeated keys included.
    Object(Vec<Member<'t>>),
}

/// A key with its place, and its value.
#[derive(Debug)]
pub(super) struct Member<'t> {
    pub(super) offset: usize,
    pub(super) key: Cow<'t, str>,
    pub(super) node: Node<'t>,
}

impl Value<'_> {
    /// What the value is called in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// Why the text is not JSON, and the byte offset where that shows.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

/// Read one JSON value that fills the whole text.
pub(super) fn read(text: &str) -> Result<Node<'_>, SyntaxError> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.node(0)?;
    reader.skip_white_space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.error("text after the end of the document")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

type Read<T> = Result<T, SyntaxError>;

impl<'t> Reader<'t> {
    fn node(&mut self, depth: usize) -> Read<Node<'t>> {
        self.skip_white_space();
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        let offset = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(_) => return Err(self.error("expected a value")),
            None => return Err(self.error("unexpected end of the document")),
        };
        Ok(Node { offset, value })
    }

    fn object(&mut self, depth: usize) -> Read<Value<'t>> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_white_space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_white_space();
            let offset = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a field name in double quotes"));
            }
            let key = self.string()?;
            self.skip_white_space();
            if !self.take(b':') {
                return Err(self.error("expected `:` after the field name"));
            }
            let node = self.node(depth + 1)?;
            members.push(Member { offset, key, node });
            self.skip_white_space();
            if self.take(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.take(b',') {
                return Err(self.error("expected `,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Read<Value<'t>> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_white_space();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.node(depth + 1)?);
            self.skip_white_space();
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return Err(self.error("expected `,` or `]`"));
            }
        }
    }

    /// Cuts at ASCII bytes only, so every slice is at a character boundary.
    fn string(&mut self) -> Read<Cow<'t, str>> {
        self.at += 1;
        let from = self.at;
        self.skip_plain();
        let plain = self.slice(from);
        if self.take(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut read = plain.to_owned();
        loop {
            match self.peek() {
                None => return Err(self.error("unterminated string")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(read));
                }
                Some(b'\\') => {
                    self.at += 1;
                    read.push(self.escape()?);
                }
                Some(0..=0x1f) => return Err(self.error("control character in a string")),
                Some(_) => {
                    let from = self.at;
                    self.skip_plain();
                    read.push_str(self.slice(from));
                }
            }
        }
    }

    /// Go on to the end of the string, an escape or a control character.
    fn skip_plain(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        self.at += rest.iter().position(is_special).unwrap_or(rest.len());
    }

    fn escape(&mut self) -> Read<char> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.error("invalid escape in a string")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Read<char> {
        let high = self.hex()?;
        let code = match high {
            0xd800..=0xdbff if self.take(b'\\') && self.take(b'u') => {
                let low = self.hex()?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return Err(self.error("lone surrogate in a string"));
                }
                0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.error("lone surrogate in a string"))
    }

    fn hex(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.error("expected four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Read<&'t str> {
        let from = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _signed = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(self.slice(from))
    }

    fn digits(&mut self) -> Read<()> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: Value<'t>) -> Read<Value<'t>> {
        match self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            true => {
                self.at += word.len();
                Ok(value)
            }
            false => Err(self.error("expected a value")),
        }
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn slice(&self, from: usize) -> &'t str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn error(&self, message: &'static str) -> SyntaxError {
        SyntaxError { offset: self.at, message }
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, read};

    #[test]
    fn what_serde_json_accepts_is_accepted_and_nothing_else() {
        for text in [
            "{}",
            " [ ] ",
            "null",
            "-0",
            "0.5e+10",
            "1E9",
            r#""\u00e9\ud83d\ude00\/""#,
            r#"{"a":[1,"x",true,null]}"#,
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "tru",
            "truex",
            "{\"a\":1,}",
            "[1,]",
            "[1 2]",
            "{a:1}",
            "{'a':1}",
            "\"\t\"",
            r#""\x""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            "// no\n1",
            "\u{feff}1",
            "",
            " ",
            "1 1",
            "\"",
            "{",
            "[",
            "{\"a\"",
            "{\"a\":",
            "\"\\",
            "\"\\u12",
            "nan",
            "\u{a0}1",
            "\"\u{7f}\u{2028}\"",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(read(text).is_ok(), theirs, "{text:?}");
        }
    }

    #[test]
    fn depth_is_limited_without_using_the_stack_up() {
        assert!(read(&"[".repeat(1_000_000)).is_err());
        assert!(read(&"{\"a\":".repeat(1_000_000)).is_err());
    }

    #[test]
    fn repeated_keys_and_digits_survive() {
        let node = read(r#"{"a": 1.50, "a": 2}"#).unwrap();
        let Value::Object(members) = node.value else { panic!("an object was read as {node:?}") };
        assert_eq!(
            members.iter().map(|member| (member.offset, &*member.key)).collect::<Vec<_>>(),
            [(1, "a"), (12, "a")]
        );
        assert!(matches!(members[0].node.value, Value::Number("1.50")));
    }
}
