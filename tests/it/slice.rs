//! The whole way once: key, submit, rank, list, stream, over two replicas on one Redis.

use serde_json::json;
use uuid::Uuid;

use crate::support::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_writes_the_other_reads_and_streams() {
    let world = World::new();
    let (here, there) = (world.replica().await, world.replica().await);
    let board = here.board("unlimited").await;
    let mut stream = there.api(&board.publishable).stream("").await;
    assert_eq!(stream.begin().await.data["entries"], json!([]));

    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    let api = here.api(&board.secret);
    assert_eq!(api.submit(ada, "Ada", 100.0).await.ok()["rank"], 1);
    assert_eq!(api.submit(bob, "Bob", 200.0).await.ok()["rank"], 1);

    let entry = there.api(&board.secret).get(&format!("/leaderboard/entries/{ada}")).await.ok();
    assert_eq!((&entry["rank"], &entry["score"]), (&json!(2), &json!(100)));
    let list = there.api(&board.secret).get("/leaderboard/entries").await.ok();
    let names: Vec<_> = list["entries"].as_array().expect("rows").iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["Bob", "Ada"]);

    for (name, rank) in [("Ada", 1), ("Bob", 1)] {
        let update = stream.expect("update").await;
        assert_eq!(update.data["payload"]["eventType"], "INSERT");
        assert_eq!(update.data["payload"]["new"]["name"], name);
        assert_eq!(update.data["payload"]["new"]["rank"], rank);
    }
    here.stop().await;
    there.stop().await;
}
