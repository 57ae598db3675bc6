//! What Prometheus reads.

use crate::support::{eventually, program::Program, redis::Server, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn gauges_are_there_before_anything_happened_and_follow_redis() {
    let server = Server::start(&[]);
    let world = World::on(&server).with_options(&["--metrics-listen", "127.0.0.1:0"]);
    let program = Program::serve(&world).await;

    let metrics = program.metrics().await;
    assert!(has(&metrics, "rankora_open_streams 0"), "{metrics}");
    assert!(has(&metrics, "rankora_redis_ready 1"), "{metrics}");

    server.kill();
    eventually("the gauge tells that Redis is away", || async {
        has(&program.metrics().await, "rankora_redis_ready 0").then_some(())
    })
    .await;
}

fn has(metrics: &str, line: &str) -> bool {
    metrics.lines().any(|found| found == line)
}
