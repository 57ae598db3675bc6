//! The page on configuration, made from what `--help` is made from.

use clap::{Arg, Command, CommandFactory};
use rankora::config::Cli;

const HEAD: &str = "# Configuration\n\nThe options of a server have environment twins; what is on the command line wins. This page is \
    made from `rankora --help`, which has the same for the version that you run.\n";

/// The page.
pub fn page() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut page = HEAD.to_owned();
    push_options(
        &mut page,
        "For all commands",
        "",
        cli.get_arguments().filter(|argument| argument.is_global_set()),
    );
    push_command(&mut page, &cli, "rankora", 2);
    page
}

fn push_command(page: &mut String, command: &Command, name: &str, level: usize) {
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("{name} {}", command.get_name());
        let about =
            command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        let heading = format!("{} `{name}`", "#".repeat(level.min(3)));
        let options = command.get_arguments().filter(|argument| !argument.is_global_set());
        push_options(page, &heading, &format!("{}.", about.trim_end_matches('.')), options);
        push_command(page, command, &name, level + 1);
    }
}

fn push_options<'a>(page: &mut String, heading: &str, about: &str, options: impl Iterator<Item = &'a Arg>) {
    let heading = if heading.starts_with('#') { heading.to_owned() } else { format!("## {heading}") };
    page.push_str(&format!("\n{heading}\n"));
    if !about.is_empty() {
        page.push_str(&format!("\n{about}\n"));
    }
    let options: Vec<_> =
        options.filter(|option| !matches!(option.get_id().as_str(), "help" | "version")).collect();
    if options.is_empty() {
        return;
    }
    page.push_str("\n| option, environment | what it does |\n|---|---|\n");
    for option in options {
        page.push_str(&row(option));
    }
}

fn row(option: &Arg) -> String {
    let takes = option.get_action().takes_values();
    let value = option.get_value_names().and_then(|names| names.first()).map(|name| format!("<{name}>"));
    let name = option.get_long().map_or_else(|| value.unwrap_or_default(), |long| format!("--{long}"));
    let variable = option.get_env().and_then(|name| name.to_str()).map(|name| format!(" `{name}`"));
    let help = option.get_long_help().or(option.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut help = help.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned();
    let choices: Vec<_> =
        option.get_possible_values().iter().map(|choice| format!("`{}`", choice.get_name())).collect();
    if takes && choices.len() > 1 {
        help.push_str(&format!(": {}", choices.join(", ")));
    }
    let defaults: Vec<_> = option.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    match defaults.as_slice() {
        _ if option.is_required_set() => help.push_str(". *Required.*"),
        [] | [""] => {}
        _ if !takes => {}
        values => help.push_str(&format!(". *Default: `{}`.*", values.join(","))),
    }
    let variable = variable.unwrap_or_default();
    format!("| `{name}`{variable} | {} |\n", help.replace('|', "\\|").replace('<', "\\<"))
}
