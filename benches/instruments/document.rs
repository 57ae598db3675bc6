//! Tables in a document, each between marks of its own.

use std::path::Path;

/// Puts a table between the marks of this name.
pub fn write(path: &Path, name: &str, table: &str) {
    let text = std::fs::read_to_string(path).expect("the document");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).expect("where the table begins");
    let (_, after) = rest.split_once(&end).expect("where the table ends");
    std::fs::write(path, format!("{before}{begin}\n{table}\n{end}{after}")).expect("the document");
}
