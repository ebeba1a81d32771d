//! How is a list of the server's shown? As far as it is wanted; as a table, as JSON, or for other programs as TSV.

use clap::{Args, ValueEnum};
use grant::failure::{Failure, plain};
use grant::pages::{Part, pages};
use grant::{clock, device, event};
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::table::say_table;
use super::{Caller, Context, complain, say, say_json};

const DEFAULT: u32 = 50;

/// What a list shows of an item: the head of a column, and the member that stands in it.
pub type Columns = [(&'static str, &'static str)];

/// A column that a person reads in words, and a program as the server says it: where a session is.
pub const WHERE: (&str, &str) = ("WHERE", "user_agent");
/// Another: what happened.
pub const WHAT: (&str, &str) = ("WHAT", "type");

/// How a list is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// The same as --json
    Json,
    /// For other programs: a line with the members' names, then a line an item
    Tsv,
}

#[derive(Args, Default)]
pub struct Form {
    /// How to print the list
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

impl Form {
    /// What is meant together with `--json`.
    pub fn of(&self, context: &Context) -> Result<Format, Failure> {
        match (context.json, self.format) {
            (false, format) => Ok(format.unwrap_or(Format::Table)),
            (true, None | Some(Format::Json)) => Ok(Format::Json),
            (true, Some(_)) => Err(Failure::usage("--json and another --format").hint("give one of them")),
        }
    }
}

#[derive(Args)]
pub struct Paging {
    /// How many at most, the newest first [default: 50]
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// All there are
    #[arg(long)]
    all: bool,
}

impl Paging {
    /// How many; none where nothing bounds them.
    pub fn most(&self) -> Option<usize> {
        if self.all { None } else { usize::try_from(self.limit.unwrap_or(DEFAULT)).ok() }
    }

    /// The same for a list that something else bounds.
    pub fn most_if_said(&self) -> Option<usize> {
        self.limit.and(self.most())
    }
}

/// A part of a list.
pub struct Page {
    pub items: Vec<Value>,
    /// Whether the list goes on; nothing where a list is always whole.
    pub more: Option<bool>,
}

/// A path with those of the filters that say something.
pub fn with_query(path: &str, filters: &[(&str, Option<&str>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in filters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// So many items of a list, the newest first, up to the first that is not wanted.
pub async fn fetch(
    caller: &Caller,
    path: &str,
    filters: &[(&str, Option<&str>)],
    most: Option<usize>,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Page, Failure> {
    let ask = async |path: String| caller.ask_for(Method::GET, &path).await;
    let Part { items, more } = pages(ask, &with_query(path, filters), most, wanted).await?;
    Ok(Page { items, more: Some(more) })
}

/// Prints a list; `name` is what JSON calls it.
pub fn show(context: &Context, form: &Form, name: &str, page: &Page, columns: &Columns) -> Result<(), Failure> {
    match form.of(context)? {
        Format::Json => {
            let mut object = Map::from_iter([("schema".to_owned(), json!(1)), (name.to_owned(), json!(page.items))]);
            if let Some(more) = page.more {
                object.insert("more".to_owned(), json!(more));
            }
            return say_json(&Value::Object(object));
        }
        Format::Table => {
            let rows: Vec<_> = page.items.iter().map(|item| row(item, columns)).collect();
            say_table(&heads(columns), &rows)?;
        }
        Format::Tsv => {
            say(tsv_head(columns))?;
            page.items.iter().try_for_each(|item| say(tsv(item, columns)))?;
        }
    }
    if page.more == Some(true) {
        complain("there are more: --limit N or --all");
    }
    Ok(())
}

/// The heads of the columns.
pub fn heads(columns: &Columns) -> Vec<&'static str> {
    columns.iter().map(|(head, _)| *head).collect()
}

/// The cells of an item, for a person.
pub fn row(item: &Value, columns: &Columns) -> Vec<String> {
    let cell = |column: &(&str, &str)| match item.get(column.1) {
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "" }.to_owned(),
        agent if *column == WHERE => device::told(agent.and_then(Value::as_str)),
        kind if *column == WHAT => event::told(&text(kind)).to_owned(),
        // A person asks how long ago; the moment itself is for programs, and has no room in eighty columns.
        Some(Value::String(moment)) if column.1.ends_with("at") => clock::told(moment),
        value => text(value),
    };
    columns.iter().map(cell).collect()
}

/// The members that each line has.
pub fn tsv_head(columns: &Columns) -> String {
    columns.iter().map(|(_, member)| *member).collect::<Vec<_>>().join("\t")
}

/// The line of an item. A cell holds no tab and no line break of its own.
pub fn tsv(item: &Value, columns: &Columns) -> String {
    let cell = |member: &str| {
        let text = text(item.get(member)).replace('\\', "\\\\").replace('\t', "\\t");
        plain(&text.replace('\n', "\\n").replace('\r', "\\r"))
    };
    columns.iter().map(|(_, member)| cell(member)).collect::<Vec<_>>().join("\t")
}

/// The members of one thing, a line each, but for those that say nothing.
pub fn show_one(context: &Context, name: &str, thing: &Value) -> Result<(), Failure> {
    if context.json {
        return say_json(&json!({ "schema": 1, name: thing }));
    }
    for (member, value) in thing.as_object().into_iter().flatten() {
        let text = text(Some(value));
        if !text.is_empty() {
            say(format!("{member:<16}{}", plain(&text)))?;
        }
    }
    Ok(())
}

/// A value as a cell shows it.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(words)) => words.iter().map(|word| text(Some(word))).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

/// An id as a part of a path: what could lead elsewhere is none.
pub fn segment<'a>(id: &'a str, what: &str, list: &str) -> Result<&'a str, Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if id.is_empty() || id.chars().all(|c| c == '.') || !id.chars().all(allowed) {
        return Err(Failure::usage(format!("`{id}` is no id of a {what}")).hint(format!("{list} shows them")));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_for_programs_has_no_tab_and_no_line_break_and_says_which_it_had() {
        let item = json!({ "a": "x\ty\nz\\n\u{1b}[2J", "b": ["one", "two"], "c": null, "d": false });
        let columns = [("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")];
        assert_eq!(tsv(&item, &columns), "x\\ty\\nz\\\\n [2J\tone two\t\tfalse");
    }

    #[test]
    fn an_id_never_leads_out_of_its_place() {
        for id in ["", ".", "..", "a/b", "a%2fb", "a?b", "ä", "a b", "a#b"] {
            assert!(segment(id, "client", "a list").is_err(), "{id}");
        }
        assert_eq!(segment("shop.example-1_b", "client", "a list").unwrap(), "shop.example-1_b");
    }
}
