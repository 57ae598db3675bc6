//! The players: one task each, which submits, waits, and submits again.

use std::time::Duration;

use rand::{SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};
use tracing::warn;
use uuid::Uuid;

use super::{
    cast::CAST,
    client::{Answer, Client, Submission},
    form::{Form, Rhythm},
    player_id,
};

/// Between the first submissions of two players.
const ENTRANCE: Duration = Duration::from_millis(40);

const GAMES_A_LEVEL: u64 = 12;

/// All players at play. A submission that is under way when they are stopped is given up.
pub struct Players(JoinSet<Ending>);

/// Why a player plays no more.
enum Ending {
    KeyRefused,
    Refused { name: &'static str, code: String },
}

struct Player {
    id: Uuid,
    name: &'static str,
    craft: &'static str,
    rhythm: Rhythm,
    form: Form,
    level: usize,
    games: u64,
    with_metadata: bool,
}

impl Players {
    /// Lets all of them in, one after the other, the last place first.
    pub fn start(client: &Client) -> Self {
        let mut tasks = JoinSet::new();
        for (place, &(name, craft, rhythm)) in CAST.iter().enumerate() {
            let (id, form) = (player_id(name), Form::of(place, CAST.len()));
            // Who plays better has played for longer.
            let level = 2 * (CAST.len() - place);
            let player = Player { id, name, craft, rhythm, form, level, games: 0, with_metadata: true };
            let entrance = ENTRANCE * u32::try_from(CAST.len() - place).unwrap_or_default();
            tasks.spawn(player.play(client.clone(), entrance));
        }
        Self(tasks)
    }

    /// Returns when a player's key is valid no more.
    pub async fn until_key_is_refused(&mut self) {
        while let Some(ending) = self.0.join_next().await {
            match ending {
                Ok(Ending::KeyRefused) => return,
                Ok(Ending::Refused { name, code }) => warn!(player.name = name, code, "a player gave up"),
                Err(error) => warn!(error = &error as &dyn std::error::Error, "a player failed"),
            }
        }
        // Nobody is left to find out.
        std::future::pending().await
    }

    /// Ends them all.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

impl Player {
    async fn play(mut self, client: Client, entrance: Duration) -> Ending {
        let mut rng = SmallRng::from_rng(&mut rand::rng());
        sleep(entrance).await;
        loop {
            self.games += 1;
            self.level += usize::from(self.games.is_multiple_of(GAMES_A_LEVEL));
            let score = self.form.play(&mut rng);
            if let Some(ending) = self.submit(&client, score).await {
                return ending;
            }
            sleep(self.rhythm.pause(self.games, &mut rng)).await;
        }
    }

    /// Submits until the score is on the leaderboard.
    async fn submit(&mut self, client: &Client, score: f64) -> Option<Ending> {
        loop {
            let metadata = self.with_metadata.then(|| self.metadata());
            let submission = Submission { player: self.id, name: self.name, score, metadata };
            match client.submit(&submission).await {
                Answer::Accepted => return None,
                // Not all at once.
                Answer::Later(wait) => sleep(wait + Duration::from_millis(rand::random_range(0..500))).await,
                Answer::NoMetadata if self.with_metadata => self.with_metadata = false,
                Answer::NoMetadata => return Some(self.refused("plan_restriction".to_owned())),
                Answer::KeyRefused => return Some(Ending::KeyRefused),
                Answer::Refused(code) => return Some(self.refused(code)),
            }
        }
    }

    fn metadata(&self) -> Value {
        json!({"craft": self.craft, "level": self.level})
    }

    fn refused(&self, code: String) -> Ending {
        Ending::Refused { name: self.name, code }
    }
}
