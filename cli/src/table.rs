//! Tables for people: no lines but the spaces between columns, as wide as the terminal at most.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};

use crate::escape::escape;
use crate::printer::BOLD;

/// A table under construction. Every cell is escaped here, so that no row can forget it.
pub(crate) struct Table {
    grid: Grid,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new<const N: usize>(headings: [&str; N], width: u16) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        grid.set_header(headings);
        Self { grid }
    }

    /// Add a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.grid.add_row(cells.map(escape));
    }

    /// Align a column's numbers to the right.
    #[must_use]
    pub(crate) fn right(mut self, column: usize) -> Self {
        if let Some(column) = self.grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self
    }

    /// The table as lines without blanks at their ends; the headings are strong.
    pub(crate) fn render(mut self) -> String {
        for column in self.grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let mut lines = String::new();
        for (at, line) in self.grid.lines().enumerate() {
            let line = line.trim_end();
            if at == 0 {
                lines.push_str(&format!("{BOLD}{line}{BOLD:#}\n"));
            } else {
                lines.push_str(line);
                lines.push('\n');
            }
        }
        lines
    }
}

/// Labels and values below each other: one thing in detail.
#[derive(Default)]
pub(crate) struct Card {
    rows: Vec<(Cow<'static, str>, String)>,
}

impl Card {
    /// Add a line.
    pub(crate) fn line(&mut self, label: impl Into<Cow<'static, str>>, value: impl AsRef<str>) {
        self.rows.push((label.into(), escape(value.as_ref()).into_owned()));
    }

    /// Add a line if there is a value.
    pub(crate) fn optional(&mut self, label: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.line(label, value);
        }
    }

    /// The lines, values aligned.
    pub(crate) fn render(&self) -> String {
        let width = self.rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        self.rows.iter().map(|(label, value)| format!("{BOLD}{label:<width$}{BOLD:#}  {value}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_table_is_as_wide_as_its_content() {
        let mut table = Table::new(["NAME", "SIZE"], u16::MAX).right(1);
        table.row(["one", "1"]);
        table.row(["evil \u{1b}[2J\nname", "23456"]);
        assert_eq!(
            plain(&table.render()),
            "NAME                   SIZE\none                       1\nevil \\u{1b}[2J\\nname  23456\n"
        );
    }

    #[test]
    fn a_narrow_terminal_folds_cells_and_no_line_is_longer() {
        let mut table = Table::new(["ID", "REASON"], 40);
        table.row(["5f0c6a52", "look into the nightly job that fails since the upgrade of the database"]);
        let rendered = plain(&table.render());
        assert!(rendered.lines().all(|line| line.chars().count() <= 40), "{rendered}");
        assert!(rendered.lines().count() > 2, "{rendered}");
    }

    #[test]
    fn a_card_aligns_its_values() {
        let mut card = Card::default();
        card.line("id", "5f0c");
        card.optional("incident", Some("INC-1\u{7}"));
        card.optional("nothing", None::<&str>);
        assert_eq!(plain(&card.render()), "id        5f0c\nincident  INC-1\\u{7}\n");
    }
}
