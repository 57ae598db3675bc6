//! How to call an operation with what each language brings along.

use super::{
    Key,
    document::Call,
    literals::{javascript, json_line, python},
};

/// What stands in samples in place of the server.
pub const SERVER: &str = "https://scores.example.org";

/// The URL of a sample: with what its parameters' examples say.
pub fn url(call: &Call) -> String {
    format!("{SERVER}{}", address(call))
}

/// The same without the server.
pub fn address(call: &Call) -> String {
    let mut path = call.path.clone();
    let mut query = Vec::new();
    for parameter in call.parameters.iter().filter(|parameter| !parameter.example.is_empty()) {
        match parameter.place.as_str() {
            "path" => path = path.replace(&format!("{{{}}}", parameter.name), &parameter.example),
            "query" => query.push(format!("{}={}", parameter.name, parameter.example)),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

fn headers(call: &Call) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if call.key != Key::None {
        headers.push(("Authorization", format!("Bearer {}", call.key.placeholder())));
    }
    if call.body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    headers
}

/// For a shell.
pub fn curl(call: &Call) -> String {
    let mut text = String::from("curl ");
    if call.is_stream {
        text.push_str("-N ");
    }
    if call.method != "GET" && !(call.method == "POST" && call.body.is_some()) {
        text.push_str(&format!("-X {} ", call.method));
    }
    text.push_str(&format!("\"{}\"", url(call)));
    for (name, value) in headers(call) {
        text.push_str(&format!(" \\\n  -H \"{name}: {value}\""));
    }
    if let Some(body) = &call.body {
        text.push_str(&format!(" \\\n  -d '{}'", json_line(body)));
    }
    text
}

/// For browsers, Node.js and the like.
pub fn fetch(call: &Call) -> String {
    let mut options = Vec::new();
    if call.method != "GET" {
        options.push(format!("  method: \"{}\",\n", call.method));
    }
    let headers = headers(call);
    if !headers.is_empty() {
        let headers = headers.iter().map(|(name, value)| match name.contains('-') {
            true => format!("\"{name}\": \"{value}\""),
            false => format!("{name}: \"{value}\""),
        });
        options.push(format!("  headers: {{ {} }},\n", headers.collect::<Vec<_>>().join(", ")));
    }
    if let Some(body) = &call.body {
        options.push(format!("  body: JSON.stringify({}),\n", javascript(body, 1)));
    }
    let options = if options.is_empty() { String::new() } else { format!(", {{\n{}}}", options.concat()) };
    let ask = format!("const response = await fetch(\"{}\"{options});\n", url(call));
    let refusal = "if (!response.ok) throw new Error((await response.json()).error);\n";
    let rest = match call.is_stream {
        true => {
            "for await (const text of response.body.pipeThrough(new TextDecoderStream())) {\n  console.log(text);\n}"
        }
        false => "console.log(await response.json());",
    };
    format!("{ask}{refusal}{rest}")
}

/// For Python, with its own library.
pub fn urllib(call: &Call) -> String {
    let mut text = match call.is_stream {
        true => String::from("from urllib.request import Request, urlopen\n\n"),
        false => String::from("import json\nfrom urllib.request import Request, urlopen\n\n"),
    };
    text.push_str(&format!("request = Request(\n    \"{}\",\n", url(call)));
    if call.method != "GET" {
        text.push_str(&format!("    method=\"{}\",\n", call.method));
    }
    let headers = headers(call);
    if !headers.is_empty() {
        let headers = headers.iter().map(|(name, value)| format!("\"{name}\": \"{value}\""));
        text.push_str(&format!("    headers={{{}}},\n", headers.collect::<Vec<_>>().join(", ")));
    }
    if let Some(body) = &call.body {
        text.push_str(&format!("    data=json.dumps({}).encode(),\n", python(body, 1)));
    }
    text.push_str(")\nwith urlopen(request) as response:\n");
    text.push_str(match call.is_stream {
        true => "    for line in response:\n        print(line.decode(), end=\"\", flush=True)",
        false => "    print(json.load(response))",
    });
    text
}
