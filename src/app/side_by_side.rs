//! Work for many accounts at the same time: one whose server hangs takes its whole deadline, and must keep no other
//! waiting for long.

use futures_util::{StreamExt, stream};

use crate::store::StoreError;

/// Accounts that are worked for at the same time, at the most.
pub(super) const AT_ONCE: usize = 256;

/// Does the work for each, and returns the first failure once all of it is done.
pub(super) async fn for_each<T, F>(
    items: impl IntoIterator<Item = T>,
    work: impl FnMut(T) -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let mut running = stream::iter(items).map(work).buffer_unordered(AT_ONCE);
    let mut all = Ok(());
    while let Some(one) = running.next().await {
        all = all.and(one);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::{sync::Notify, time::timeout};

    use super::*;

    #[tokio::test]
    async fn who_hangs_or_fails_keeps_nobody_waiting() {
        let (others, done) = (Notify::new(), AtomicUsize::new(0));
        let work = async |item: usize| match item {
            // It hangs until all others are done.
            0 => {
                others.notified().await;
                Ok(())
            }
            1 => Err(StoreError::Disconnected),
            _ => {
                if done.fetch_add(1, Ordering::Relaxed) + 1 == 998 {
                    others.notify_one();
                }
                Ok(())
            }
        };
        let result = timeout(Duration::from_secs(30), for_each(0..1000, work)).await.expect("it ends");
        assert!(matches!(result, Err(StoreError::Disconnected)));
        assert_eq!(done.load(Ordering::Relaxed), 998);
    }

    #[tokio::test]
    async fn so_many_and_no_more_are_worked_for_at_once() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = async |_: usize| {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::Relaxed);
            Ok(())
        };
        for_each(0..1000, work).await.expect("all is well");
        assert_eq!(most.load(Ordering::Relaxed), AT_ONCE);
    }
}
