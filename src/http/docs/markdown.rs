//! Markdown as the pages show it: parts that can be linked to, code with its language, links that lead to pages.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{
    code,
    links::{Target, Urls, resolve},
};

/// A page's text.
#[derive(Default)]
pub struct Rendered {
    /// The first heading.
    pub title: String,
    /// The first paragraph, as plain text.
    pub summary: String,
    /// All of it.
    pub html: String,
    /// The text from each heading to the next; the first has the page's own.
    pub parts: Vec<Part>,
}

/// What stands under one heading.
pub struct Part {
    /// The heading's anchor.
    pub id: String,
    /// The heading, as plain text.
    pub heading: String,
    /// 1 for the page's own.
    pub level: u8,
    /// The text, as plain text.
    pub text: String,
}

/// Renders the file at `path`.
pub fn render(path: &str, text: &str, urls: &Urls) -> Rendered {
    let mut page = Page {
        path,
        urls,
        rendered: Rendered::default(),
        events: Vec::new(),
        ids: HashMap::new(),
        code: Vec::new(),
        tabs: 0,
        paragraph: 0,
    };
    let mut events = Parser::new_ext(text, options()).peekable();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let inner =
                    events.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
                page.heading(level, inner.collect());
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let inner =
                    events.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock)));
                page.code.push((language(&kind), inner.map(plain).collect()));
                if !matches!(events.peek(), Some(Event::Start(Tag::CodeBlock(_)))) {
                    page.code_blocks();
                }
            }
            Event::Start(Tag::Link { dest_url, title, link_type, id }) => {
                let inner = events.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Link)));
                let inner: Vec<_> = inner.collect();
                page.link(Tag::Link { dest_url, title, link_type, id }, inner);
            }
            event => page.push(event),
        }
    }
    html::push_html(&mut page.rendered.html, page.events.into_iter());
    // A head without text says nothing to who listens to it.
    page.rendered.html = page.rendered.html.replace("<th></th>", "<td></td>");
    mark_call(&mut page.rendered.html);
    page.rendered
}

/// Makes what stands alone below the title known to the style sheet: what a page of the reference is about.
fn mark_call(html: &mut String) {
    const BEFORE: &str = "</h1>\n<p><code>";
    let Some(from) = html.find(BEFORE) else { return };
    let inside = &html[from + BEFORE.len()..];
    if inside.find("</code>") == inside.find("</code></p>") {
        html.replace_range(from..from + BEFORE.len(), "</h1>\n<p class=\"call\"><code>");
    }
}

/// The Markdown of a page by itself: its links lead to the Markdown of other pages.
pub fn twin(path: &str, text: &str, urls: &Urls) -> String {
    let mut twin = String::with_capacity(text.len());
    let mut copied = 0;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        let Some(label) =
            text[range.clone()].strip_prefix('[').and_then(|link| Some(&link[..link.find("](")?]))
        else {
            continue;
        };
        let link = match resolve(path, &dest_url, urls, |place| &place.twin) {
            Target::AsWritten => continue,
            Target::Page(url, Some(part)) => format!("[{label}]({url}#{part})"),
            Target::Page(url, None) => format!("[{label}]({url})"),
            Target::File(file) if label.contains(&file) => format!("`{file}`"),
            Target::File(file) => format!("{label} (`{file}`)"),
        };
        twin.push_str(&text[copied..range.start]);
        twin.push_str(&link);
        copied = range.end;
    }
    twin.push_str(&text[copied..]);
    twin
}

fn options() -> Options {
    Options::ENABLE_TABLES
}

struct Page<'a> {
    path: &'a str,
    urls: &'a Urls,
    rendered: Rendered,
    events: Vec<Event<'a>>,
    /// Anchors, with how often each was wanted.
    ids: HashMap<String, usize>,
    /// Pieces of code that follow each other.
    code: Vec<(String, String)>,
    tabs: usize,
    /// Where the paragraph begins in the plain text.
    paragraph: usize,
}

impl<'a> Page<'a> {
    fn push(&mut self, event: Event<'a>) {
        let event = match event {
            // Tables are wider than phones. Their alignment would be a style of each cell's own.
            Event::Start(Tag::Table(columns)) => {
                let none = columns.iter().map(|_| pulldown_cmark::Alignment::None).collect();
                self.events.push(raw(
                    "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">".to_owned(),
                ));
                Event::Start(Tag::Table(none))
            }
            // The texts have no HTML of their own, and what looks like it is text.
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        };
        let is_table_end = matches!(event, Event::End(TagEnd::Table));
        self.note(&event);
        self.events.push(event);
        if is_table_end {
            self.events.push(raw("</div>".to_owned()));
        }
    }

