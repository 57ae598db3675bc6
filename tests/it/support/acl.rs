//! The user of Redis that the documentation gives to Rankora, and nothing beyond it.

use super::topology::Login;

const DOCUMENT: &str = include_str!("../../../docs/redis.md");

/// Who Rankora is in the tests.
pub const RANKORA: Login = Login { user: "rankora", password: "of-rankora" };

/// The same on sentinels, whose documented user differs.
pub const RANKORA_OF_SENTINELS: Login = Login { user: "rankora", password: "of-sentinels" };

/// The line that makes this user, as documented but for the password, and with the tests' prefixes as well.
pub fn user() -> String {
    let user = documented(0).replace(">PASSWORD", &format!(">{}", RANKORA.password));
    format!("{user} ~t-* &t-*")
}

/// The same for sentinels.
pub fn user_of_sentinels() -> String {
    documented(1).replace(">PASSWORD", &format!(">{}", RANKORA_OF_SENTINELS.password))
}

/// The commands that this user may run, as INFO names them.
pub fn commands() -> Vec<&'static str> {
    documented(0).split(' ').filter_map(|word| word.strip_prefix('+')).collect()
}

/// The block of this index that defines a user.
fn documented(index: usize) -> &'static str {
    let block = DOCUMENT.split("```acl\n").nth(index + 1).expect("a user in the documentation");
    block.split("\n```").next().expect("its end")
}
