//! The plans file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::domain::plan::{PlanName, Plans, Realtime};

fuzz_target!(|text: &str| {
    let plans = match Plans::from_toml(text) {
        Ok(plans) => plans,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(plans.iter().next().is_some());
    for plan in plans.iter() {
        assert_eq!(PlanName::parse(plan.name.as_str()).as_ref(), Ok(&plan.name));
        // No other plan has its name.
        assert!(plans.get(plan.name.as_str()).is_some_and(|found| std::ptr::eq(found, plan)));
        assert_ne!(plan.realtime, Realtime::Streams(0));
        assert!(plan.burst.is_none_or(|burst| burst.per_second > 0 && burst.bucket > 0));
    }
});
