//! The OpenAPI document, read for people.

use serde_json::Value;

use super::{Key, literals::Literal};
use crate::http::api;

/// The document.
pub struct Document(Value);

/// One operation as the document has it.
pub struct Call {
    pub id: String,
    pub tag: String,
    pub summary: String,
    pub description: String,
    pub method: String,
    pub path: String,
    pub key: Key,
    pub parameters: Vec<Parameter>,
    /// An example of the body.
    pub body: Option<Literal>,
    pub is_stream: bool,
    /// The operation itself.
    pub source: Value,
}

/// A part of the path, of the query or of the head.
#[derive(Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    /// What it is.
    pub description: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// What a sample says; empty where it says nothing.
    pub example: String,
    /// What it may be.
    pub kind: String,
}

/// A field of a body.
pub struct Field {
    /// With the names of what it is in: `entries[].name`.
    pub name: String,
    pub kind: String,
    pub description: String,
    pub is_required: bool,
}

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

impl Document {
    pub fn of_the_server() -> Self {
        let text = api::document().to_json().expect("the document is written into memory");
        Self(serde_json::from_str(&text).expect("the document is JSON"))
    }

    /// All operations: by tag in the document's order, and within one by path.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        for tag in list(&self.0["tags"]) {
            for (path, item) in self.0["paths"].as_object().into_iter().flatten() {
                for method in METHODS {
                    let source = &item[method];
                    if source["tags"][0] == tag["name"] {
                        calls.push(self.call(method, path, source));
                    }
                }
            }
        }
        calls
    }

    fn call(&self, method: &str, path: &str, source: &Value) -> Call {
        let body = &source["requestBody"]["content"]["application/json"]["schema"];
        let tag = text(&source["tags"][0]);
        let key = match (tag.as_str(), list(&source["security"]).len()) {
            (_, 0) => Key::None,
            ("Management", _) => Key::Management,
            (_, 1) => Key::Secret,
            _ => Key::Publishable,
        };
        Call {
            id: text(&source["operationId"]),
            tag,
            summary: text(&source["summary"]),
            description: text(&source["description"]),
            method: method.to_uppercase(),
            path: format!("{}{path}", api::BASE),
            key,
            parameters: list(&source["parameters"])
                .iter()
                .map(|parameter| self.parameter(parameter))
                .collect(),
            body: body.is_object().then(|| self.example(body)),
            is_stream: source["responses"]["200"]["content"]["text/event-stream"].is_object(),
            source: source.clone(),
        }
    }

    fn parameter(&self, source: &Value) -> Parameter {
        let example = match &source["example"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Parameter {
            name: text(&source["name"]),
            place: text(&source["in"]),
            description: text(&source["description"]),
            is_required: source["required"] == true,
            example,
            kind: self.kind(&source["schema"]),
        }
    }

    /// What a reference leads to; anything else itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }

    /// A schema's fields, those of what is in it included.
    pub fn fields(&self, schema: &Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.add_fields("", schema, &mut fields);
        fields
    }

    fn add_fields(&self, within: &str, schema: &Value, fields: &mut Vec<Field>) {
        let schema = self.resolve(schema);
        for (name, field) in ordered(schema) {
            let resolved = self.resolve(field);
            let is_required = list(&schema["required"]).iter().any(|required| *required == name);
            let name = format!("{within}{name}");
            let (kind, description) = (self.kind(field), text(&resolved["description"]));
            fields.push(Field { name: name.clone(), kind, description, is_required });
            match resolved["items"].is_object() {
                true => self.add_fields(&format!("{name}[]."), &resolved["items"], fields),
                false => self.add_fields(&format!("{name}."), resolved, fields),
            }
        }
    }

    /// What a value may be, in a few words.
    fn kind(&self, schema: &Value) -> String {
        let schema = self.resolve(schema);
        let types: Vec<String> = match &schema["type"] {
            Value::Array(types) => types.iter().map(text).collect(),
            other => vec![text(other)],
        };
        let name = |kind: &String| match (kind.as_str(), schema["format"].as_str()) {
            ("string", Some("uuid")) => "UUID".to_owned(),
            ("string", Some("date-time")) => "time".to_owned(),
            ("null", _) => "null".to_owned(),
            ("array", _) => "list".to_owned(),
            (kind, _) => kind.to_owned(),
        };
        types.iter().map(name).collect::<Vec<_>>().join(" or ")
    }

    /// A value that fits a schema: its example, or what its fields' examples make.
    pub fn example(&self, schema: &Value) -> Literal {
        let schema = self.resolve(schema);
        if let Some(example) =
            [&schema["example"], &schema["examples"][0]].into_iter().find(|one| !one.is_null())
        {
            return Literal::from(example);
        }
        if schema["items"].is_object() {
            return Literal::List(vec![self.example(&schema["items"])]);
        }
        if schema["properties"].is_object() {
            // What may be left out and has no example is left out.
            let is_required = |name: &String| list(&schema["required"]).iter().any(|known| known == name);
            let shown = ordered(schema).into_iter().map(|(name, field)| (name, self.example(field)));
            return Literal::Object(
                shown.filter(|(name, value)| !value.is_null() || is_required(name)).collect(),
            );
        }
        Literal::Plain(Value::Null)
    }
}

/// A schema's fields: those that must be there first, as they are declared.
pub fn ordered(schema: &Value) -> Vec<(String, &Value)> {
    let Some(fields) = schema["properties"].as_object() else { return Vec::new() };
    let required: Vec<String> = list(&schema["required"]).iter().map(text).collect();
    let first = required.iter().filter_map(|name| Some((name.clone(), fields.get(name)?)));
    let rest = fields.iter().filter(|(name, _)| !required.contains(name));
    first.chain(rest.map(|(name, field)| (name.clone(), field))).collect()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
