//! What becomes of writes, counts and streams when Redis fails under them.
//!
//! A [`Trial`] lets clients write and listen through several replicas of Rankora, makes a fault, mends it, waits
//! until all is well, and tells what the clients saw.

pub mod fault;
pub mod fleet;
pub mod follower;
pub mod move_size;
pub mod trial;
pub mod verdict;
pub mod writer;

pub use self::{fault::Fault, verdict::Verdict};
