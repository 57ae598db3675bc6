//! What may be sent in a field, where it takes more than a type and a length to say it.

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{AnyOfBuilder, KnownFormat, SchemaFormat, SchemaType, Type},
    },
};

/// White space as it is trimmed, in what all dialects of regular expressions read alike.
const SPACE: &str = r"\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";
const NAME_CHARACTER: &str = r"\p{L}\p{M}\p{Nd}_\-";
/// All but what can't be seen, and line ends. Said by what it is, since generators know few of the characters that it isn't.
const VISIBLE: &str = r"[\p{L}\p{M}\p{N}\p{P}\p{S} \u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]";
const VISIBLE_NO_SPACE: &str = r"[\p{L}\p{M}\p{N}\p{P}\p{S}]";

/// A text that may have white space around it, which doesn't count.
fn trimmed(text: &str) -> ObjectBuilder {
    let pattern = format!("^[{SPACE}]*{text}[{SPACE}]*$");
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}

fn player_id() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format))
}

fn empty() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(0))
}

/// A player's name.
pub fn player_name() -> Object {
    trimmed(&format!("[{NAME_CHARACTER}][{NAME_CHARACTER} ]{{1,48}}[{NAME_CHARACTER}]"))
        .description(Some(
            "3 to 50 letters, marks and digits of any script, spaces, `_` and `-`, counted in NFC; white space around \
             it doesn't count",
        ))
        .examples([json!("Ada")])
        .build()
}

/// A leaderboard's name.
pub fn leaderboard_name() -> Object {
    trimmed(&format!("{VISIBLE_NO_SPACE}(?:{VISIBLE}{{0,78}}{VISIBLE_NO_SPACE})?"))
        .description(Some(
            "1 to 80 characters, none of them invisible, counted in NFC; white space around it doesn't count",
        ))
        .examples([json!("Weekly high scores")])
        .build()
}

/// Decimals of a score.
pub fn decimals() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .minimum(Some(0))
        .maximum(Some(6))
        .description(Some(
            "Decimals that scores are shown with; `null` (the default) for as many as there are",
        ))
        .examples([json!(2)])
        .build()
}

/// What stands behind a score.
pub fn unit() -> Object {
    trimmed(&format!("(?:{VISIBLE_NO_SPACE}(?:{VISIBLE}{{0,10}}{VISIBLE_NO_SPACE})?)?"))
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some(
            "What stands behind a score: up to 12 characters, none of them invisible, counted in NFC; white space \
             around it doesn't count. `null` (the default) for nothing",
        ))
        .examples([json!("km/h")])
        .build()
}

/// What a key is called.
pub fn label() -> Object {
    trimmed(&format!("(?:{VISIBLE_NO_SPACE}(?:{VISIBLE}{{0,58}}{VISIBLE_NO_SPACE})?)?"))
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some(
            "What to call it: up to 60 characters, none of them invisible, counted in NFC; white space around it \
             doesn't count",
        ))
        .examples([json!("Website")])
        .build()
}

/// What a game keeps with an entry.
pub fn metadata() -> Object {
    let key = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(32)).build();
    let value = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Boolean]))
        .max_length(Some(64));
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .max_properties(Some(10))
        .property_names(Some(Schema::Object(key)))
        .additional_properties(Some(value))
        .description(Some("Left out: kept; `null` or `{}`: cleared. Not every plan has it"))
        .examples([json!({"level": 12})])
        .build()
}

/// The player of a submission.
pub fn submitting_player() -> Schema {
    AnyOfBuilder::new()
        .item(player_id())
        .item(empty().schema_type(SchemaType::from_iter([Type::String, Type::Null])))
        .description(Some(
            "The player to update or to create; left out, empty or `null`, the server makes a new one",
        ))
        .examples([serde_json::json!("3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11")])
        .build()
        .into()
}

/// The player that a query asks for; an empty one is none.
pub struct PlayerInQuery;

impl ToSchema for PlayerInQuery {}

impl PartialSchema for PlayerInQuery {
    fn schema() -> RefOr<Schema> {
        RefOr::T(AnyOfBuilder::new().item(player_id()).item(empty()).build().into())
    }
}
