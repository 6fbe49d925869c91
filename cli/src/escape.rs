//! Text from elsewhere must not drive the terminal: names, reasons and error messages are shown with every character that
//! would move the cursor, change a colour or reorder a line spelled out.

use std::borrow::Cow;

/// The text with control characters and invisible or reordering ones written as `\u{…}`, and line breaks as `\n`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_active) { Cow::Owned(text.chars().map(spelled).collect()) } else { Cow::Borrowed(text) }
}

/// The same, but line breaks stay: for text of several lines that we print as it is.
pub(crate) fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

fn spelled(letter: char) -> String {
    if is_active(letter) { letter.escape_default().to_string() } else { letter.to_string() }
}

/// Control characters (C0, DEL, C1), zero-width characters, line and paragraph separators, and bidirectional controls
/// (<https://www.unicode.org/reports/tr9/>).
pub(crate) fn is_active(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_drive_a_terminal_is_spelled_out() {
        for (text, shown) in [
            ("plain text, ünïcode too", "plain text, ünïcode too"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("bell\u{7}", "bell\\u{7}"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn text_of_several_lines_keeps_its_lines_only() {
        assert_eq!(escape_lines("one\ntwo\u{1b}[0m\r\n"), "one\ntwo\\u{1b}[0m\\r\n");
    }
}
