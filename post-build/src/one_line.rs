//! What another program has said, in a line of an error.

/// So much is enough to know what it is.
const MOST: usize = 400;

/// The text without ends of lines, and without its end if it is long.
pub fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn paragraphs_become_a_line_that_can_be_read() {
        assert_eq!(one_line(b"it failed:\n\n  a reason\n"), "it failed: a reason");
        let long = one_line("ö".repeat(1000).as_bytes());
        assert!(long.ends_with("öö…") && long.chars().count() == 401, "{long}");
    }
}
