use std::error::Error as _;

use proptest::prelude::*;

use super::*;

fn error_of(text: &str) -> String {
    let error = Plans::from_toml(text).expect_err("refused");
    let source = error.source().map(|source| source.to_string());
    format!("{error} {}", source.unwrap_or_default())
}

fn plan(fields: &str) -> String {
    format!("[[plan]]\nname = \"p\"\nmetadata = true\n{fields}")
}

#[test]
fn the_built_in_plans_are_those_of_the_contract() {
    let plans = Plans::built_in();
    let burst = |per_second, bucket| Some(Burst { per_second, bucket });
    let row = |name| {
        let plan: &Plan = plans.get(name).expect("a built-in plan");
        (plan.requests_per_month, plan.leaderboards, plan.entries, plan.metadata, plan.realtime, plan.burst)
    };
    assert_eq!(row("free"), (Some(10_000), Some(3), Some(1_000), false, Realtime::None, burst(50, 200)));
    assert_eq!(
        row("indie"),
        (Some(500_000), Some(10), Some(50_000), true, Realtime::None, burst(200, 1_000))
    );
    assert_eq!(
        row("pro"),
        (Some(5_000_000), Some(50), Some(1_000_000), true, Realtime::Streams(500), burst(1_000, 5_000))
    );
    assert_eq!(
        row("studio"),
        (
            Some(100_000_000),
            Some(500),
            Some(20_000_000),
            true,
            Realtime::Streams(20_000),
            burst(10_000, 20_000)
        )
    );
    assert_eq!(row("unlimited"), (None, None, None, true, Realtime::Unlimited, None));
    let names: Vec<_> = plans.iter().map(|plan| plan.name.as_str()).collect();
    assert_eq!(names, ["free", "indie", "pro", "studio", "unlimited"]);
    assert_eq!(plans.get("Free"), None);
}

#[test]
fn plans_keep_the_order_of_the_file() {
    let text = "[[plan]]\nname=\"z\"\nmetadata=true\n[[plan]]\nname=\"a\"\nmetadata=false\n";
    let plans = Plans::from_toml(text).expect("plans");
    assert_eq!(plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
}

#[test]
fn what_would_let_nothing_through_or_nobody_in_is_refused() {
    for text in ["", "# nothing\n", "plan = []"] {
        assert!(matches!(Plans::from_toml(text), Err(PlansError::Empty)), "{text}");
    }
    for burst in ["per_second = 0, bucket = 1", "per_second = 1, bucket = 0"] {
        let text = plan(&format!("burst = {{ {burst} }}"));
        assert!(matches!(Plans::from_toml(&text), Err(PlansError::ZeroBurst(_))), "{text}");
    }
    assert!(matches!(Plans::from_toml(&(plan("") + &plan(""))), Err(PlansError::Repeated(_))));
}

#[test]
fn errors_name_what_is_wrong() {
    for (text, part) in [
        (plan("entrys = 5"), "unknown field `entrys`"),
        (plan("burst = { per_second = 1, bucket = 1, x = 1 }"), "unknown field `x`"),
        (plan("burst = { per_second = 1 }"), "missing field `bucket`"),
        ("[[plans]]\nname = \"p\"".to_owned(), "unknown field `plans`"),
        ("[[plan]]\nname = \"p\"".to_owned(), "missing field `metadata`"),
        ("[[plan]]\nname = \"P!\"\nmetadata = true".to_owned(), "a plan's name must have"),
        (plan("entries = -1"), "-1"),
        (plan("entries = \"many\""), "line 4"),
        ("[[plan".to_owned(), "line 1"),
    ] {
        let error = error_of(&text);
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn plan_names_are_short_and_plain() {
    for name in ["a", "pro-2_x", &"a".repeat(32)] {
        assert_eq!(PlanName::parse(name).map(|name| name.to_string()).as_deref(), Ok(name));
    }
    for name in ["", "Pro", "a b", "é", "a\n", &"a".repeat(33)] {
        assert_eq!(PlanName::parse(name), Err(InvalidPlanName), "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in prop_oneof![any::<String>(), "[a-z0-9_-]{0,34}"]) {
        let _ = Plans::from_toml(&text);
        let _ = Plans::from_toml(&plan(&text));
        if let Ok(name) = PlanName::parse(&text) {
            prop_assert_eq!(name.as_str(), &text);
        }
    }

    #[test]
    fn numbers_reach_the_plan(entries: Option<u32>, streams: Option<u16>) {
        let entries = entries.map(u64::from);
        let mut fields = entries.map_or_else(String::new, |entries| format!("entries = {entries}\n"));
        if let Some(streams) = streams {
            fields += &format!("realtime_streams = {streams}\n");
        }
        let plans = Plans::from_toml(&plan(&fields)).expect("plans");
        let plan = plans.get("p").expect("the plan");
        prop_assert_eq!(plan.entries, entries);
        prop_assert_eq!(plan.realtime, match streams {
            None => Realtime::Unlimited,
            Some(0) => Realtime::None,
            Some(streams) => Realtime::Streams(streams.into()),
        });
    }
}