    /// Adds to the plain text.
    fn note(&mut self, event: &Event<'_>) {
        let Some(part) = self.rendered.parts.last_mut() else { return };
        match event {
            Event::Text(text) | Event::Code(text) => part.text.push_str(text),
            Event::SoftBreak | Event::HardBreak => part.text.push(' '),
            Event::Start(Tag::Paragraph) => self.paragraph = part.text.len(),
            Event::End(TagEnd::Paragraph) if self.rendered.summary.is_empty() => {
                self.rendered.summary.push_str(part.text[self.paragraph..].trim());
                part.text.push(' ');
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell | TagEnd::CodeBlock) => {
                part.text.push(' ')
            }
            _ => {}
        }
    }

    fn heading(&mut self, level: HeadingLevel, inner: Vec<Event<'a>>) {
        let heading: String = inner.iter().cloned().map(plain).collect();
        let id = self.id_of(&heading);
        let number = level as u8;
        if self.rendered.title.is_empty() {
            self.rendered.title.clone_from(&heading);
        }
        self.rendered.parts.push(Part {
            id: id.clone(),
            heading: heading.clone(),
            level: number,
            text: String::new(),
        });
        self.events.push(raw(format!("<h{number} id=\"{id}\">")));
        self.events.extend(inner);
        let anchor = match number {
            1 => String::new(),
            _ => format!(
                "<a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to “{}”\">#</a>",
                code::escape(&heading)
            ),
        };
        self.events.push(raw(format!("{anchor}</h{number}>\n")));
    }

    /// The anchor that the usual renderers of repositories make, so that links fit here and there.
    fn id_of(&mut self, heading: &str) -> String {
        let id: String = heading
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
                _ => None,
            })
            .collect();
        let count = self.ids.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{}", *count - 1) }
    }

    /// One piece of code; or several, of which the reader chooses one.
    fn code_blocks(&mut self) {
        let blocks = std::mem::take(&mut self.code);
        if let Some(part) = self.rendered.parts.last_mut() {
            for (_, text) in &blocks {
                part.text.push_str(text);
                part.text.push(' ');
            }
        }
        let panel = |(language, text): &(String, String)| {
            format!(
                "<div class=\"code\"><pre tabindex=\"0\"><code class=\"language-{}\">{}</code></pre></div>",
                code::escape(language),
                code::highlight(language, text)
            )
        };
        let html = match blocks.as_slice() {
            blocks if !code::is_choice(blocks) => blocks.iter().map(panel).collect(),
            blocks => {
                self.tabs += 1;
                let mut html = String::from("<div class=\"tabs\" role=\"group\" aria-label=\"Languages\">");
                for (index, block) in blocks.iter().enumerate() {
                    let (name, id) = (code::name(&block.0, &block.1), format!("tab-{}-{index}", self.tabs));
                    let checked = if index == 0 { " checked" } else { "" };
                    html.push_str(&format!(
                        "<input type=\"radio\" name=\"tabs-{}\" id=\"{id}\" data-language=\"{name}\"{checked}>\
                         <label for=\"{id}\">{name}</label>{}",
                        self.tabs,
                        panel(block)
                    ));
                }
                html + "</div>"
            }
        };
        self.events.push(raw(html + "\n"));
    }

    fn link(&mut self, tag: Tag<'a>, inner: Vec<Event<'a>>) {
        let Tag::Link { link_type, dest_url, title, id } = tag else { return };
        let label: String = inner.iter().cloned().map(plain).collect();
        let url = match resolve(self.path, &dest_url, self.urls, |place| &place.url) {
            Target::AsWritten => dest_url.clone(),
            Target::Page(url, Some(part)) => format!("{url}#{part}").into(),
            Target::Page(url, None) => url.to_owned().into(),
            Target::File(file) => {
                if label.contains(&file) {
                    self.push(Event::Code(file.into()));
                } else {
                    inner.into_iter().for_each(|event| self.push(event));
                    self.push(Event::Text(" (".into()));
                    self.push(Event::Code(file.into()));
                    self.push(Event::Text(")".into()));
                }
                return;
            }
        };
        self.push(Event::Start(Tag::Link { link_type, dest_url: url, title, id }));
        inner.into_iter().for_each(|event| self.push(event));
        self.push(Event::End(TagEnd::Link));
    }
}

fn raw<'a>(html: String) -> Event<'a> {
    Event::Html(html.into())
}

fn plain(event: Event<'_>) -> String {
    match event {
        Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
            text.into_string()
        }
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    }
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or_default().to_owned(),
        CodeBlockKind::Indented => String::new(),
    }
}
